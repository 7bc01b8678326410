#include "benchmark/suite_busyness.h"

#include "benchmark/suite_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one run. */
typedef struct {
    int64_t events[BUSYNESS_COUNT], wait_sum_ms[BUSYNESS_COUNT];
} parts_t;

static void divide(const suite_second_t *seconds, size_t count, parts_t *parts)
{
    int64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += seconds[i].events;
    const double mean = count > 0 ? (double)total / (double)(seconds[count - 1].second + 1) : 0;
    for (size_t i = 0; i < count; i++) {
        const double events = (double)seconds[i].events;
        const busyness_t part = events > 2 * mean    ? BUSYNESS_BURST
                                : events < mean / 10 ? BUSYNESS_QUIET
                                                     : BUSYNESS_BETWEEN;
        parts->events[part] += seconds[i].events;
        parts->wait_sum_ms[part] += seconds[i].wait_sum_ms;
    }
}

/* Of every row of the results, owned by the caller; those that do not count stay empty. */
static parts_t *parts_of_rows(const char *folder, const suite_results_t *results, char *error,
                              size_t error_size)
{
    parts_t *parts = calloc(results->count + 1, sizeof *parts);
    if (!parts) snprintf(error, error_size, "out of memory");
    for (size_t i = 0; parts && i < results->count; i++) {
        if (!suite_row_counts(&results->rows[i])) continue;
        size_t count;
        suite_second_t *seconds = suite_records_seconds(folder, &results->rows[i], &count, error, error_size);
        if (!seconds) {
            free(parts);
            return NULL;
        }
        divide(seconds, count, &parts[i]);
        free(seconds);
    }
    return parts;
}

static double mean_s(const parts_t *parts, busyness_t part)
{
    return parts->events[part] > 0 ? (double)parts->wait_sum_ms[part] / 1e3 / (double)parts->events[part] : 0;
}

static void fill(const suite_results_t *results, const parts_t *parts, const suite_line_of_t *line,
                 const char *reference, busyness_t part, suite_busyness_t *busyness)
{
    double means[STATISTICS_VALUES_MAXIMUM], ratios[STATISTICS_VALUES_MAXIMUM];
    size_t count = 0, pairs = 0;
    for (size_t i = 0; i < results->count && count < STATISTICS_VALUES_MAXIMUM; i++) {
        const suite_row_t *row = &results->rows[i];
        if (!suite_row_counts(row) || !suite_row_is_of(row, line->scene) ||
            strcmp(row->arm, line->arm) != 0 || parts[i].events[part] == 0)
            continue;
        if (count == 0) busyness->shares[part] = (double)parts[i].events[part] / (double)row->events;
        means[count++] = mean_s(&parts[i], part);
        const suite_row_t *other = suite_results_run(results, line->scene, reference, row->repetition);
        const double other_s = other ? mean_s(&parts[other - results->rows], part) : 0;
        if (other_s > 0) ratios[pairs++] = mean_s(&parts[i], part) / other_s;
    }
    busyness->means_s[part] = statistics_estimate(means, count);
    busyness->ratios[part] = statistics_estimate(ratios, pairs);
}

suite_busyness_t *suite_busyness_of(const char *folder, const suite_results_t *results,
                                    const suite_summary_t *summary, const char *reference, char *error,
                                    size_t error_size)
{
    parts_t *parts = parts_of_rows(folder, results, error, error_size);
    if (!parts) return NULL;
    suite_busyness_t *busyness = calloc(summary->count + 1, sizeof *busyness);
    if (!busyness) snprintf(error, error_size, "out of memory");
    for (size_t i = 0; busyness && i < summary->count; i++)
        for (int part = 0; part < BUSYNESS_COUNT; part++)
            fill(results, parts, &summary->lines[i], reference, (busyness_t)part, &busyness[i]);
    free(parts);
    return busyness;
}
