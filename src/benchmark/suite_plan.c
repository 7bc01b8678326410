#include "benchmark/suite_plan.h"

#include "common/parse.h"

#include <stdio.h>
#include <string.h>

static const char *const keys[] = {
    "workloads",   "arms",           "jobs",      "repetitions", "side_by_side",  "seed",    "retries",
    "busy_others", "warmup_batches", "reference", "agent",       "workload.NAME", "arm.NAME"};

static const char *const known_jobs[] = {"map", "window", "files", "kafka", "postgres", "heavy"};

enum { KEY_COUNT = sizeof keys / sizeof keys[0], JOB_COUNT = sizeof known_jobs / sizeof known_jobs[0] };

static const char *const presets[][2] = {
    {"workloads", "phases,bursts,llm_code,quiet"},
    {"arms", "fixed_2s,min-offsets,reactive,rate,balanced,latency,cost"},
    {"jobs", "map"},
    {"repetitions", "3"},
    {"side_by_side", "1"},
    {"seed", "1"},
    {"retries", "1"},
    {"busy_others", "0.25"},
    {"warmup_batches", "30"},
    {"reference", "fixed_2s"},
    {"agent", ""},
};

/* Six arms in pairs on 45 s of traffic: seven minutes. The agent's warm-up is short, as the traffic is. */
static const char *const quick[][2] = {
    {"workloads", "quick"},
    {"workload.quick", "shape=phases=200x15,3000x5,200x10,5x15"},
    {"arms", "fixed_2s,fixed_500ms,min-offsets,rate,balanced,latency"},
    {"repetitions", "1"},
    {"side_by_side", "2"},
    {"busy_others", "1"},
    {"warmup_batches", "15"},
    {"agent", "warmup=5s"},
};

static bool is_definition(const char *key)
{
    return strncmp(key, "arm.", 4) == 0 || strncmp(key, "workload.", 9) == 0;
}

static bool is_known(const char *key)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(key, keys[i]) == 0 && !is_definition(key)) return true;
    return is_definition(key);
}

bool suite_settings_add(suite_settings_t *settings, const char *key, const char *value, char *error,
                        size_t error_size)
{
    if (!is_known(key)) return suite_unknown("key", key, keys, KEY_COUNT, error, error_size);
    suite_line_t *line = &settings->lines[settings->count];
    if (settings->count == SUITE_LINES_MAXIMUM || strlen(key) >= sizeof line->key ||
        strlen(value) >= sizeof line->value) {
        snprintf(error, error_size,
                 settings->count == SUITE_LINES_MAXIMUM
                     ? "more than %d lines"
                     : "key or value is too long: a line holds up to %d bytes",
                 settings->count == SUITE_LINES_MAXIMUM ? SUITE_LINES_MAXIMUM : SUITE_LINE_SIZE - 1);
        return false;
    }
    snprintf(line->key, sizeof line->key, "%s", key);
    snprintf(line->value, sizeof line->value, "%s", value);
    settings->count++;
    return true;
}

static char *trimmed(char *text)
{
    static const char blanks[] = " \t\r";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool read_line(suite_settings_t *settings, const char *line, size_t length, char *error,
                      size_t error_size)
{
    char text[SUITE_LINE_SIZE + SUITE_NAME_SIZE + 16];
    if (length >= sizeof text || memchr(line, '\0', length)) {
        snprintf(error, error_size, "no line of a plan: it is too long or holds a zero byte");
        return false;
    }
    memcpy(text, line, length);
    text[length] = '\0';
    char *key = trimmed(text);
    if (*key == '\0' || *key == '#') return true;
    char *equals = strchr(key, '=');
    if (!equals) {
        snprintf(error, error_size, "not KEY=VALUE; a line of a plan looks like repetitions=3");
        return false;
    }
    *equals = '\0';
    return suite_settings_add(settings, trimmed(key), trimmed(equals + 1), error, error_size);
}

bool suite_settings_read(suite_settings_t *settings, const char *path, const char *content, size_t size,
                         char *error, size_t error_size)
{
    size_t number = 1;
    for (size_t at = 0; at < size; number++) {
        const char *newline = memchr(content + at, '\n', size - at);
        const size_t length = newline ? (size_t)(newline - content) - at : size - at;
        char what[512];
        if (!read_line(settings, content + at, length, what, sizeof what)) {
            snprintf(error, error_size, "%s:%zu: %s", path, number, what);
            return false;
        }
        at += length + 1;
    }
    return true;
}

void suite_settings_quick(suite_settings_t *settings)
{
    char error[256];
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++)
        suite_settings_add(settings, quick[i][0], quick[i][1], error, sizeof error);
}

static const char *value_of(const suite_settings_t *settings, const char *key)
{
    for (size_t i = settings->count; i > 0; i--)
        if (strcmp(settings->lines[i - 1].key, key) == 0) return settings->lines[i - 1].value;
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i][0], key) == 0) return presets[i][1];
    return NULL;
}

static bool whole(const suite_settings_t *settings, const char *key, int64_t minimum, int64_t maximum,
                  int64_t *number, char *error, size_t error_size)
{
    const char *value = value_of(settings, key);
    if (parse_integer(value, number) && *number >= minimum && *number <= maximum) return true;
    char what[96];
    snprintf(what, sizeof what, "a whole number from %lld to %lld", (long long)minimum, (long long)maximum);
    return suite_refuse(key, value, what, error, error_size);
}

