/*
 * Repetitions brought together: of each arm of each scene the median of every figure, its interval, and the same of its
 * ratio to the reference arm. A ratio is of two runs of the same repetition, which met the same arrivals.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_SUMMARY_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_SUMMARY_H

#include "benchmark/statistics.h"
#include "benchmark/suite_results.h"

typedef struct {
    const suite_scene_t *scene;
    const char *arm;
    size_t runs;                  /* that count */
    const suite_row_t *first_row; /* of the first of them; NULL where there is none */
    estimate_of_t values[METRIC_COUNT];
    estimate_of_t ratios[METRIC_COUNT]; /* count 0: nothing to compare with */
} suite_line_of_t;

typedef struct {
    suite_line_of_t *lines; /* by scene and arm, in the order of the results */
    size_t count;
} suite_summary_t;

/* `results` must outlive the summary. False when out of memory. */
bool suite_summary_make(const suite_results_t *results, const char *reference, suite_summary_t *summary);
void suite_summary_free(suite_summary_t *summary);

/* Writes job,workload,arm,metric,runs,median,low,high,pairs,ratio,ratio_low,ratio_high; cells without a value are empty. On
 * failure `error` names the file. */
bool suite_summary_write(const suite_summary_t *summary, const char *path, char *error, size_t error_size);

#endif
