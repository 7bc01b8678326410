/*
 * All the ways to place a job's triggers, on the same arrivals and the same model of its batches: what each does to
 * waits and to the number of batches.
 *
 * Model: see clairvoyant.h. A trigger that finds nothing takes no time and is no batch.
 *
 *   fixed        the job's own trigger: multiples of T0, after a batch that overruns at once
 *   adaptive     the governor of the agent
 *   asap         no trigger set: a batch as soon as something is pending
 *   min-offsets  no trigger set, with Spark's minOffsetsPerTrigger and maxTriggerDelay: both chosen with hindsight so
 *                that the mean wait is the least at the batches allowed
 *   reactive     detect after a batch, change from the next (control/plan.h)
 *   rate         the law of 1000 events a window (control/plan.h)
 *   delay-cost   a batch as soon as the waiting of what is pending has cost a constant price, chosen with hindsight
 *                for the batches allowed (Dooly, Goldman, Scott 1998)
 *   clairvoyant  the optimum that knows all arrivals beforehand
 *
 * Pure: no clock, no threads.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_COMPARISON_H
#define ADAPTIVESTREAM_BENCHMARK_COMPARISON_H

#include "benchmark/advised.h"
#include "benchmark/schedule.h"
#include "benchmark/simulate.h"
#include "traffic/slots.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    CONTENDER_FIXED,
    CONTENDER_ADAPTIVE,
    CONTENDER_ASAP,
    CONTENDER_MIN_OFFSETS,
    CONTENDER_REACTIVE,
    CONTENDER_RATE,
    CONTENDER_DELAY_COST,
    CONTENDER_CLAIRVOYANT,
    CONTENDER_COUNT
} contender_t;

extern const char *const contender_names[CONTENDER_COUNT]; /* "fixed", "adaptive", ..., as above */

typedef struct {
    const slots_t *slots;
    governor_config_t
        config; /* trigger, goal, budget, limits: the agent's own; its policy is set by the contender */
    batch_model_t model; /* empty_s is not used */
    bool equal_batches;  /* tune the one knob of every contender, so that it makes the batches of `fixed` */
    const advised_setting_t *advice; /* who advises `adaptive`; NULL: nobody */
    size_t
        score_from; /* slot: only the events that come from there on count, and the batches that take them */
} comparison_t;

typedef struct {
    int64_t batches;
    double mean_s, p50_s, p95_s, p99_s, max_s; /* of the waits, by events, exact */
    const char *knob;                          /* what was tuned, e.g. "budget"; NULL: nothing */
    double knob_value;
    const char *second_knob; /* NULL: none */
    double second_value;
    advised_result_t advised; /* of `adaptive` with an adviser */
} contender_result_t;

/* Runs one contender. `fixed_batches`: what CONTENDER_FIXED made, for those that are tuned. When its batches start is left
 * in *schedule: schedule_free(). False when out of memory or a value of the configuration is out of range; *schedule is
 * then empty. */
bool contender_run(const comparison_t *comparison, contender_t contender, int64_t fixed_batches,
                   schedule_t *schedule, contender_result_t *result);

/* The slots whose events count, a part of comparison->slots: what schedules are left for. */
slots_t comparison_scored(const comparison_t *comparison);

/* `value` over `of`; 1 where there is nothing to compare with. */
double comparison_ratio(double value, double of);

/* The slot of a simulation: 100 ms, or less so that it divides the trigger. */
int64_t comparison_slot_ns(int64_t trigger_ns);

#endif
