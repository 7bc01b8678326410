/*
 * Series of arrival rates, one number a second, for training and evaluation of forecasts.
 *
 * The file is CSV without a header: one series a line, its rates in events/s separated by commas, at least one.
 * It may be gzip-compressed (recognised by its content).
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_SERIES_H
#define ADAPTIVESTREAM_TRAFFIC_SERIES_H

#include "traffic/shape.h"
#include "traffic/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERIES_MAXIMUM = 1000000, SERIES_RATES_MAXIMUM = 100000000 };

typedef struct {
    double *rates_per_s; /* owned */
    size_t count;
} series_t;

typedef struct {
    series_t *items; /* owned: series_set_free() */
    size_t count;
} series_set_t;

/* Adds every line of the file ("-": standard input) to *set, which may be empty ({0}). On failure `error` holds one
 * sentence "FILE:LINE: what is wrong and what is expected"; *set may then hold the lines before. */
bool series_load(const char *path, series_set_t *set, char *error, size_t error_size);

/* Adds a copy of `count` rates as one series; false when out of memory. */
bool series_add(series_set_t *set, const double *rates_per_s, size_t count);

/* Adds the first `seconds` seconds of a shape as one series; false when out of memory. */
bool series_add_shape(series_set_t *set, const shape_t *shape, uint64_t seed, size_t seconds);

/* Adds a trace as one series: its whole seconds; bins narrower than a second are summed up, wider ones spread evenly.
 * False when out of memory or when it is shorter than a second. */
bool series_add_trace(series_set_t *set, const trace_t *trace);

void series_set_free(series_set_t *set);

#endif
