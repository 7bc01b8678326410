/*
 * The picture of `evaluate`: which share of the seconds a forecast misses by more than so much, a line a forecaster.
 */
#ifndef ADAPTIVESTREAM_CLI_EVALUATE_PLOT_H
#define ADAPTIVESTREAM_CLI_EVALUATE_PLOT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name;
    double *errors_per_s; /* absolute; sorted by evaluate_plot() */
    size_t count;
} evaluate_curve_t;

/* Up to SVG_SERIES_MAXIMUM curves. On failure `error` holds one sentence that names the file. */
bool evaluate_plot(const char *path, const evaluate_curve_t *curves, size_t count, char *error,
                   size_t error_size);

#endif
