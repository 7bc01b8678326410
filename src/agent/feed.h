/*
 * What a query hands to the controller, in the words of the protocol. Called by its stream thread; an exchange of NULL
 * (no predictor, or no memory) takes nothing.
 *
 * Times ending in _ns are of CLOCK_MONOTONIC; epoch_ns: where the epoch lies on that axis.
 */
#ifndef ADAPTIVESTREAM_AGENT_FEED_H
#define ADAPTIVESTREAM_AGENT_FEED_H

#include "agent/exchange.h"
#include "control/governor.h"

#include <stdbool.h>
#include <stdint.h>

/* The governor's own slot and longest wait are told, whatever the options left open. `limit`: events a trigger, 0 =
 * none. `origin`: whose word mode, goal and budget are. */
void feed_configuration(exchange_t *exchange, const governor_config_t *config, const governor_t *governor,
                        agent_mode_t mode, const char *origin, int64_t limit, int64_t epoch_ns);

void feed_arrivals(exchange_t *exchange, int64_t now_ns, int64_t epoch_ns, int64_t total);
void feed_forget_arrivals(exchange_t *exchange);

void feed_trigger(exchange_t *exchange, int64_t start_ns, int64_t end_ns, int64_t epoch_ns, int64_t events,
                  reason_t reason);

typedef struct {
    const decision_t *decision;
    double confidence; /* of the forecast it was made with */
    int64_t now_ns, epoch_ns;
    agent_mode_t mode;
    bool guarded;  /* the budget is used up */
    bool fallback; /* the predictor is lost, and the job's own schedule rules therefore */
    bool released; /* left alone for good, after faults */
} feed_decision_t;

void feed_decision(exchange_t *exchange, const feed_decision_t *told);

/* Nothing is decided any more, or nothing acted on: somebody has asked for this mode... */
void feed_watching(exchange_t *exchange, agent_mode_t mode);

/* ...or it is left alone for good, after faults. */
void feed_released(exchange_t *exchange);

/* After each call of the governor: the triggers of its shadow that are new since *heard, which is brought up to date. */
void feed_shadow(exchange_t *exchange, const governor_t *governor, int64_t epoch_ns, shadow_heard_t *heard);

/* The query has ended, with these figures. */
void feed_end(exchange_t *exchange, const governor_stats_t *stats, int64_t decisions, int64_t probes,
              int64_t faults);

bool feed_wants_stats(exchange_t *exchange);
void feed_stats(exchange_t *exchange, const governor_stats_t *stats, int64_t decisions, int64_t probes,
                int64_t faults);
void feed_costs(exchange_t *exchange, const governor_t *governor);

/* What somebody has asked to change; false: nothing. */
bool feed_take_change(exchange_t *exchange, change_t *change);

/* The latest forecast; none when it was asked for before oldest_ns. */
forecast_t feed_forecast(exchange_t *exchange, int64_t oldest_ns);

#endif
