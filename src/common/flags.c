#include "common/flags.h"

#include "common/parse.h"
#include "common/wrapped.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_SIZE = 256, COLUMN_SIZE = 64, HELP_COLUMN = 26, HELP_SIZE = 1024 };

/* "adaptivestream generate", or the name of the program. */
static const char *caller(const flags_t *flags, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s%s%s", flags->program != NULL ? flags->program : "adaptivestream",
             flags->command != NULL ? " " : "", flags->command != NULL ? flags->command : "");
    return buffer;
}

int flags_usage_error(const flags_t *flags, const char *format, ...)
{
    char name[COLUMN_SIZE];
    caller(flags, name, sizeof name);
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, " (see %s --help)\n", name);
    va_end(arguments);
    return EXIT_USAGE;
}

static void describe_choices(const flag_t *flag, char *buffer, size_t size, const char *separator)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < flag->choice_count && used < size; i++)
        used +=
            (size_t)snprintf(buffer + used, size - used, "%s%s", i == 0 ? "" : separator, flag->choices[i]);
}

static bool in_range(const flag_t *flag, double value)
{
    return value >= flag->minimum && value <= flag->maximum;
}

/* A bare number is seconds: that is how the original's --duration and the traces' bin widths are given. */
static bool parse_seconds_ns(const char *text, int64_t *value_ns)
{
    double seconds;
    if (!parse_number(text, &seconds)) return parse_duration_ns(text, value_ns);
    if (!(fabs(seconds) < 4e9)) return false;
    *value_ns = (int64_t)round(seconds * 1e9);
    return true;
}

static bool set_integer(const flag_t *flag, const char *text, char *reason)
{
    int64_t value;
    if (!parse_integer(text, &value) || !in_range(flag, (double)value)) {
        snprintf(reason, REASON_SIZE, "a whole number from %.0f to %.0f", flag->minimum, flag->maximum);
        return false;
    }
    *(int64_t *)flag->value = value;
    return true;
}

static bool set_number(const flag_t *flag, const char *text, char *reason)
{
    double value;
    if (!parse_number(text, &value) || !in_range(flag, value)) {
        snprintf(reason, REASON_SIZE, "a number from %.10g to %.10g", flag->minimum, flag->maximum);
        return false;
    }
    *(double *)flag->value = value;
    return true;
}

static bool set_duration(const flag_t *flag, const char *text, char *reason)
{
    int64_t value_ns;
    if (!parse_seconds_ns(text, &value_ns) || !in_range(flag, (double)value_ns / 1e9)) {
        snprintf(reason, REASON_SIZE, "seconds, or a number with ms, s, m or h, from %.10g s to %.10g s",
                 flag->minimum, flag->maximum);
        return false;
    }
    *(int64_t *)flag->value = value_ns;
    return true;
}

static bool set_choice(const flag_t *flag, const char *text, char *reason)
{
    for (size_t i = 0; i < flag->choice_count; i++) {
        if (strcmp(text, flag->choices[i]) != 0) continue;
        *(int *)flag->value = (int)i;
        return true;
    }
    describe_choices(flag, reason, REASON_SIZE, ", ");
    return false;
}

static bool add_item(const flag_t *flag, const char *text, char *reason)
{
    flag_list_t *list = flag->value;
    if (list->count == FLAG_LIST_MAXIMUM) {
        snprintf(reason, REASON_SIZE, "at most %d times", FLAG_LIST_MAXIMUM);
        return false;
    }
    list->items[list->count++] = text;
    return true;
}

/* On failure `reason` (REASON_SIZE) says what is allowed. */
static bool set_value(const flag_t *flag, const char *text, char *reason)
{
    switch (flag->type) {
    case FLAG_SWITCH:
        *(bool *)flag->value = true;
        return true;
    case FLAG_TEXT:
        if (*text == '\0') {
            snprintf(reason, REASON_SIZE, "a text that is not empty");
            return false;
        }
        *(const char **)flag->value = text;
        return true;
    case FLAG_INTEGER:
        return set_integer(flag, text, reason);
    case FLAG_NUMBER:
        return set_number(flag, text, reason);
    case FLAG_DURATION:
        return set_duration(flag, text, reason);
    case FLAG_CHOICE:
        return set_choice(flag, text, reason);
    case FLAG_LIST:
        return add_item(flag, text, reason);
    }
    return false;
}

static void set_presets(const flags_t *flags)
{
    char reason[REASON_SIZE];
    for (size_t i = 0; i < flags->count; i++) {
        const flag_t *flag = &flags->table[i];
        if (flag->preset == NULL || set_value(flag, flag->preset, reason)) continue;
        char name[COLUMN_SIZE];
        fprintf(stderr, "%s: the default '%s' of %s is not %s\n", caller(flags, name, sizeof name),
                flag->preset, flag->name, reason);
        abort();
    }
}

static const char *value_name(const flag_t *flag, char *buffer, size_t size)
{
    if (flag->type == FLAG_SWITCH) return "";
    if (flag->argument != NULL) return flag->argument;
    describe_choices(flag, buffer, size, "|");
    return buffer;
}

