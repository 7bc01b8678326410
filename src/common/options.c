#include "common/options.h"

#include "common/address.h"
#include "common/parse.h"
#include "common/wrapped.h"

#include <assert.h>
#include <string.h>

const char *const agent_mode_names[MODE_COUNT] = {"active", "monitoring", "disabled"};
const char *const goal_names[GOAL_COUNT] = {"balanced", "strict", "latency", "cost"};
const char *const policy_names[POLICY_COUNT] = {"adaptive", "fixed", "rate", "reactive"};
const char *const default_trigger_names[DEFAULT_TRIGGER_COUNT] = {"leave", "govern"};
const char *const forecaster_choice_names[FORECAST_BY_COUNT] = {"auto", "none",  "lstm", "ema",
                                                                "holt", "ridge", "last"};
const char *const loss_choice_names[LOSS_COUNT] = {"fallback", "adapt"};
static const char *const predictor_words[] = {"spawn", "off"};
static const char *const dashboard_words[] = {"off"};

enum {
    NAME_SIZE = 64,
    RANGE_SIZE = 160,
    HELP_SIZE = 256,
    HELP_COLUMN = 38, /* of what an option is, in options_print_help() */
    SHOWN = 60,       /* most bytes of the user's own text repeated in an error */
};

typedef enum {
    TYPE_CHOICE,
    TYPE_NUMBER,
    TYPE_INTEGER,
    TYPE_DURATION,
    TYPE_SIZE,
    TYPE_TEXT,
    TYPE_ADDRESS /* HOST:PORT, or one of the choices as text */
} option_type_t;

/* Ranges and defaults are kept as text and read by the parser users meet, so that what is printed is what is
 * enforced. */
typedef struct {
    const char *name;
    option_type_t type;
    size_t offset; /* of the member of options_t */
    const char *fallback;
    const char *help;
    const char *minimum, *maximum; /* numbers, durations and sizes, both inclusive */
    const char *zero; /* durations and sizes: what 0 means, where it is allowed outside the range; or NULL */
    const char *const *choices;
    size_t choice_count;
} option_t;

#define CHOICE(member, names, count, text, summary)                                                          \
    {                                                                                                        \
        .name = #member, .type = TYPE_CHOICE, .offset = offsetof(options_t, member), .fallback = (text),     \
        .help = (summary), .choices = (names), .choice_count = (count)                                       \
    }
#define DURATION(key, text, low, high, meaning_of_zero, summary)                                             \
    {                                                                                                        \
        .name = #key, .type = TYPE_DURATION, .offset = offsetof(options_t, key##_ns), .fallback = (text),    \
        .help = (summary), .minimum = (low), .maximum = (high), .zero = (meaning_of_zero)                    \
    }
#define ADDRESS(member, words, text, summary)                                                                \
    {                                                                                                        \
        .name = #member, .type = TYPE_ADDRESS, .offset = offsetof(options_t, member), .fallback = (text),    \
        .help = (summary), .choices = (words), .choice_count = sizeof(words) / sizeof(words)[0]              \
    }
#define TEXT(member, text, summary)                                                                          \
    {                                                                                                        \
        .name = #member, .type = TYPE_TEXT, .offset = offsetof(options_t, member), .fallback = (text),       \
        .help = (summary)                                                                                    \
    }

