/*
 * Measures real queries from what Spark and Kafka recorded: one query, or two on the same topic side by side.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_MEASURE_H
#define ADAPTIVESTREAM_BENCHMARK_MEASURE_H

#include "benchmark/phases.h"
#include "benchmark/topic.h"

enum { MEASURED_MAXIMUM = 2, QUERY_NAME_SIZE = 64 };

typedef struct {
    topic_request_t topic;
    const char *progress[MEASURED_MAXIMUM]; /* files; see progress.h */
    const char *query[MEASURED_MAXIMUM];    /* name or id in that file; NULL: its only one */
    size_t progress_count;
    const shape_t *phases; /* NULL: only figures over all */
    bool start_known;
    int64_t start_ms; /* when the phases began; unknown: at the earliest event */
    int repeat;       /* times the phases were run in a row, 1 or more */
    int64_t bound_ms; /* of waits, for measured_query_t.excess */
} measure_request_t;

typedef struct {
    char name[QUERY_NAME_SIZE]; /* the request's, or of the file without folder and ending */
    const char *file;
    int64_t before, missing, repeated, rows; /* see waits_t */
    wait_excess_t excess;                    /* above bound_ms */
    wait_figures_t all;
    wait_figures_t *by_phase; /* phases.count entries */
} measured_query_t;

typedef struct {
    int64_t events; /* in the topic */
    measured_phases_t phases;
    measured_query_t queries[MEASURED_MAXIMUM];
    size_t query_count;
} measurement_t;

/* On failure `error` holds one sentence, and *measurement is empty. Release with measurement_free(); strings
 * of the request must live as long. */
bool measure(const measure_request_t *request, measurement_t *measurement, char *error, size_t error_size);
void measurement_free(measurement_t *measurement);

/* True when each query took every event of the topic, from its first on, exactly once. */
bool measurement_is_complete(const measurement_t *measurement);

#endif