static void print_flag(const flag_t *flag, size_t width)
{
    char name[COLUMN_SIZE], left[2 * COLUMN_SIZE], text[HELP_SIZE];
    const char *value = value_name(flag, name, sizeof name);
    snprintf(left, sizeof left, "%s%s%s", flag->name, *value != '\0' ? " " : "", value);
    printf("  %-*s", HELP_COLUMN - 2, left);
    if (strlen(left) > HELP_COLUMN - 4) printf("\n%*s", HELP_COLUMN, "");
    snprintf(text, sizeof text, flag->preset != NULL ? "%s (default %s)" : "%s", flag->help, flag->preset);
    wrapped_print(stdout, text, HELP_COLUMN, HELP_COLUMN, width);
}

static void print_help(const flags_t *flags)
{
    char name[COLUMN_SIZE];
    const size_t width = wrapped_help_width(stdout);
    printf("Usage: %s [flags]%s%s\n\n", caller(flags, name, sizeof name), flags->operands_help ? " " : "",
           flags->operands_help ? flags->operands_help : "");
    wrapped_print(stdout, flags->summary, 0, 0, width);
    printf("\n");
    for (size_t i = 0; i < flags->count; i++)
        print_flag(&flags->table[i], width);
    printf("  %-*s%s\n", HELP_COLUMN - 2, "--help", "Print this text");
    if (flags->notes == NULL) return;
    printf("\n");
    wrapped_print(stdout, flags->notes, 0, 0, width);
}

/* The flag named by the first `length` bytes of `text`. */
static const flag_t *find_flag(const flags_t *flags, const char *text, size_t length)
{
    for (size_t i = 0; i < flags->count; i++) {
        const char *name = flags->table[i].name;
        if (strlen(name) == length && memcmp(name, text, length) == 0) return &flags->table[i];
    }
    return NULL;
}

static int unknown_flag(const flags_t *flags, const char *text, size_t length)
{
    const char *names[FLAGS_MAXIMUM];
    char typed[COLUMN_SIZE];
    for (size_t i = 0; i < flags->count; i++)
        names[i] = flags->table[i].name;
    snprintf(typed, sizeof typed, "%.*s", (int)length, text);
    const char *nearest = nearest_name(typed, names, flags->count);
    if (nearest == NULL) return flags_usage_error(flags, "unknown flag %s", typed);
    return flags_usage_error(flags, "unknown flag %s; did you mean %s?", typed, nearest);
}

/* Reads the flag at argv[*index] and moves *index to its last word. */
static bool read_flag(flags_t *flags, int argc, char **argv, int *index, int *exit_code)
{
    const char *word = argv[*index];
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    const flag_t *flag = find_flag(flags, word, length);
    if (flag == NULL) {
        /* Not what follows a =: -Xsasl.password=... without its blank is not to be shown. */
        *exit_code = unknown_flag(flags, word, strcspn(word, "="));
        return false;
    }
    const char *text = equals != NULL ? equals + 1 : NULL;
    if (flag->type == FLAG_SWITCH && text != NULL) {
        *exit_code = flags_usage_error(flags, "%s takes no value", flag->name);
        return false;
    }
    if (flag->type != FLAG_SWITCH && text == NULL) {
        /* A flag where a value belongs is a forgotten value; "--topic=--odd" still says it. */
        if (*index + 1 == argc || strncmp(argv[*index + 1], "--", 2) == 0) {
            *exit_code = flags_usage_error(flags, "%s needs a value", flag->name);
            return false;
        }
        text = argv[++*index];
    }
    char reason[REASON_SIZE];
    if (!set_value(flag, text, reason)) {
        bool secret = flag->type == FLAG_LIST; /* may be a property with a password */
        *exit_code = flags_usage_error(flags, "%s%s%s: allowed is %s", flag->name, secret ? "" : " ",
                                       secret ? "" : text, reason);
        return false;
    }
    if (flag->given != NULL) *flag->given = true;
    return true;
}

static bool check_operands(flags_t *flags, int *exit_code)
{
    if (flags->operand_count > flags->operands_maximum) {
        *exit_code =
            flags_usage_error(flags, "unexpected argument '%s'", flags->operands[flags->operands_maximum]);
        return false;
    }
    if (flags->operand_count < flags->operands_minimum) {
        *exit_code = flags_usage_error(flags, "missing: %s", flags->operands_help);
        return false;
    }
    return true;
}

bool flags_parse(flags_t *flags, int argc, char **argv, int *exit_code)
{
    set_presets(flags);
    int i = 1, kept = 0;
    for (; i < argc; i++) {
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            if (!flags->operands_anywhere) break;
            argv[1 + kept++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(flags);
            *exit_code = EXIT_OK;
            return false;
        }
        if (!read_flag(flags, argc, argv, &i, exit_code)) return false;
    }
    while (i < argc)
        argv[1 + kept++] = argv[i++];
    flags->operands = argv + 1;
    flags->operand_count = (size_t)kept;
    return check_operands(flags, exit_code);
}
