/*
 * Closed loop of the governor and a model of Spark's micro-batch loop over given arrivals: the same decisions
 * as in the agent. The batch model is a + b * n seconds, the trigger loop
 * ProcessingTimeExecutor's, a probe is free and exact.
 *
 * Pure: no clock, no threads.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SIMULATE_H
#define ADAPTIVESTREAM_BENCHMARK_SIMULATE_H

#include "control/governor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t time_ns; /* since the start of the simulation, ascending */
    int64_t events;
} arrived_t;

typedef struct {
    double fixed_s;     /* a: time of a batch whatever its size */
    double per_event_s; /* b */
    double empty_s;     /* a trigger that finds nothing */
    int64_t slot_ns;    /* triggers start at multiples of this; 0: at any time */
    double
        sparse_s; /* a batch of a few events takes up to so much longer: each partition that has one waits for Kafka's long
                           poll; 0: it does not */
} batch_model_t;

typedef struct {
    int64_t batches;
    int64_t empty_triggers;
    int64_t probes;
    int64_t decisions[REASON_COUNT]; /* fired triggers by reason */
    governor_stats_t governor;
} simulation_t;

/* Called after every trigger that took events, once the governor knows of it: its start, and how many it took, the
 * oldest ones. May be NULL. */
typedef void simulation_batch_t(void *context, const governor_t *governor, int64_t start_ns, int64_t events);

/* Somebody who hears what the agent hears and may give its governor a forecast. */
typedef struct {
    void *context;
    /* A look at the source: `events` arrived in (from_ns, to_ns]. Nothing is missed between two of them. */
    void (*saw)(void *context, int64_t from_ns, int64_t to_ns, int64_t events);
    void (*batch)(void *context, int64_t events, double seconds);
    /* At every whole second, from what was seen before it: an answer does not come in time for the look it is asked at. */
    void (*advise)(void *context, governor_t *governor, int64_t second_ns);
} simulation_adviser_t;

/* Runs until every arrival has been taken. Waits are left to who listens to the batches. Returns false when out of
 * memory or the configuration is invalid. */
bool simulate(const governor_config_t *config, const batch_model_t *model, const arrived_t *arrivals,
              size_t count, simulation_batch_t *on_batch, void *context, simulation_t *result);

/* The same beside an adviser; NULL: without one. */
bool simulate_advised(const governor_config_t *config, const batch_model_t *model, const arrived_t *arrivals,
                      size_t count, const simulation_adviser_t *adviser, simulation_batch_t *on_batch,
                      void *context, simulation_t *result);

#endif
