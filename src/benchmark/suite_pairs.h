/*
 * How much longer a batch takes than the same batch of the reference arm: of two drivers that ran at the same time on the
 * same topic, the batches that both began within a tenth of a second of each other with the same number of events. What
 * else the machine does meets both, so these pairs tell a difference that is far below the spread between two runs.
 *
 * The interval is that of the order statistics, good for the median of any distribution (W. J. Conover, "Practical
 * Nonparametric Statistics", 3rd ed., 1999, section 3.2; by the normal approximation of the binomial).
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_PAIRS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_PAIRS_H

#include "benchmark/suite_summary.h"

enum { SUITE_PAIRS_MINIMUM = 20 };

/* Median and its 95 % interval. */
typedef struct {
    double median, low, high;
} median_of_pairs_t;

typedef struct {
    size_t count;                  /* pairs in all repetitions; below the minimum: what follows is 0 */
    median_of_pairs_t more_s;      /* seconds that the arm's batch took longer */
    median_of_pairs_t ratio;       /* its time over the reference arm's */
    median_of_pairs_t reference_s; /* what the reference arm's took */
} suite_pairs_t;

/* One for each line of the summary, owned by the caller. NULL on failure, `error` then names the file. */
suite_pairs_t *suite_pairs_of(const char *folder, const suite_results_t *results,
                              const suite_summary_t *summary, const char *reference, char *error,
                              size_t error_size);

#endif
