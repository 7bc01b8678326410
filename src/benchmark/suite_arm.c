#include "benchmark/suite_arm.h"

#include "common/options.h"
#include "common/parse.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    suite_arm_t *arm;
    const char *more_options;
    bool triggered;
} reader_t;

static const char *const words[] = {"trigger", "agent", "min-offsets", "max-delay", "reactive", "alone"};

static bool read_duration(const char *name, const char *value, int64_t *value_ns, char *error,
                          size_t error_size)
{
    if (value && parse_duration_ns(value, value_ns) && *value_ns >= 1000000) return true;
    return suite_refuse(name, value, "a duration of 1ms or more, such as 2s", error, error_size);
}

static bool read_agent(const reader_t *reader, const char *value, char *error, size_t error_size)
{
    suite_arm_t *arm = reader->arm;
    const bool both = value && value[0] != '\0' && reader->more_options[0] != '\0';
    const int length = snprintf(arm->agent, sizeof arm->agent, "%s%s%s", value ? value : "", both ? "," : "",
                                reader->more_options);
    if (length < 0 || (size_t)length >= sizeof arm->agent)
        return suite_refuse("agent", value, "shorter", error, error_size);
    options_t options;
    options_defaults(&options);
    arm->governed = true;
    return options_parse(arm->agent, &options, error, error_size);
}

static bool read_offsets(suite_arm_t *arm, const char *value, char *error, size_t error_size)
{
    arm->tuned_offsets = value && strcmp(value, "tuned") == 0;
    if (arm->tuned_offsets) return true;
    if (value && parse_integer(value, &arm->min_offsets) && arm->min_offsets > 0) return true;
    return suite_refuse("min-offsets", value, "tuned, or a number above 0", error, error_size);
}

static bool read_word(void *context, const char *name, const char *value, char *error, size_t error_size)
{
    reader_t *reader = context;
    suite_arm_t *arm = reader->arm;
    if (strcmp(name, "trigger") == 0) {
        reader->triggered = true;
        if (value && strcmp(value, "asap") == 0) return true;
        return read_duration(name, value, &arm->trigger_ns, error, error_size);
    }
    if (strcmp(name, "agent") == 0) return read_agent(reader, value, error, error_size);
    if (strcmp(name, "min-offsets") == 0) return read_offsets(arm, value, error, error_size);
    if (strcmp(name, "max-delay") == 0)
        return read_duration(name, value, &arm->max_delay_ns, error, error_size);
    if (strcmp(name, "reactive") == 0)
        return read_duration(name, value, &arm->reactive_ns, error, error_size);
    if (strcmp(name, "alone") == 0 && !value) {
        arm->alone = true;
        return true;
    }
    return suite_unknown("word", name, words, sizeof words / sizeof words[0], error, error_size);
}

bool suite_arm_parse(const char *name, const char *text, const char *more_options, suite_arm_t *arm,
                     char *error, size_t error_size)
{
    *arm = (suite_arm_t){0};
    if (!suite_name_is_plain(name))
        return suite_refuse("arm", name, "letters, digits, _ and -, at most 31", error, error_size);
    snprintf(arm->name, sizeof arm->name, "%s", name);
    reader_t reader = {.arm = arm, .more_options = more_options};
    if (!suite_words(text, read_word, &reader, error, error_size)) return false;
    const char *wrong = NULL;
    if (!reader.triggered)
        wrong = "trigger=DURATION or trigger=asap is missing";
    else if (arm->min_offsets > 0 && arm->max_delay_ns == 0)
        wrong = "min-offsets=N needs max-delay=DURATION, or the last events may never be taken";
    else if (arm->max_delay_ns > 0 && arm->min_offsets == 0)
        wrong = "max-delay belongs to min-offsets=N";
    else if (arm->reactive_ns > 0 && arm->trigger_ns == 0)
        wrong = "reactive needs a trigger to come back to";
    if (wrong) snprintf(error, error_size, "%s", wrong);
    return !wrong;
}
