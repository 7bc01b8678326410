/*
 * The flags that say what traffic forecasters learn from or are judged by, for train and evaluate.
 */
#ifndef ADAPTIVESTREAM_CLI_DATA_FLAGS_H
#define ADAPTIVESTREAM_CLI_DATA_FLAGS_H

#include "common/flags.h"
#include "traffic/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *series_path, *shape;
    flag_list_t traces;
    int64_t generate, seconds, bin_ns, seed;
    double baseline_per_s, noise_per_s;
    bool shape_given, generate_given, seconds_given, baseline_given, noise_given, log_uniform;
} data_flags_t;

enum { DATA_FLAGS = 10 };

/* Fills `table` with --series, --shape, --generate, --seconds, --baseline, --noise, --log-uniform, --trace, --bin and
 * --seed, which set *settings. */
void data_flags_add(flag_t table[DATA_FLAGS], data_flags_t *settings);

/* Series by where they come from. */
typedef struct {
    series_set_t file, generated, traces;
} data_t;

/* Loads and generates; without a file or a trace, --generate series are made. *data must be freed in any case. Returns
 * EXIT_OK, or the exit code after saying on stderr what is wrong. */
int data_load(const flags_t *flags, const data_flags_t *settings, data_t *data);

void data_free(data_t *data);

/* Adds the generated series `index` to the set, with or without its noise: the shape below is the same. False when out of
 * memory or when the shape is none. */
bool data_add_generated(const data_flags_t *settings, size_t index, bool noisy, series_set_t *set);

/* "1-105" or "7" in lines of a file of `count` lines as *from (of the first, from 0) and *to (behind the last); a NULL
 * text leaves both. False, with a message, when it is none or there are not so many lines. */
bool data_lines(const flags_t *flags, const char *flag, const char *text, size_t count, size_t *from,
                size_t *to);

#endif
