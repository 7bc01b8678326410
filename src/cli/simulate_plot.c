#include "cli/simulate_plot.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

/* Below this share a line says nothing: in a million events it is one. */
static const double least_share = 1e-6;

typedef struct {
    svg_point_t *points;
    size_t count, room;
    bool failed;
} curve_t;

static void add_point(curve_t *curve, double wait_s, double share)
{
    if (curve->failed) return;
    if (curve->count == curve->room) {
        const size_t room = curve->room ? 2 * curve->room : FIRST_ROOM;
        svg_point_t *points = realloc(curve->points, room * sizeof *points);
        if (!points) {
            curve->failed = true;
            return;
        }
        curve->points = points;
        curve->room = room;
    }
    curve->points[curve->count++] = (svg_point_t){wait_s, share};
}

static void collect(void *context, double wait_s, double share)
{
    add_point(context, wait_s, share > least_share ? share : least_share);
}

bool simulate_plot_add(simulate_plot_t *plot, const char *name, const schedule_t *schedule,
                       const slots_t *slots)
{
    curve_t curve = {0};
    schedule_waits_t waits;
    add_point(&curve, 0, 1);
    if (!schedule_waits(schedule, slots, collect, &curve, &waits) || curve.failed) {
        free(curve.points);
        return false;
    }
    plot->names[plot->count] = name;
    plot->points[plot->count] = curve.points;
    plot->point_counts[plot->count++] = curve.count;
    return true;
}

bool simulate_plot_write(const simulate_plot_t *plot, const char *path, const char *title, char *error,
                         size_t error_size)
{
    svg_series_t series[SVG_SERIES_MAXIMUM];
    for (size_t i = 0; i < plot->count; i++)
        series[i] = (svg_series_t){.name = plot->names[i],
                                   .style = SVG_STEPS,
                                   .points = plot->points[i],
                                   .count = plot->point_counts[i]};
    const svg_chart_t chart = {.title = title,
                               .x = {.label = "wait, s", .from_zero = true},
                               .y = {.label = "share of the events that wait longer", .logarithmic = true},
                               .series = series,
                               .series_count = plot->count};
    return svg_write(path, &chart, error, error_size);
}

void simulate_plot_free(simulate_plot_t *plot)
{
    for (size_t i = 0; i < plot->count; i++)
        free(plot->points[i]);
    *plot = (simulate_plot_t){0};
}
