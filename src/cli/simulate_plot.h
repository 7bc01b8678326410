/*
 * The picture of `simulate`: which share of the events waited longer than so many seconds, a line a policy.
 */
#ifndef ADAPTIVESTREAM_CLI_SIMULATE_PLOT_H
#define ADAPTIVESTREAM_CLI_SIMULATE_PLOT_H

#include "benchmark/schedule.h"
#include "benchmark/svg.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *names[SVG_SERIES_MAXIMUM];
    svg_point_t *points[SVG_SERIES_MAXIMUM]; /* owned: simulate_plot_free() */
    size_t point_counts[SVG_SERIES_MAXIMUM];
    size_t count;
} simulate_plot_t;

/* Adds the waits of one policy. False when out of memory. */
bool simulate_plot_add(simulate_plot_t *plot, const char *name, const schedule_t *schedule,
                       const slots_t *slots);

/* On failure `error` holds one sentence that names the file. */
bool simulate_plot_write(const simulate_plot_t *plot, const char *path, const char *title, char *error,
                         size_t error_size);

void simulate_plot_free(simulate_plot_t *plot);

#endif