static const option_t table[] = {
    CHOICE(mode, agent_mode_names, MODE_COUNT, "active",
           "act on triggers, only record what would be done, or do nothing"),
    CHOICE(goal, goal_names, GOAL_COUNT, "balanced",
           "what to gain at the budget: shorter waits (three flavours) or fewer batches"),
    {.name = "budget",
     .type = TYPE_NUMBER,
     .offset = offsetof(options_t, budget),
     .fallback = "1",
     .help = "batches allowed per batch of the job's own trigger",
     .minimum = "0.1",
     .maximum = "10"},
    CHOICE(
        policy, policy_names, POLICY_COUNT, "adaptive",
        "the rule that decides; fixed keeps the job's own trigger; rate and reactive are there to compare"),
    DURATION(min_interval, "100ms", "0", "1h", NULL,
             "the rule fires no sooner after a trigger; at most the trigger's interval"),
    DURATION(max_interval, "30s", "10ms", "24h", NULL,
             "longest planned interval, at least twice the trigger's; max_wait is what bounds waits"),
    DURATION(max_wait, "0", "0", "24h", "by goal", "longest wait of a pending event"),
    DURATION(update_period, "1s", "100ms", "60s", NULL,
             "between two forecasts, and between updates of policy rate"),
    DURATION(fallback_interval, "0", "10ms", "24h", "the job's own trigger, or 2s where it has none",
             "trigger given to queries without one; policy rate without a usable rate"),
    CHOICE(default_trigger, default_trigger_names, DEFAULT_TRIGGER_COUNT, "leave",
           "queries without a trigger interval: leave them alone, or govern them at fallback_interval"),
    DURATION(warmup, "30s", "0", "1h", NULL, "arrivals to see before leaving the job's own schedule"),
    DURATION(poll, "0", "10ms", "60s", "by trigger",
             "how finely decisions are placed in time; the source is asked no oftener"),
    ADDRESS(predictor, predictor_words, "spawn",
            "where forecasts come from: a process of the agent's own, none, or a shared one"),
    {.name = "predictor_port",
     .type = TYPE_INTEGER,
     .offset = offsetof(options_t, predictor_port),
     .fallback = "9876",
     .help = "port on 127.0.0.1 of the agent's own predictor; where it is taken, a free one",
     .minimum = "1",
     .maximum = "65535"},
    TEXT(predictor_path, "",
         "the program adaptivestream-predictor; without it: beside the agent, in ../bin of it, on PATH"),
    TEXT(predictor_token_file, "", "file with the access token of a shared predictor that asks for one"),
    CHOICE(forecaster, forecaster_choice_names, FORECAST_BY_COUNT, "auto",
           "what forecasts: auto is whichever has paid on the query so far"),
    TEXT(model, "", "model file of the predictor; without it, the one built in"),
    CHOICE(on_predictor_loss, loss_choice_names, LOSS_COUNT, "fallback",
           "while the predictor is lost: the job's own schedule, or go on without forecasts"),
    TEXT(state_dir, "", "folder in which the predictor keeps what it has learnt"),
    ADDRESS(dashboard, dashboard_words, "127.0.0.1:9877", "where the agent's own predictor shows its page"),
    TEXT(queries, "*", "names or ids of the queries to govern, separated by + or ;, with * as wildcard"),
    TEXT(config, "", "file with one KEY=VALUE a line; mode, goal and budget follow it while the job runs"),
    TEXT(journal, "", "file that gets one JSON line a decision"),
    {.name = "journal_size",
     .type = TYPE_SIZE,
     .offset = offsetof(options_t, journal_size_bytes),
     .fallback = "256MB",
     .help = "most that the journal takes: a full file becomes FILE.1, three older ones are kept",
     .minimum = "1MB",
     .maximum = "1TB",
     .zero = "no bound"},
    TEXT(log, "stderr", "where log lines go: stderr or a file"),
    CHOICE(log_level, log_level_names, LOG_LEVELS, "info", "least important line that is still logged"),
};

enum { OPTION_COUNT = sizeof table / sizeof table[0] };

/* The enums of the choices are stored through an int pointer. */
static_assert(sizeof(agent_mode_t) == sizeof(int) && sizeof(goal_t) == sizeof(int) &&
                  sizeof(policy_t) == sizeof(int) && sizeof(default_trigger_t) == sizeof(int) &&
                  sizeof(forecaster_choice_t) == sizeof(int) && sizeof(loss_choice_t) == sizeof(int) &&
                  sizeof(log_level_t) == sizeof(int),
              "choices are stored as int");

static bool set_choice(const option_t *option, const char *text, void *member)
{
    for (size_t i = 0; i < option->choice_count; i++) {
        if (strcmp(text, option->choices[i]) != 0) continue;
        int value = (int)i;
        memcpy(member, &value, sizeof value);
        return true;
    }
    return false;
}

static bool set_number(const option_t *option, const char *text, double *member)
{
    double value, minimum, maximum;
    bool in_range = parse_number(text, &value) && parse_number(option->minimum, &minimum) &&
                    parse_number(option->maximum, &maximum) && value >= minimum && value <= maximum;
    if (in_range) *member = value;
    return in_range;
}

static bool set_integer(const option_t *option, const char *text, int64_t *member)
{
    int64_t value, minimum, maximum;
    bool in_range = parse_integer(text, &value) && parse_integer(option->minimum, &minimum) &&
                    parse_integer(option->maximum, &maximum) && value >= minimum && value <= maximum;
    if (in_range) *member = value;
    return in_range;
}

