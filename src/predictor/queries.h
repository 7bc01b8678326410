/*
 * The queries that the predictor knows, by their labels. A bounded number: the one that was used longest ago makes room for
 * a new one.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_QUERIES_H
#define ADAPTIVESTREAM_PREDICTOR_QUERIES_H

#include "forecast/forecaster.h"
#include "predictor/query_advice.h"
#include "protocol/observation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUERIES_MAXIMUM = 1000 };

typedef struct {
    char label[PROTOCOL_LABEL_SIZE];
    observed_status_t status; /* what was observed last; status.query is "" when nothing was */
    bool has_change;
    change_t change; /* for the next predict */

    forecaster_t *learning; /* of a kind that learns from what comes; NULL otherwise */
    bool has_history;       /* what it was asked for last, to be compared with what came: */
    double history[PROTOCOL_HISTORY];
    int64_t time_ms;

    query_adviser_t *adviser;
    uint64_t used; /* counts up with every use */
} query_t;

typedef struct {
    size_t count, maximum;
    adviser_settings_t *settings;
    uint64_t uses;
    uint32_t hashes[QUERIES_MAXIMUM];
    query_t *items[QUERIES_MAXIMUM];
} queries_t;

/* `maximum`: 1 to QUERIES_MAXIMUM. `settings` must outlive the queries. */
void queries_begin(queries_t *queries, size_t maximum, adviser_settings_t *settings);
void queries_end(queries_t *queries);

/* NULL when it is not known. */
query_t *queries_find(queries_t *queries, const char *label);

/* The query of this label, a new one if need be, which counts as used now. NULL when out of memory. */
query_t *queries_use(queries_t *queries, const char *label);

/* Lets a query's learning forecaster see what has come since it was asked last, then keeps `history` for the next time. Two
 * requests belong together where their times, or where these are not known their histories, say so. */
void query_learn(query_t *query, const double *history, int64_t time_ms);

/* Of the second that follows time_ms, in UTC; -1 when time_ms is FIELD_UNKNOWN. */
double time_of_day_s(int64_t time_ms);

#endif
