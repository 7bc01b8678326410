/*
 * What a query's stream thread and the controller's thread leave for each other: the one what it has seen and
 * done, the other a forecast. Each takes the exchange's lock for as long as a copy in memory takes, never for a
 * line, a wait or a message, so neither waits for the other's work.
 *
 * Times ending in _ns are of CLOCK_MONOTONIC.
 */
#ifndef ADAPTIVESTREAM_AGENT_EXCHANGE_H
#define ADAPTIVESTREAM_AGENT_EXCHANGE_H

#include "control/arrival_rate.h"
#include "control/arrival_slots.h"
#include "protocol/answer.h"
#include "protocol/observation.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct exchange exchange_t;

/* All 0: none. */
typedef struct {
    double rate_per_s, confidence;
    bool
        has_changes; /* then it is these, with that confidence, that the governor is told: governor_set_advice() */
    double changes[RATE_AVERAGES];
} forecast_t;

_Static_assert((int)RATE_AVERAGES == (int)PROTOCOL_CHANGES,
               "what the predictor sends is what the governor takes");

bool forecast_equal(const forecast_t *a, const forecast_t *b);

/* `query`: its label. NULL when out of memory. */
exchange_t *exchange_create(const char *query, const char *id, const char *run);
void exchange_destroy(exchange_t *exchange);

/* ---- the stream thread ---- */

/* What the query was begun with, or a change of it. */
void exchange_configure(exchange_t *exchange, const observed_config_t *config);

/* At now_ns the source held `total` events; epoch_ns as clock_epoch_ns(). */
void exchange_arrivals(exchange_t *exchange, int64_t now_ns, int64_t epoch_ns, int64_t total);

/* Totals ran backwards, or the wall clock was set by more than a second: what is known of arrivals begins anew. */
void exchange_forget_arrivals(exchange_t *exchange);

/* A trigger that ran. Of many in a row the latest are kept. */
void exchange_trigger(exchange_t *exchange, const observed_trigger_t *trigger);

/* The same of the shadow's that found events; one that is not kept leaves its events to the next. */
void exchange_shadow(exchange_t *exchange, const observed_trigger_t *trigger);

/* The latest decision, and what the query is in: "warmup", "active", ... */
void exchange_decision(exchange_t *exchange, const observed_decision_t *decision, const char *state,
                       const char *why);

/* The latter without a decision. */
void exchange_state(exchange_t *exchange, const char *state, const char *why);

/* True once after each exchange_take(): figures cost some microseconds and are only worked out to be told. */
bool exchange_wants_stats(exchange_t *exchange);
void exchange_stats(exchange_t *exchange, const observed_stats_t *stats);

/* What batches take: up to OBSERVATION_COSTS_MAXIMUM pairs. Told with the stats. */
void exchange_costs(exchange_t *exchange, const int64_t *events, const double *seconds, size_t count);

/* The latest forecast; none when it was asked for before oldest_ns. */
forecast_t exchange_forecast(exchange_t *exchange, int64_t oldest_ns);

/* What somebody has asked to change of the query since the last call; false: nothing. */
bool exchange_take_change(exchange_t *exchange, change_t *change);

/* ---- the controller's thread ---- */

const char *exchange_query(const exchange_t *exchange);

/* The query is left alone for good, so nothing more comes of it. */
bool exchange_is_released(exchange_t *exchange);

/* As arrival_slots_rates(). */
bool exchange_history(exchange_t *exchange, double rates_per_s[ARRIVAL_SECONDS], int64_t *end_ms);

/* Moves what is new into the observation; `config` says whether that is wanted too. */
void exchange_take(exchange_t *exchange, bool config, int64_t wall_ms, observation_t *observation);

/* asked_ns: when it was asked for. */
void exchange_post(exchange_t *exchange, forecast_t forecast, int64_t asked_ns);

/* Of two before the query looks, the later wins where both say something. */
void exchange_post_change(exchange_t *exchange, const change_t *change);

#endif