static bool set_duration(const option_t *option, const char *text, int64_t *member)
{
    int64_t value, minimum, maximum;
    if (!parse_duration_ns(text, &value) || !parse_duration_ns(option->minimum, &minimum) ||
        !parse_duration_ns(option->maximum, &maximum))
        return false;
    bool in_range = (value >= minimum && value <= maximum) || (value == 0 && option->zero != NULL);
    if (in_range) *member = value;
    return in_range;
}

static bool set_size(const option_t *option, const char *text, int64_t *member)
{
    int64_t value, minimum, maximum;
    if (!parse_size_bytes(text, &value) || !parse_size_bytes(option->minimum, &minimum) ||
        !parse_size_bytes(option->maximum, &maximum))
        return false;
    bool in_range = (value >= minimum && value <= maximum) || (value == 0 && option->zero != NULL);
    if (in_range) *member = value;
    return in_range;
}

/* An empty text is a value only where it is also the default. */
static bool set_text(const option_t *option, const char *text, char *member)
{
    size_t length = strlen(text);
    if (length >= OPTION_TEXT_SIZE || (length == 0 && option->fallback[0] != '\0')) return false;
    memcpy(member, text, length + 1);
    return true;
}

static bool set_address(const option_t *option, const char *text, char *member)
{
    address_t address;
    bool known = parse_address(text, &address);
    for (size_t i = 0; i < option->choice_count && !known; i++)
        known = strcmp(text, option->choices[i]) == 0;
    return known && set_text(option, text, member);
}

static bool set_option(const option_t *option, const char *text, options_t *options)
{
    void *member = (char *)options + option->offset;
    switch (option->type) {
    case TYPE_CHOICE:
        return set_choice(option, text, member);
    case TYPE_NUMBER:
        return set_number(option, text, member);
    case TYPE_INTEGER:
        return set_integer(option, text, member);
    case TYPE_DURATION:
        return set_duration(option, text, member);
    case TYPE_SIZE:
        return set_size(option, text, member);
    case TYPE_TEXT:
        return set_text(option, text, member);
    case TYPE_ADDRESS:
        return set_address(option, text, member);
    }
    return false;
}

static const char *join_choices(const option_t *option, char *buffer, size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < option->choice_count && length < size; i++) {
        const char *separator = i == 0 ? "" : i + 1 == option->choice_count ? " or " : ", ";
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", separator, option->choices[i]);
    }
    return buffer;
}

/* What a value must be, in words: "a number from 0.1 to 10". */
static const char *describe_range(const option_t *option, char *buffer, size_t size)
{
    switch (option->type) {
    case TYPE_CHOICE:
        return join_choices(option, buffer, size);
    case TYPE_NUMBER:
        snprintf(buffer, size, "a number from %s to %s", option->minimum, option->maximum);
        break;
    case TYPE_INTEGER:
        snprintf(buffer, size, "a whole number from %s to %s", option->minimum, option->maximum);
        break;
    case TYPE_DURATION:
    case TYPE_SIZE:
        snprintf(buffer, size, "a %s from %s to %s", option->type == TYPE_SIZE ? "size" : "duration",
                 option->minimum, option->maximum);
        if (option->zero != NULL) {
            size_t length = strlen(buffer);
            snprintf(buffer + length, size - length, ", 0 is %s", option->zero);
        }
        break;
    case TYPE_TEXT:
        snprintf(buffer, size, "%s%d bytes", option->fallback[0] == '\0' ? "at most " : "1 to ",
                 OPTION_TEXT_SIZE - 1);
        break;
    case TYPE_ADDRESS:
        join_choices(option, buffer, size);
        snprintf(buffer + strlen(buffer), size - strlen(buffer), " or HOST:PORT");
        break;
    }
    return buffer;
}

static const option_t *find_option(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(name, table[i].name) == 0) return &table[i];
    }
    return NULL;
}

bool options_is_known(const char *name)
{
    return find_option(name) != NULL;
}

const char *options_nearest(const char *name)
{
    const char *names[OPTION_COUNT];
    for (size_t i = 0; i < OPTION_COUNT; i++)
        names[i] = table[i].name;
    return nearest_name(name, names, OPTION_COUNT);
}

static void describe_unknown(const char *name, char *error, size_t error_size)
{
    const char *nearest = options_nearest(name);
    if (nearest != NULL) {
        snprintf(error, error_size, "unknown option \"%.*s\"; did you mean \"%s\"?", SHOWN, name, nearest);
        return;
    }
    snprintf(error, error_size, "unknown option \"%.*s\"; known are", SHOWN, name);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        size_t length = strlen(error);
        snprintf(error + length, error_size - length, "%s %s", i == 0 ? "" : ",", table[i].name);
    }
}

