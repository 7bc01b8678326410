#include "cli/evaluate_plot.h"

#include "benchmark/svg.h"

#include <stdlib.h>

/* A point each time the share has fallen by a fiftieth of itself; the last is the largest error. */
enum { POINTS = 700 };
static const double share_step = 0.98;

typedef struct {
    svg_point_t points[POINTS];
    size_t count;
} points_t;

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void thin(points_t *points, const evaluate_curve_t *curve)
{
    qsort(curve->errors_per_s, curve->count, sizeof(double), compare);
    double next = 1;
    for (size_t i = 0; i < curve->count && points->count < POINTS; i++) {
        const double share = (double)(curve->count - i) / (double)curve->count;
        if (share > next && i + 1 < curve->count) continue;
        points->points[points->count++] = (svg_point_t){curve->errors_per_s[i], share};
        next = share * share_step;
    }
}

bool evaluate_plot(const char *path, const evaluate_curve_t *curves, size_t count, char *error,
                   size_t error_size)
{
    svg_series_t series[SVG_SERIES_MAXIMUM];
    points_t points[SVG_SERIES_MAXIMUM] = {0};
    for (size_t i = 0; i < count; i++) {
        thin(&points[i], &curves[i]);
        series[i] = (svg_series_t){
            .name = curves[i].name, .style = SVG_LINE, .points = points[i].points, .count = points[i].count};
    }
    const svg_chart_t chart = {
        .title = "Errors of forecasts of the next second",
        .x = {.label = "error, events/s", .from_zero = true},
        .y = {.label = "share of the seconds with a larger error", .logarithmic = true},
        .series = series,
        .series_count = count,
    };
    return svg_write(path, &chart, error, error_size);
}
