/*
 * What the pictures of a benchmark share: one chart of one scene under construction.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_PLOT_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_PLOT_H

#include "benchmark/suite_summary.h"
#include "benchmark/svg.h"

typedef struct {
    const char *folder; /* of the benchmark */
    const suite_scene_t *scene;
    const suite_results_t *results;
    const suite_summary_t *summary;
    char *error; /* one sentence when a function below has failed */
    size_t error_size;
    svg_series_t series[SVG_SERIES_MAXIMUM];
    size_t count;
} suite_plot_t;

/* Takes over `points`; `name` must live as long. */
void suite_plot_add(suite_plot_t *plot, const char *name, svg_style_t style, svg_point_t *points,
                    size_t count);

/* Writes FOLDER/JOB-WORKLOAD-KIND.svg with what was added, and empties the plot. */
bool suite_plot_write(suite_plot_t *plot, const char *kind, const char *title, svg_axis_t x, svg_axis_t y);
void suite_plot_clear(suite_plot_t *plot);

/* Returns false, with the error set. */
bool suite_plot_out_of_memory(suite_plot_t *plot);

/* JOB-WORKLOAD-forecast.svg: the first arm that was told forecasts, beside what came. Without one there is no picture, and an
 * older one goes. */
bool suite_plot_forecast(suite_plot_t *plot);

#endif