bool options_set(options_t *options, const char *name, const char *value, char *error, size_t error_size)
{
    const option_t *option = find_option(name);
    if (option == NULL) {
        describe_unknown(name, error, error_size);
        return false;
    }
    if (set_option(option, value, options)) return true;
    char range[RANGE_SIZE];
    snprintf(error, error_size, "%s=%.*s%s: must be %s", name, SHOWN, value,
             strlen(value) > SHOWN ? "..." : "", describe_range(option, range, sizeof range));
    return false;
}

/* One "key=value" of `length` bytes. */
static bool parse_item(const char *item, size_t length, options_t *options, char *error, size_t error_size)
{
    const char *equals = memchr(item, '=', length);
    size_t name_length = equals != NULL ? (size_t)(equals - item) : length;
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)(name_length < NAME_SIZE ? name_length : NAME_SIZE - 1), item);
    const option_t *option = find_option(name);
    if (option != NULL && equals == NULL) {
        char range[RANGE_SIZE];
        snprintf(error, error_size, "option \"%s\" needs a value: write %s=VALUE, %s", name, name,
                 describe_range(option, range, sizeof range));
        return false;
    }
    /* One byte more than fits, so that a value that is too long is seen to be. */
    char value[OPTION_TEXT_SIZE + 1];
    size_t value_length = equals != NULL ? length - name_length - 1 : 0;
    snprintf(value, sizeof value, "%.*s",
             (int)(value_length < sizeof value ? value_length : sizeof value - 1),
             equals != NULL ? equals + 1 : "");
    return options_set(options, name, value, error, error_size);
}

static bool check_together(const options_t *options, char *error, size_t error_size)
{
    if (options->min_interval_ns <= options->max_interval_ns) return true;
    char shortest[32], longest[32];
    snprintf(error, error_size,
             "min_interval=%s is longer than max_interval=%s: lower one or raise the other",
             format_duration_ns(options->min_interval_ns, shortest, sizeof shortest),
             format_duration_ns(options->max_interval_ns, longest, sizeof longest));
    return false;
}

void options_defaults(options_t *options)
{
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        set_option(&table[i], table[i].fallback, options);
}

bool options_parse_unchecked(const char *text, options_t *options, char *error, size_t error_size)
{
    const char *item = text != NULL ? text : "";
    while (*item != '\0') {
        size_t length = strcspn(item, ",");
        if (length > 0 && !parse_item(item, length, options, error, error_size)) return false;
        item += length + (item[length] == ',');
    }
    return true;
}

bool options_parse(const char *text, options_t *options, char *error, size_t error_size)
{
    return options_parse_unchecked(text, options, error, error_size) &&
           check_together(options, error, error_size);
}

/* Whether `text` matches the pattern of `length` bytes, in which '*' stands for any run. After a mismatch
 * only the last '*' needs to take one byte more, so the time is bounded by the product of both lengths. */
static bool matches(const char *pattern, size_t length, const char *text)
{
    size_t at = 0, star = length;
    const char *resume = text;
    while (*text != '\0') {
        if (at < length && pattern[at] == '*') {
            star = at++;
            resume = text;
        } else if (at < length && pattern[at] == *text) {
            at++;
            text++;
        } else if (star < length) {
            at = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (at < length && pattern[at] == '*')
        at++;
    return at == length;
}

bool options_select_query(const options_t *options, const char *name, const char *id)
{
    const char *pattern = options->queries;
    while (*pattern != '\0') {
        size_t length = strcspn(pattern, "+;");
        if (length > 0 && ((name != NULL && matches(pattern, length, name)) ||
                           (id != NULL && matches(pattern, length, id))))
            return true;
        pattern += length + (pattern[length] != '\0');
    }
    return false;
}

void options_print_help(FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char range[RANGE_SIZE], text[RANGE_SIZE + HELP_SIZE];
        const char *fallback = table[i].fallback[0] != '\0' ? table[i].fallback : "none";
        const int column = fprintf(out, "  %-20s %-14s ", table[i].name, fallback);
        snprintf(text, sizeof text, "%s (%s)", table[i].help, describe_range(&table[i], range, sizeof range));
        if (column > HELP_COLUMN) fprintf(out, "\n%*s", HELP_COLUMN, "");
        wrapped_print(out, text, HELP_COLUMN, HELP_COLUMN, wrapped_help_width(out));
    }
}
