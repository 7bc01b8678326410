#include "benchmark/journal_lines.h"
#include "benchmark/suite_plot.h"
#include "benchmark/suite_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

typedef struct {
    svg_point_t *points;
    size_t count, room;
} curve_t;

static bool add_point(curve_t *curve, double x, double y)
{
    if (curve->count == curve->room) {
        const size_t room = curve->room ? 2 * curve->room : 256;
        svg_point_t *grown = realloc(curve->points, room * sizeof *grown);
        if (!grown) return false;
        curve->points = grown;
        curve->room = room;
    }
    curve->points[curve->count++] = (svg_point_t){x, y};
    return true;
}

/* Where the line is a forecast, its point, whether the agent trusted it or not; rate and confidence 0 mean that there is none.
 * False when out of memory. */
static bool read_forecast(const json_t *line, int64_t began_ms, curve_t *curve)
{
    const char *event = json_string_value(json_object_get(line, "event"));
    if (!event || strcmp(event, "forecast") != 0) return true;
    const double second =
        ((double)json_integer_value(json_object_get(line, "wall_ms")) - (double)began_ms) / 1e3;
    const double rate_per_s = json_number_value(json_object_get(line, "rate_per_s"));
    const double confidence = json_number_value(json_object_get(line, "confidence"));
    if (second < 0 || (rate_per_s <= 0 && confidence <= 0)) return true;
    return add_point(curve, second, rate_per_s);
}

/* The forecasts of one run; none when there was no agent. A journal that was cut off is read as far as it goes: a picture of
 * most is worth having. */
static bool read_journal(suite_plot_t *plot, const suite_row_t *row, curve_t *curve)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s/journal.jsonl", plot->folder, row->folder);
    if (access(path, F_OK) != 0) return true;
    journal_lines_t lines;
    if (!journal_lines_open(&lines, path, plot->error, plot->error_size)) return false;
    json_t *line;
    bool good = true;
    while (good && journal_lines_next(&lines, &line) == JOURNAL_LINE) {
        good = read_forecast(line, row->began_ms, curve) || suite_plot_out_of_memory(plot);
        json_decref(line);
    }
    journal_lines_close(&lines);
    return good;
}

/* Events by the second of the run. */
static bool add_truth(suite_plot_t *plot, const suite_row_t *row)
{
    size_t count;
    suite_second_t *seconds = suite_records_seconds(plot->folder, row, &count, plot->error, plot->error_size);
    if (!seconds) return false;
    svg_point_t *points = malloc((count + 1) * sizeof *points);
    for (size_t i = 0; points && i < count; i++)
        points[i] = (svg_point_t){(double)seconds[i].second, (double)seconds[i].events};
    free(seconds);
    if (!points) return suite_plot_out_of_memory(plot);
    suite_plot_add(plot, "what came", SVG_STEPS, points, count);
    return true;
}

static bool draw(suite_plot_t *plot, const suite_line_of_t *line, curve_t *curve)
{
    char name[SUITE_NAME_SIZE + 16];
    snprintf(name, sizeof name, "told to %s", line->arm);
    if (!add_truth(plot, line->first_row)) {
        free(curve->points);
        return false;
    }
    suite_plot_add(plot, name, SVG_LINE, curve->points, curve->count);
    return suite_plot_write(plot, "forecast", "Forecast and truth",
                            (svg_axis_t){.label = "second of the run", .from_zero = true},
                            (svg_axis_t){.label = "events a second", .logarithmic = true});
}

bool suite_plot_forecast(suite_plot_t *plot)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s-%s-forecast.svg", plot->folder, plot->scene->job,
             plot->scene->workload);
    unlink(path);
    for (size_t i = 0; i < plot->summary->count; i++) {
        const suite_line_of_t *line = &plot->summary->lines[i];
        if (line->scene != plot->scene || !line->first_row) continue;
        curve_t curve = {0};
        if (!read_journal(plot, line->first_row, &curve)) {
            free(curve.points);
            return false;
        }
        if (curve.count > 0) return draw(plot, line, &curve);
    }
    return true;
}
