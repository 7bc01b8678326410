#include "benchmark/suite_plot.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 4096, TITLE_SIZE = 128 };

bool suite_plot_out_of_memory(suite_plot_t *plot)
{
    snprintf(plot->error, plot->error_size, "out of memory");
    return false;
}

void suite_plot_add(suite_plot_t *plot, const char *name, svg_style_t style, svg_point_t *points,
                    size_t count)
{
    plot->series[plot->count++] =
        (svg_series_t){.name = name, .style = style, .points = points, .count = count};
}

void suite_plot_clear(suite_plot_t *plot)
{
    for (size_t i = 0; i < plot->count; i++)
        free((void *)plot->series[i].points);
    plot->count = 0;
}

bool suite_plot_write(suite_plot_t *plot, const char *kind, const char *title, svg_axis_t x, svg_axis_t y)
{
    char path[PATH_SIZE], whole[TITLE_SIZE];
    snprintf(path, sizeof path, "%s/%s-%s-%s.svg", plot->folder, plot->scene->job, plot->scene->workload,
             kind);
    snprintf(whole, sizeof whole, "%s: %s, job %s", title, plot->scene->workload, plot->scene->job);
    const svg_chart_t chart = {
        .title = whole, .x = x, .y = y, .series = plot->series, .series_count = plot->count};
    const bool good = svg_write(path, &chart, plot->error, plot->error_size);
    suite_plot_clear(plot);
    return good;
}
