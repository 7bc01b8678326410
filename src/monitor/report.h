/*
 * What the page and the commands are told, as JSON (docs/dashboard.md says what the members mean). Each function writes one object
 * into the caller's buffer and returns its length, or 0 when it does not fit: then it is to be called again with a larger one.
 */
#ifndef ADAPTIVESTREAM_MONITOR_REPORT_H
#define ADAPTIVESTREAM_MONITOR_REPORT_H

#include "common/json_writer.h"
#include "monitor/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who shows the store, and what is known of the predictor beside it. */
typedef struct {
    bool replay;        /* a journal, nothing of it goes on */
    const char *source; /* the journal's name; "" when live */
    const char *model;  /* the predictor's; "" when there is none */
    int64_t requests;   /* it has answered */
    double uptime_s;
    bool may_change; /* options can be changed here */
    int64_t now_ms;  /* of the store, and so on */
    int64_t changes, forgotten;
} report_host_t;

/* All queries, briefly: begin, add one after the other, end. So that a store that is shared need not be held for all of them. */
void report_overview_begin(json_writer_t *json, const report_host_t *host, char *buffer, size_t size);
void report_overview_add(json_writer_t *json, const store_query_t *query, int64_t now_ms);
size_t report_overview_end(json_writer_t *json);

/* One query over the `range_ms` before `end_ms`, buckets before `since_ms` left out. */
size_t report_series(const store_query_t *query, int64_t range_ms, int64_t since_ms, int64_t end_ms,
                     char *buffer, size_t size);

/* Its latest triggers in words, what it was asked to change, what batches are learned to take. */
size_t report_details(const store_query_t *query, char *buffer, size_t size);

#endif
