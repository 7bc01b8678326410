#include "benchmark/svg.h"
#include "cli/estimate_print.h"

#include <stdio.h>

enum { LABEL_SIZE = 32 };

bool estimate_plot(const char *path, const estimate_t *estimate, char *error, size_t error_size)
{
    svg_point_t adaptive[ESTIMATE_CURVE], fixed[ESTIMATE_CURVE];
    char budgets[ESTIMATE_CURVE][LABEL_SIZE], triggers[ESTIMATE_CURVE][LABEL_SIZE], name[64];
    const char *budget_labels[ESTIMATE_CURVE], *trigger_labels[ESTIMATE_CURVE];
    const double hours = estimate->seconds / 3600;
    for (int i = 0; i < ESTIMATE_CURVE; i++) {
        const estimate_point_t *point = &estimate->curve[i];
        adaptive[i] = (svg_point_t){(double)point->adaptive.batches / hours, point->adaptive.mean_s};
        fixed[i] = (svg_point_t){(double)point->fixed.batches / hours, point->fixed.mean_s};
        snprintf(budgets[i], LABEL_SIZE, "budget %g", point->budget);
        budget_labels[i] = budgets[i];
        snprintf(triggers[i], LABEL_SIZE, "%g s", (double)point->fixed_trigger_ns * 1e-9);
        trigger_labels[i] = triggers[i];
    }
    const svg_point_t best = {(double)estimate->best.batches / hours, estimate->best.mean_s};
    snprintf(name, sizeof name, "adaptive, goal %s", goal_names[estimate->goal]);
    const svg_series_t series[] = {
        {.name = name,
         .style = SVG_LINE_AND_MARKERS,
         .points = adaptive,
         .count = ESTIMATE_CURVE,
         .labels = budget_labels,
         .labels_below = true},
        {.name = "fixed trigger",
         .style = SVG_LINE_AND_MARKERS,
         .points = fixed,
         .count = ESTIMATE_CURVE,
         .labels = trigger_labels},
        {.name = "the future known", .style = SVG_MARKERS, .points = &best, .count = 1},
    };
    const svg_chart_t chart = {
        .title = "Mean wait against batches",
        .x = {.label = "batches an hour"},
        .y = {.label = "mean wait, s", .from_zero = true},
        .series = series,
        .series_count = estimate->best_known ? 3 : 2,
    };
    return svg_write(path, &chart, error, error_size);
}
