/*
 * Who waits: the mean wait of events by how busy the second was in which they came. A mean over all events is one over
 * bursts, mostly, since that is when most events come; what quiet times pay is to be seen too.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_BUSYNESS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_BUSYNESS_H

#include "benchmark/suite_summary.h"

typedef enum {
    BUSYNESS_BURST, /* a second with more than twice the run's mean */
    BUSYNESS_BETWEEN,
    BUSYNESS_QUIET, /* with less than a tenth of it */
    BUSYNESS_COUNT
} busyness_t;

typedef struct {
    estimate_of_t means_s[BUSYNESS_COUNT]; /* of the waits; count 0: no such seconds */
    estimate_of_t ratios[BUSYNESS_COUNT];  /* to the reference arm, of pairs */
    double shares[BUSYNESS_COUNT];         /* of the events, in the first run */
} suite_busyness_t;

/* One for each line of the summary, owned by the caller. NULL on failure, `error` then names the file. */
suite_busyness_t *suite_busyness_of(const char *folder, const suite_results_t *results,
                                    const suite_summary_t *summary, const char *reference, char *error,
                                    size_t error_size);

#endif
