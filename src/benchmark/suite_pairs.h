/*
 * How much longer a batch takes than the same batch of the reference arm: of two drivers that ran at the same time on the
 * same topic, the batches that both began within a tenth of a second of each other with as many events. What else the machine
 * does meets both, so the median over the batches of a run tells a difference that is far below the spread between two
 * runs. What two JVMs differ by in themselves is left in it: only several repetitions, or a second reference arm, show that.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_PAIRS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_PAIRS_H

#include "benchmark/suite_summary.h"

enum { SUITE_PAIRS_MINIMUM = 20 }; /* of a repetition that counts */

typedef struct {
    size_t pairs;              /* in all repetitions that had the minimum */
    estimate_of_t more_s;      /* medians of the repetitions: seconds that the arm's batch took longer... */
    estimate_of_t ratio;       /* ...its time over the reference arm's... */
    estimate_of_t reference_s; /* ...and that; count 0: there are no pairs */
} suite_pairs_t;

/* One for each line of the summary, owned by the caller. NULL on failure, `error` then names the file. */
suite_pairs_t *suite_pairs_of(const char *folder, const suite_results_t *results,
                              const suite_summary_t *summary, const char *reference, char *error,
                              size_t error_size);

#endif
