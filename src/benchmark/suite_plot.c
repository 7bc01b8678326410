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

bool suite_plot_load(suite_plot_t *plot, const suite_row_t *row, const char *name, const char *const *columns,
                     size_t count, int *indexes, csv_t *csv)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s/%s", plot->folder, row->folder, name);
    if (!csv_load(path, csv, plot->error, plot->error_size)) return false;
    if (csv_columns(csv, path, columns, count, indexes, plot->error, plot->error_size)) return true;
    csv_free(csv);
    return false;
}

bool suite_plot_bad_line(suite_plot_t *plot, const suite_row_t *row, const char *name, size_t line)
{
    snprintf(plot->error, plot->error_size, "%s/%s/%s:%zu: not the whole numbers that are expected",
             plot->folder, row->folder, name, line + 2);
    return false;
}

suite_second_t *suite_plot_seconds(suite_plot_t *plot, const suite_row_t *row, size_t *count)
{
    static const char *const names[] = {"second", "events", "wait_sum_ms"};
    csv_t csv;
    int at[3];
    if (!suite_plot_load(plot, row, "seconds.csv", names, 3, at, &csv)) return NULL;
    suite_second_t *seconds = malloc((csv.rows + 1) * sizeof *seconds);
    bool good = seconds || suite_plot_out_of_memory(plot);
    *count = 0;
    for (size_t i = 0; good && i < csv.rows; i++) {
        suite_second_t one;
        if (!csv_integer(&csv, i, at[0], &one.second) || !csv_integer(&csv, i, at[1], &one.events) ||
            !csv_integer(&csv, i, at[2], &one.wait_sum_ms) || one.second < 0 || one.second > INT32_MAX)
            good = suite_plot_bad_line(plot, row, "seconds.csv", i);
        else if (one.events > 0)
            seconds[(*count)++] = one;
    }
    csv_free(&csv);
    if (good) return seconds;
    free(seconds);
    return NULL;
}