static bool read_numbers(const suite_settings_t *settings, suite_plan_t *plan, char *error, size_t error_size)
{
    if (!whole(settings, "repetitions", 1, 100, &plan->repetitions, error, error_size) ||
        !whole(settings, "side_by_side", 1, 8, &plan->side_by_side, error, error_size) ||
        !whole(settings, "seed", 0, 1000000000, &plan->seed, error, error_size) ||
        !whole(settings, "retries", 0, 10, &plan->retries, error, error_size) ||
        !whole(settings, "warmup_batches", 0, 1000, &plan->warmup_batches, error, error_size))
        return false;
    const char *value = value_of(settings, "busy_others");
    if (parse_number(value, &plan->busy_others) && plan->busy_others >= 0 && plan->busy_others <= 1)
        return true;
    return suite_refuse("busy_others", value, "a number from 0 to 1", error, error_size);
}

/* What `kind`.NAME says, or the builtin meaning of NAME. */
static const char *definition_of(const suite_settings_t *settings, const char *kind, const char *name)
{
    char key[SUITE_NAME_SIZE + 16];
    snprintf(key, sizeof key, "%s.%s", kind, name);
    const char *text = value_of(settings, key), *known;
    const bool arm = strcmp(kind, "arm") == 0;
    for (size_t i = 0; !text && (known = (arm ? suite_known_arm : suite_known_workload)(i, &text)); i++)
        if (strcmp(known, name) != 0) text = NULL;
    return text;
}

static bool unknown_item(const suite_settings_t *settings, const char *kind, const char *name, char *error,
                         size_t error_size)
{
    const char *names[SUITE_LINES_MAXIMUM + SUITE_ITEMS_MAXIMUM], *text;
    const bool arm = strcmp(kind, "arm") == 0;
    size_t count = 0;
    for (size_t i = 0; i < SUITE_ITEMS_MAXIMUM; i++) {
        const char *known = (arm ? suite_known_arm : suite_known_workload)(i, &text);
        if (!known) break;
        names[count++] = known;
    }
    const size_t prefix = strlen(kind) + 1;
    for (size_t i = 0; i < settings->count; i++)
        if (strncmp(settings->lines[i].key, kind, prefix - 1) == 0 &&
            settings->lines[i].key[prefix - 1] == '.')
            names[count++] = settings->lines[i].key + prefix;
    return suite_unknown(kind, name, names, count, error, error_size);
}

static bool add_item(const suite_settings_t *settings, const char *kind, const char *name, suite_plan_t *plan,
                     char *error, size_t error_size)
{
    const char *text = definition_of(settings, kind, name);
    if (!text) return unknown_item(settings, kind, name, error, error_size);
    char what[512];
    const bool arm = strcmp(kind, "arm") == 0;
    const bool good =
        arm ? suite_arm_parse(name, text, value_of(settings, "agent"), &plan->arms[plan->arm_count++], what,
                              sizeof what)
            : suite_workload_parse(name, text, &plan->workloads[plan->workload_count++], what, sizeof what);
    if (!good) snprintf(error, error_size, "%s.%s: %s", kind, name, what);
    return good;
}

static bool add_job(const char *name, suite_plan_t *plan, char *error, size_t error_size)
{
    for (size_t i = 0; i < JOB_COUNT; i++) {
        if (strcmp(known_jobs[i], name) != 0) continue;
        snprintf(plan->jobs[plan->job_count++], SUITE_NAME_SIZE, "%s", name);
        return true;
    }
    return suite_unknown("job", name, known_jobs, JOB_COUNT, error, error_size);
}

/* A list of names without repetitions; `kind` is "arm", "workload" or "job". */
static bool read_list(const suite_settings_t *settings, const char *key, const char *kind, suite_plan_t *plan,
                      char *error, size_t error_size)
{
    const char *list = value_of(settings, key);
    char names[SUITE_ITEMS_MAXIMUM][SUITE_NAME_SIZE];
    size_t count = 0;
    for (const char *at = list; *at != '\0' || count == 0;) {
        const size_t length = strcspn(at, ",");
        if (length == 0 || length >= SUITE_NAME_SIZE || count == SUITE_ITEMS_MAXIMUM)
            return suite_refuse(key, list, "1 to 32 names of at most 31 letters, separated by commas", error,
                                error_size);
        snprintf(names[count], SUITE_NAME_SIZE, "%.*s", (int)length, at);
        for (size_t i = 0; i < count; i++)
            if (strcmp(names[i], names[count]) == 0)
                return suite_refuse(key, list, "names that differ", error, error_size);
        const bool good = strcmp(kind, "job") == 0
                              ? add_job(names[count], plan, error, error_size)
                              : add_item(settings, kind, names[count], plan, error, error_size);
        if (!good) return false;
        count++;
        at += length;
        if (*at == ',' && at[1] == '\0')
            return suite_refuse(key, list, "names, without a comma at the end", error, error_size);
        at += *at == ',';
    }
    return true;
}

bool suite_plan_make(const suite_settings_t *settings, suite_plan_t *plan, char *error, size_t error_size)
{
    *plan = (suite_plan_t){0};
    if (!read_numbers(settings, plan, error, error_size) ||
        !read_list(settings, "arms", "arm", plan, error, error_size) ||
        !read_list(settings, "workloads", "workload", plan, error, error_size) ||
        !read_list(settings, "jobs", "job", plan, error, error_size))
        return false;
    const char *reference = value_of(settings, "reference");
    for (size_t i = 0; i < plan->arm_count; i++) {
        if (strcmp(plan->arms[i].name, reference) != 0) continue;
        snprintf(plan->reference, sizeof plan->reference, "%s", reference);
        if (plan->arms[i].trigger_ns > 0) return true;
        return suite_refuse("reference", reference, "an arm with a trigger", error, error_size);
    }
    return suite_refuse("reference", reference, "one of the arms of the plan", error, error_size);
}
