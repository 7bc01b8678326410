#include "benchmark/suite_plots.h"

#include "benchmark/suite_plot.h"
#include "benchmark/suite_records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE_S = 20, AFTER_S = 45, WAIT_MS_MAXIMUM = 24 * 3600 * 1000 };

/* Below this share a line says nothing. */
static const double least_share = 1e-6;

typedef struct {
    int64_t *events; /* by milliseconds */
    size_t room;
} waits_by_ms_t;

static bool count_wait(waits_by_ms_t *waits, int64_t ms, int64_t events)
{
    if ((size_t)ms >= waits->room) {
        const size_t room = (size_t)ms * 2 + 1024;
        int64_t *grown = realloc(waits->events, room * sizeof *grown);
        if (!grown) return false;
        memset(grown + waits->room, 0, (room - waits->room) * sizeof *grown);
        *waits = (waits_by_ms_t){grown, room};
    }
    waits->events[ms] += events;
    return true;
}

/* Adds the waits of one run. */
static bool merge_waits(suite_plot_t *plot, const suite_row_t *row, waits_by_ms_t *waits)
{
    static const char *const names[] = {"kind", "ms", "events"};
    csv_t csv;
    int at[3];
    if (!suite_records_load(plot->folder, row, "waits.csv", names, 3, at, &csv, plot->error,
                            plot->error_size))
        return false;
    bool good = true;
    for (size_t i = 0; good && i < csv.rows; i++) {
        int64_t ms, events;
        if (strcmp(csv_text(&csv, i, at[0]), "wait") != 0) continue;
        if (!csv_integer(&csv, i, at[1], &ms) || !csv_integer(&csv, i, at[2], &events) || ms < 0 ||
            ms > WAIT_MS_MAXIMUM || events < 0 || events > INT64_C(1) << 40)
            good = suite_records_bad_line(plot->folder, row, "waits.csv", i, plot->error, plot->error_size);
        else
            good = count_wait(waits, ms, events) || suite_plot_out_of_memory(plot);
    }
    csv_free(&csv);
    return good;
}

/* The share of the events that wait longer than each wait that occurs. */
static bool add_distribution(suite_plot_t *plot, const char *arm, const waits_by_ms_t *waits)
{
    int64_t total = 0, passed = 0;
    size_t kinds = 0, count = 0;
    for (size_t ms = 0; ms < waits->room; ms++) {
        total += waits->events[ms];
        kinds += waits->events[ms] > 0;
    }
    svg_point_t *points = malloc((kinds + 1) * sizeof *points);
    if (!points) return suite_plot_out_of_memory(plot);
    points[count++] = (svg_point_t){0, 1};
    for (size_t ms = 0; ms < waits->room; ms++) {
        if (waits->events[ms] == 0) continue;
        passed += waits->events[ms];
        const double share = (double)(total - passed) / (double)total;
        points[count++] = (svg_point_t){(double)ms / 1e3, fmax(share, least_share)};
    }
    suite_plot_add(plot, arm, SVG_STEPS, points, count);
    return true;
}

static bool plot_waits(suite_plot_t *plot)
{
    for (size_t i = 0; i < plot->summary->count && plot->count < SVG_SERIES_MAXIMUM; i++) {
        const suite_line_of_t *line = &plot->summary->lines[i];
        if (line->scene != plot->scene || line->runs == 0) continue;
        waits_by_ms_t waits = {0};
        bool good = true;
        for (size_t k = 0; good && k < plot->results->count; k++) {
            const suite_row_t *row = &plot->results->rows[k];
            if (suite_row_is_of(row, plot->scene) && strcmp(row->arm, line->arm) == 0 &&
                suite_row_counts(row))
                good = merge_waits(plot, row, &waits);
        }
        good = good && add_distribution(plot, line->arm, &waits);
        free(waits.events);
        if (!good) return false;
    }
    return suite_plot_write(
        plot, "waits", "How many events wait longer", (svg_axis_t){.label = "wait, s", .from_zero = true},
        (svg_axis_t){.label = "share of the events that wait longer", .logarithmic = true});
}

/* The second with the most events. */
static int64_t highest(const suite_second_t *seconds, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (seconds[i].events > seconds[best].events) best = i;
    return count > 0 ? seconds[best].second : 0;
}

static bool add_time_line(suite_plot_t *plot, const suite_line_of_t *line, int64_t *peak_s)
{
    size_t count, points_count = 0;
    suite_second_t *seconds =
        suite_records_seconds(plot->folder, line->first_row, &count, plot->error, plot->error_size);
    if (!seconds) return false;
    if (*peak_s < 0) *peak_s = highest(seconds, count);
    svg_point_t *points = malloc((count + 1) * sizeof *points);
    for (size_t i = 0; points && i < count; i++)
        if (seconds[i].second >= *peak_s - BEFORE_S && seconds[i].second <= *peak_s + AFTER_S)
            points[points_count++] = (svg_point_t){
                (double)seconds[i].second, (double)seconds[i].wait_sum_ms / 1e3 / (double)seconds[i].events};
    free(seconds);
    if (!points) return suite_plot_out_of_memory(plot);
    suite_plot_add(plot, line->arm, SVG_LINE, points, points_count);
    return true;
}

/* The arms' first runs: where one was repeated they are of one repetition, so of the same arrivals. */
static bool plot_time(suite_plot_t *plot)
{
    int64_t peak_s = -1;
    for (size_t i = 0; i < plot->summary->count && plot->count < SVG_SERIES_MAXIMUM; i++) {
        const suite_line_of_t *line = &plot->summary->lines[i];
        if (line->scene == plot->scene && line->first_row && !add_time_line(plot, line, &peak_s))
            return false;
    }
    return suite_plot_write(plot, "time", "Waits around the highest burst",
                            (svg_axis_t){.label = "second of the run in which events came"},
                            (svg_axis_t){.label = "their mean wait, s", .logarithmic = true});
}

static bool plot_batches(suite_plot_t *plot)
{
    for (size_t i = 0; i < plot->summary->count && plot->count < SVG_SERIES_MAXIMUM; i++) {
        const suite_line_of_t *line = &plot->summary->lines[i];
        if (line->scene != plot->scene || line->runs == 0) continue;
        svg_point_t *point = malloc(sizeof *point);
        if (!point) return suite_plot_out_of_memory(plot);
        *point = (svg_point_t){line->values[METRIC_BATCHES].median, line->values[METRIC_WAIT_MEAN].median};
        suite_plot_add(plot, line->arm, SVG_MARKERS, point, 1);
    }
    return suite_plot_write(plot, "batches", "What a wait costs in batches",
                            (svg_axis_t){.label = "batches", .logarithmic = true},
                            (svg_axis_t){.label = "mean wait, s", .from_zero = true});
}

bool suite_plots_write(const char *folder, const suite_results_t *results, const suite_summary_t *summary,
                       char *error, size_t error_size)
{
    bool good = true;
    for (size_t i = 0; good && i < results->scene_count; i++) {
        suite_plot_t plot = {.folder = folder,
                             .scene = &results->scenes[i],
                             .results = results,
                             .summary = summary,
                             .error = error,
                             .error_size = error_size};
        good = plot_waits(&plot) && plot_time(&plot) && plot_batches(&plot) && suite_plot_forecast(&plot);
        suite_plot_clear(&plot);
    }
    return good;
}
