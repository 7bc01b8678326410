/*
 * The metrics of all queries as OpenMetrics text (docs/dashboard.md lists them): base units, one label `query`, which the store
 * bounds.
 */
#ifndef ADAPTIVESTREAM_MONITOR_METRICS_H
#define ADAPTIVESTREAM_MONITOR_METRICS_H

#include "monitor/store.h"

#include <stddef.h>

#define METRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* What the metrics of one query are written from. */
typedef struct {
    observed_status_t status;
    bool has_forecast;
    monitored_forecast_t forecast;
    double arrival_rate;
    int64_t last_ms;
    observed_waits_t own, shadow; /* counts and sums */
    int64_t decisions, probes, faults, empty, fallbacks;
    reason_count_t reasons[STORE_REASONS];
    duration_histogram_t own_waits, shadow_waits, batch_times;
} metrics_row_t;

void metrics_row_of(const store_query_t *query, metrics_row_t *row);

typedef struct {
    int64_t predictor_requests;
    double predictor_uptime_s; /* 0: there is none */
} metrics_host_t;

/* Returns the length, or 0 when it does not fit. */
size_t metrics_write(const metrics_row_t *rows, size_t count, const metrics_host_t *host, char *buffer,
                     size_t size);

#endif
