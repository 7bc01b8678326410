/*
 * The rows of a benchmark's runs.csv, and which of them count.
 *
 * What counts is made of the same things: rows of another digest than the plan's (suite_digests.h), and of runs that are not
 * in the plan, are stale. Where the plan does not say, of one run those are stale whose digest is not that of its last row.
 *
 * Of the other attempts at one run the last that is `ok` counts. Where none is, the last one is kept to be named in the
 * report, and its figures stay out of every table and picture.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_RESULTS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_RESULTS_H

#include "benchmark/suite_digests.h"
#include "benchmark/suite_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    METRIC_BATCHES,
    METRIC_BATCH_MEAN,
    METRIC_BUSY,
    METRIC_WAIT_MEAN,
    METRIC_WAIT_P50,
    METRIC_WAIT_P95,
    METRIC_WAIT_P99,
    METRIC_WAIT_MAX,
    METRIC_LATENCY_MEAN,
    METRIC_LATENCY_P95,
    METRIC_LATENCY_P99,
    METRIC_CPU,
    METRIC_COMPILER,
    METRIC_PREDICTOR,
    METRIC_RESIDENT,
    METRIC_PREDICTOR_RESIDENT,
    METRIC_FILES,
    METRIC_OTHERS,
    METRIC_REQUIRED_COUNT,
    METRIC_REQUESTS = METRIC_REQUIRED_COUNT, /* from here on nan where it is not known */
    METRIC_EMPTY,
    METRIC_READ_COUNT,
    METRIC_PRODUCT =
        METRIC_READ_COUNT, /* mean wait x batches: with a fixed trigger, whichever, it hardly changes */
    METRIC_COUNT
} suite_metric_t;

extern const char *const suite_metric_names[METRIC_COUNT]; /* columns of runs.csv, up to METRIC_READ_COUNT */

enum { SUITE_FOLDER_SIZE = 160, SUITE_REASON_SIZE = 160, SUITE_STATUS_SIZE = 16 };

typedef struct {
    char job[SUITE_NAME_SIZE], workload[SUITE_NAME_SIZE], arm[SUITE_NAME_SIZE];
    int64_t repetition;
    int64_t events;
    int64_t began_ms; /* the traffic, since the epoch */
    char status[SUITE_STATUS_SIZE];
    char reason[SUITE_REASON_SIZE];
    char folder[SUITE_FOLDER_SIZE]; /* below the benchmark's */
    char digest[SUITE_DIGEST_SIZE];
    int64_t beside;   /* other arms that ran at the same time */
    int64_t attempts; /* rows of this run, this one included */
    double values[METRIC_COUNT];
} suite_row_t;

/* A job with a workload: what a table is about. */
typedef struct {
    char job[SUITE_NAME_SIZE], workload[SUITE_NAME_SIZE];
} suite_scene_t;

typedef struct {
    suite_row_t *rows; /* one a run: by scene, arm, repetition; known names in the order of the catalogue */
    size_t count;
    suite_row_t *stale; /* rows that are left out, in the order of the file */
    size_t stale_count;
    suite_scene_t *scenes;
    size_t scene_count;
} suite_results_t;

/* Reads FOLDER/runs.csv. On failure `error` holds one sentence that names file, line or column. Release with
 * suite_results_free(). */
bool suite_results_load(const char *folder, const suite_digests_t *digests, suite_results_t *results,
                        char *error, size_t error_size);
void suite_results_free(suite_results_t *results);

bool suite_row_counts(const suite_row_t *row);
bool suite_row_is_of(const suite_row_t *row, const suite_scene_t *scene);

/* The run of an arm in one repetition; NULL when it has none that counts. */
const suite_row_t *suite_results_run(const suite_results_t *results, const suite_scene_t *scene,
                                     const char *arm, int64_t repetition);

#endif
