/*
 * The raw records of one run: from the query's progress and the topic's time stamps to CSV files in the run's folder.
 *
 *     batches.csv   batch,trigger_ms,end_ms,oldest_ms,events      a line a batch with events; milliseconds since the epoch
 *     waits.csv     kind,ms,events                                exact histograms: `wait` until the batch's trigger, `latency`
 *                                                                 until its end, when the sink has it; negative ones as 0
 *     seconds.csv   second,events,wait_sum_ms,wait_max_ms,batches by the second of the run in which events came, and in which
 *                                                                 batches were triggered
 *
 * All events of the topic count: the warm-up is another query on another topic.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_COLLECT_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_COLLECT_H

#include "benchmark/topic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    topic_request_t topic;
    const char *progress;
    const char *folder;
    int64_t start_ms; /* of the traffic */
} suite_collect_request_t;

typedef struct {
    double mean_s, p50_s, p95_s, p99_s, max_s; /* nearest rank */
} suite_figures_t;

typedef struct {
    int64_t events, before, missing, repeated; /* see waits_t */
    int64_t batches;
    double batch_mean_s; /* duration, trigger to end */
    double
        busy_s; /* longest stretch of batches without a rest of 100 ms between two: how long a backlog lasted */
    suite_figures_t wait, latency;
} suite_run_t;

/* On failure `error` holds one sentence that names the file or the broker. */
bool suite_collect(const suite_collect_request_t *request, suite_run_t *run, char *error, size_t error_size);

/* The pure part: writes the three files of `batches` (by rising trigger_ms) and `waits` of them. */
bool suite_collect_write(const suite_collect_request_t *request, const batches_t *batches,
                         const waits_t *waits, suite_run_t *run, char *error, size_t error_size);

#endif
