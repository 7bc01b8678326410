#include "cli/data_flags.h"

#include "cli/trace_flags.h"
#include "common/parse.h"
#include "traffic/shape.h"
#include "traffic/trace.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, NUMBER_SIZE = 32 };

/* The original's series: base 100, noise 10. */
static const double noise_share = 0.1;

static const flag_t synthetic_flags[] = {
    {.name = "--shape",
     .type = FLAG_TEXT,
     .preset = "mixed",
     .argument = "NAME",
     .help = "what to generate: noise, ramp, wall, plateau, cliff, double-peak, sawtooth, mixed, burst, ..."},
    {.name = "--generate",
     .type = FLAG_INTEGER,
     .argument = "COUNT",
     .preset = "0",
     .minimum = 0,
     .maximum = 1e5,
     .help = "series of the shape to generate; 150 where there is neither --series nor --trace"},
    {.name = "--seconds",
     .type = FLAG_INTEGER,
     .argument = "SECONDS",
     .preset = "300",
     .minimum = 31,
     .maximum = 1e6,
     .help = "length of a generated series"},
    {.name = "--baseline",
     .type = FLAG_NUMBER,
     .argument = "RATE",
     .preset = "100",
     .minimum = 0,
     .maximum = 1e6,
     .help = "events a second of the shape outside peaks"},
    {.name = "--noise",
     .type = FLAG_NUMBER,
     .argument = "RATE",
     .preset = "10",
     .minimum = 0,
     .maximum = 1e6,
     .help = "standard deviation of the shape's noise; with --log-uniform a tenth of the baseline"},
};

enum { SYNTHETIC = sizeof synthetic_flags / sizeof synthetic_flags[0] };

void data_flags_add(flag_t table[DATA_FLAGS], data_flags_t *settings)
{
    const flag_t others[DATA_FLAGS - SYNTHETIC] = {
        {.name = "--series",
         .type = FLAG_TEXT,
         .value = &settings->series_path,
         .argument = "FILE",
         .help =
             "CSV, one series a line, its rates of consecutive seconds; may be gzip; - reads standard input"},
        {.name = "--log-uniform",
         .type = FLAG_SWITCH,
         .value = &settings->log_uniform,
         .help =
             "let the seed draw each series' baseline: 10 to the power of 1 to 5.7; 500 of 600 s by default"},
        {.name = "--trace",
         .type = FLAG_LIST,
         .value = &settings->traces,
         .argument = "FILE",
         .help = "recorded traffic: CSV with the header count; may be repeated"},
        TRACE_BIN_FLAG(settings->bin_ns, NULL),
        {.name = "--seed",
         .type = FLAG_INTEGER,
         .value = &settings->seed,
         .argument = "NUMBER",
         .preset = "42",
         .minimum = 0,
         .maximum = 1e9,
         .help = "of everything that is drawn"},
    };
    void *const values[SYNTHETIC] = {&settings->shape, &settings->generate, &settings->seconds,
                                     &settings->baseline_per_s, &settings->noise_per_s};
    bool *const given[SYNTHETIC] = {&settings->shape_given, &settings->generate_given,
                                    &settings->seconds_given, &settings->baseline_given,
                                    &settings->noise_given};
    memcpy(table, others, sizeof others);
    for (size_t i = 0; i < SYNTHETIC; i++) {
        flag_t *flag = &table[DATA_FLAGS - SYNTHETIC + i];
        *flag = synthetic_flags[i];
        flag->value = values[i];
        flag->given = given[i];
    }
}

/* As long as the original's, of either kind. */
static size_t seconds_of(const data_flags_t *settings)
{
    return settings->log_uniform && !settings->seconds_given ? 600 : (size_t)settings->seconds;
}

