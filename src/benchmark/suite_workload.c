#include "benchmark/suite_workload.h"

#include "common/parse.h"
#include "traffic/shape.h"

#include <stdio.h>
#include <string.h>

static const char *const words[] = {"shape", "repeat", "baseline", "trace",
                                    "bin",   "speed",  "scale",    "seconds"};

static const double longest_s = 86400;

static bool read_text(const char *name, const char *value, char text[SUITE_TEXT_SIZE], char *error,
                      size_t error_size)
{
    if (!value || value[0] == '\0') return suite_refuse(name, value, "a name", error, error_size);
    snprintf(text, SUITE_TEXT_SIZE, "%s", value); /* a word fits */
    return true;
}

static bool read_number(const char *name, const char *value, double maximum, double *number, char *error,
                        size_t error_size)
{
    double read;
    if (value && parse_number(value, &read) && read > 0 && read <= maximum) {
        *number = read;
        return true;
    }
    char what[64];
    snprintf(what, sizeof what, "a number above 0, at most %g", maximum);
    return suite_refuse(name, value, what, error, error_size);
}

static bool read_word(void *context, const char *name, const char *value, char *error, size_t error_size)
{
    suite_workload_t *workload = context;
    double number;
    if (strcmp(name, "shape") == 0) return read_text(name, value, workload->shape, error, error_size);
    if (strcmp(name, "trace") == 0) return read_text(name, value, workload->trace, error, error_size);
    if (strcmp(name, "baseline") == 0)
        return read_number(name, value, 1e6, &workload->baseline_per_s, error, error_size);
    if (strcmp(name, "speed") == 0) return read_number(name, value, 1e6, &workload->speed, error, error_size);
    if (strcmp(name, "scale") == 0) return read_number(name, value, 1e6, &workload->scale, error, error_size);
    if (strcmp(name, "seconds") == 0)
        return read_number(name, value, longest_s, &workload->seconds, error, error_size);
    if (strcmp(name, "repeat") == 0) {
        if (!read_number(name, value, 1000, &number, error, error_size)) return false;
        workload->repeat = (int64_t)number;
        return (double)workload->repeat == number ||
               suite_refuse(name, value, "a whole number", error, error_size);
    }
    if (strcmp(name, "bin") == 0) {
        if (value && parse_duration_ns(value, &workload->bin_ns) && workload->bin_ns > 0) return true;
        return suite_refuse(name, value, "a duration, such as 100ms", error, error_size);
    }
    return suite_unknown("word", name, words, sizeof words / sizeof words[0], error, error_size);
}

/* Phases end by themselves; everything else needs a length. */
static bool find_seconds(suite_workload_t *workload, char *error, size_t error_size)
{
    if (workload->trace[0] == '\0') {
        shape_t shape = {0};
        if (!shape_parse(workload->shape, &shape, error, error_size)) return false;
        const double own_s = shape.kind == SHAPE_PHASES
                                 ? (double)shape_duration_ns(&shape) * 1e-9 * (double)workload->repeat
                                 : 0;
        if (own_s > 0 && (workload->seconds == 0 || own_s < workload->seconds)) workload->seconds = own_s;
        if (shape.kind != SHAPE_PHASES && workload->repeat > 1) {
            snprintf(error, error_size, "repeat belongs to shape=phases=...");
            return false;
        }
    }
    if (workload->seconds > 0 && workload->seconds <= longest_s) return true;
    snprintf(error, error_size,
             workload->seconds > 0 ? "it lasts longer than a day" : "seconds=N is missing: its length");
    return false;
}

bool suite_workload_parse(const char *name, const char *text, suite_workload_t *workload, char *error,
                          size_t error_size)
{
    *workload =
        (suite_workload_t){.repeat = 1, .baseline_per_s = 100, .bin_ns = 1000000000, .speed = 1, .scale = 1};
    if (!suite_name_is_plain(name))
        return suite_refuse("workload", name, "letters, digits, _ and -, at most 31", error, error_size);
    snprintf(workload->name, sizeof workload->name, "%s", name);
    if (!suite_words(text, read_word, workload, error, error_size)) return false;
    if ((workload->shape[0] == '\0') == (workload->trace[0] == '\0')) {
        snprintf(error, error_size, "it needs either shape=... or trace=...");
        return false;
    }
    return find_seconds(workload, error, error_size);
}
