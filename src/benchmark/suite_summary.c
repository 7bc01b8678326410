#include "benchmark/suite_summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void suite_summary_free(suite_summary_t *summary)
{
    free(summary->lines);
    *summary = (suite_summary_t){0};
}

/* Rows `begin` to `end` are those of one arm in one scene. */
static void fill_line(const suite_results_t *results, size_t begin, size_t end, const char *reference,
                      suite_line_of_t *line)
{
    for (size_t metric = 0; metric < METRIC_COUNT; metric++) {
        double values[STATISTICS_VALUES_MAXIMUM], ratios[STATISTICS_VALUES_MAXIMUM];
        size_t count = 0, pairs = 0;
        for (size_t i = begin; i < end && count < STATISTICS_VALUES_MAXIMUM; i++) {
            const suite_row_t *row = &results->rows[i];
            if (!suite_row_counts(row)) continue;
            if (!line->first_row) line->first_row = row;
            if (metric == 0) line->runs++;
            if (!isfinite(row->values[metric])) continue;
            values[count++] = row->values[metric];
            const suite_row_t *other = suite_results_run(results, line->scene, reference, row->repetition);
            if (other && other->values[metric] > 0)
                ratios[pairs++] = row->values[metric] / other->values[metric];
        }
        line->values[metric] = statistics_estimate(values, count);
        line->ratios[metric] = statistics_estimate(ratios, pairs);
    }
}

bool suite_summary_make(const suite_results_t *results, const char *reference, suite_summary_t *summary)
{
    *summary = (suite_summary_t){.lines = calloc(results->count + 1, sizeof *summary->lines)};
    if (!summary->lines) return false;
    size_t scene = 0;
    for (size_t begin = 0, end; begin < results->count; begin = end) {
        const suite_row_t *first = &results->rows[begin];
        while (!suite_row_is_of(first, &results->scenes[scene]))
            scene++;
        for (end = begin + 1; end < results->count; end++)
            if (!suite_row_is_of(&results->rows[end], &results->scenes[scene]) ||
                strcmp(results->rows[end].arm, first->arm) != 0)
                break;
        suite_line_of_t *line = &summary->lines[summary->count++];
        *line = (suite_line_of_t){.scene = &results->scenes[scene], .arm = first->arm};
        fill_line(results, begin, end, reference, line);
    }
    return true;
}

static void write_estimate(FILE *file, const estimate_of_t *estimate)
{
    if (estimate->count == 0)
        fputs(",0,,,", file);
    else
        fprintf(file, ",%zu,%.6g,%.6g,%.6g", estimate->count, estimate->median, estimate->low,
                estimate->high);
}

bool suite_summary_write(const suite_summary_t *summary, const char *path, char *error, size_t error_size)
{
    errno = 0;
    FILE *file = fopen(path, "we");
    bool good = file != NULL;
    if (good) {
        fputs("job,workload,arm,metric,runs,median,low,high,pairs,ratio,ratio_low,ratio_high\n", file);
        for (size_t i = 0; i < summary->count; i++) {
            const suite_line_of_t *line = &summary->lines[i];
            for (size_t metric = 0; metric < METRIC_COUNT; metric++) {
                fprintf(file, "%s,%s,%s,%s", line->scene->job, line->scene->workload, line->arm,
                        suite_metric_names[metric]);
                write_estimate(file, &line->values[metric]);
                write_estimate(file, &line->ratios[metric]);
                fputc('\n', file);
            }
        }
        good = !ferror(file);
        good = fclose(file) == 0 && good;
    }
    if (!good)
        snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno != 0 ? errno : EIO));
    return good;
}