bool data_add_generated(const data_flags_t *settings, size_t index, bool noisy, series_set_t *set)
{
    char error[ERROR_SIZE];
    shape_t shape = {.baseline_per_s = settings->baseline_per_s,
                     .noise_per_s = settings->noise_per_s,
                     .burst_multiplier = 8,
                     .burst_probability = 0.1};
    if (!shape_parse(settings->shape, &shape, error, sizeof error)) return false;
    /* Each seed has room for as many series as there may be, so that two of them share none. */
    const uint64_t seed = (uint64_t)settings->seed * 1000000 + index;
    if (settings->log_uniform) {
        shape.baseline_per_s = shape_log_uniform_baseline_per_s(seed);
        if (!settings->noise_given) shape.noise_per_s = noise_share * shape.baseline_per_s;
    }
    if (!noisy) shape.noise_per_s = 0;
    return series_add_shape(set, &shape, seed, seconds_of(settings));
}

static int generate(const flags_t *flags, const data_flags_t *settings, series_set_t *set)
{
    char error[ERROR_SIZE];
    shape_t shape;
    if (!shape_parse(settings->shape, &shape, error, sizeof error))
        return flags_usage_error(flags, "--shape: %s", error);
    if (settings->noise_given && !shape_has_noise(&shape))
        return flags_usage_error(flags, "--noise does not go with the shapes steady and phases");
    const bool any = settings->generate_given || settings->series_path || settings->traces.count > 0;
    const int64_t count = any ? settings->generate : settings->log_uniform ? 500 : 150;
    for (int64_t i = 0; i < count; i++) {
        if (data_add_generated(settings, (size_t)i, true, set)) continue;
        fprintf(stderr, "adaptivestream %s: not enough memory for %lld series of %lld seconds\n",
                flags->command, (long long)count, (long long)seconds_of(settings));
        return EXIT_FAILED;
    }
    return EXIT_OK;
}

static bool load_traces(const data_flags_t *settings, series_set_t *set, char *error, size_t error_size)
{
    for (size_t i = 0; i < settings->traces.count; i++) {
        trace_t trace;
        if (!trace_load(settings->traces.items[i], settings->bin_ns, &trace, error, error_size)) return false;
        const bool good = series_add_trace(set, &trace);
        trace_free(&trace);
        if (good) continue;
        snprintf(error, error_size, "%s: shorter than a second, or not enough memory",
                 settings->traces.items[i]);
        return false;
    }
    return true;
}

int data_load(const flags_t *flags, const data_flags_t *settings, data_t *data)
{
    char error[ERROR_SIZE];
    *data = (data_t){0};
    if (settings->log_uniform && settings->baseline_given)
        return flags_usage_error(flags, "--log-uniform draws the baseline: leave out --baseline");
    if ((settings->series_path && !series_load(settings->series_path, &data->file, error, sizeof error)) ||
        !load_traces(settings, &data->traces, error, sizeof error)) {
        fprintf(stderr, "adaptivestream %s: %s\n", flags->command, error);
        return EXIT_FAILED;
    }
    return generate(flags, settings, &data->generated);
}

void data_free(data_t *data)
{
    series_set_free(&data->file);
    series_set_free(&data->generated);
    series_set_free(&data->traces);
}

static bool parse_lines(const char *text, int64_t *first, int64_t *last)
{
    char number[NUMBER_SIZE];
    const char *dash = strchr(text, '-');
    const size_t length = dash ? (size_t)(dash - text) : strlen(text);
    if (length >= sizeof number) return false;
    memcpy(number, text, length);
    number[length] = '\0';
    if (!parse_integer(number, first)) return false;
    *last = *first;
    return (!dash || parse_integer(dash + 1, last)) && *first >= 1 && *last >= *first;
}

bool data_lines(const flags_t *flags, const char *flag, const char *text, size_t count, size_t *from,
                size_t *to)
{
    int64_t first, last;
    if (!text) return true;
    if (!parse_lines(text, &first, &last) || (uint64_t)last > count) {
        flags_usage_error(flags, "%s: '%s' is not a range of the %zu lines of --series, as 1-105", flag, text,
                          count);
        return false;
    }
    *from = (size_t)first - 1;
    *to = (size_t)last;
    return true;
}
