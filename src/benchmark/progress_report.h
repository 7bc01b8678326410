/*
 * One report of a query's progress: Spark's StreamingQueryProgress as JSON.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_REPORT_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t trigger_ms;      /* start of the trigger, since the epoch */
    int64_t batch_id;        /* while a query is idle: that of the batch to come */
    int64_t rows;            /* taken from all sources */
    int64_t duration_ms;     /* of the whole trigger; -1: not in the report */
    const char *name;        /* as long as the JSON; NULL: the query has none */
    const char *id, *run_id; /* as long as the JSON; "" where the report has none */
    const json_t *json;      /* the report itself, borrowed */
    const char *path;        /* of the file in which it was found, as messages call it; NULL: in none */
    size_t line;             /* there */
    bool behind;             /* a source held more than the batch took: it is limited per trigger */
} progress_report_t;

/* NULL when `progress` is a report, else what is wrong with it. */
const char *progress_report_of(const json_t *progress, progress_report_t *report);

/* "2026-01-31T12:00:00.123Z" as milliseconds since the epoch. */
bool progress_parse_time(const char *text, int64_t *time_ms);

#endif
