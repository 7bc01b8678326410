/* Random traffic through the closed loop of governor and batch model, for the tests of the governor. */
#ifndef ADAPTIVESTREAM_TESTS_CLOSED_LOOP_H
#define ADAPTIVESTREAM_TESTS_CLOSED_LOOP_H

#include "benchmark/simulate.h"
#include "common/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double ns = 1e9;

typedef struct {
    double rate_per_s, seconds;
} phase_t;

typedef struct {
    arrived_t *arrivals;
    size_t count, room;
    double end_s;
} traffic_t;

static void add_phase(traffic_t *traffic, random_t *random, phase_t phase)
{
    double time_s = traffic->end_s;
    traffic->end_s += phase.seconds;
    while (phase.rate_per_s > 0 &&
           (time_s += random_exponential(random) / phase.rate_per_s) < traffic->end_s) {
        if (traffic->count == traffic->room) {
            traffic->room = traffic->room ? 2 * traffic->room : 1024;
            traffic->arrivals = realloc(traffic->arrivals, traffic->room * sizeof *traffic->arrivals);
            assert_non_null(traffic->arrivals);
        }
        traffic->arrivals[traffic->count++] = (arrived_t){.time_ns = (int64_t)(time_s * ns), .events = 1};
    }
}

static traffic_t make_traffic(uint64_t seed, const phase_t *phases, size_t count, int repeats)
{
    traffic_t traffic = {0};
    random_t random;
    random_seed(&random, seed, 0);
    for (int repeat = 0; repeat < repeats; repeat++)
        for (size_t i = 0; i < count; i++)
            add_phase(&traffic, &random, phases[i]);
    return traffic;
}

static governor_config_t config_for(double trigger_s, goal_t goal, double budget)
{
    return (governor_config_t){
        .trigger_ns = (int64_t)(trigger_s * ns),
        .goal = goal,
        .policy = POLICY_ADAPTIVE,
        .budget = budget,
        .min_interval_ns = (int64_t)(0.1 * ns),
        .max_interval_ns = (int64_t)(30 * ns),
        .warmup_ns = (int64_t)(30 * ns),
    };
}

/* C: what the hard guard lets a query overdraw its budget by, batches. */
static double debt_limit(double trigger_s)
{
    return fmax(120, 600 / trigger_s);
}

static const batch_model_t usual_batches = {.fixed_s = 0.2, .per_event_s = 5e-6, .empty_s = 0.013};

/* What a closed loop came to. */
typedef struct {
    int64_t events, batches, probes;
    int64_t decisions[REASON_COUNT];    /* fired triggers by reason */
    double mean_s, p95_s, p99_s, max_s; /* exact, by events; wait = trigger start - arrival */
    double max_overdebt;                /* largest own - budget * shadow batches after any batch */
    governor_stats_t governor;
} outcome_t;

typedef struct {
    double wait_s;
    int64_t events;
} weighted_wait_t;

/* Called at every batch. */
typedef void seen_batch_t(void *context, int64_t start_ns);

typedef struct {
    const traffic_t *traffic;
    double budget;
    size_t taken;           /* arrivals */
    weighted_wait_t *waits; /* one an arrival */
    seen_batch_t *seen;
    void *context;
    outcome_t *outcome;
} listener_t;

static void listen(void *context, const governor_t *governor, int64_t start_ns, int64_t events)
{
    listener_t *listener = context;
    const traffic_t *traffic = listener->traffic;
    for (; listener->taken < traffic->count && events > 0; listener->taken++) {
        const arrived_t *arrival = &traffic->arrivals[listener->taken];
        listener->waits[listener->taken] =
            (weighted_wait_t){(double)(start_ns - arrival->time_ns) * 1e-9, arrival->events};
        events -= arrival->events;
    }
    governor_stats_t stats;
    governor_stats(governor, &stats);
    const double over = (double)stats.own.batches - listener->budget * (double)stats.shadow.batches;
    listener->outcome->max_overdebt = fmax(listener->outcome->max_overdebt, over);
    if (listener->seen) listener->seen(listener->context, start_ns);
}

static int by_wait(const void *left, const void *right)
{
    const double a = ((const weighted_wait_t *)left)->wait_s, b = ((const weighted_wait_t *)right)->wait_s;
    return (a > b) - (a < b);
}

static double quantile(const weighted_wait_t *sorted, size_t count, double rank)
{
    double before = 0;
    for (size_t i = 0; i < count; i++) {
        before += (double)sorted[i].events;
        if (before >= rank) return sorted[i].wait_s;
    }
    return count ? sorted[count - 1].wait_s : 0;
}

static void summarise(weighted_wait_t *waits, size_t count, outcome_t *outcome)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += waits[i].wait_s * (double)waits[i].events;
        outcome->events += waits[i].events;
    }
    if (outcome->events == 0) return;
    const double events = (double)outcome->events;
    qsort(waits, count, sizeof *waits, by_wait);
    outcome->mean_s = sum / events;
    outcome->p95_s = quantile(waits, count, 0.95 * events);
    outcome->p99_s = quantile(waits, count, 0.99 * events);
    outcome->max_s = waits[count - 1].wait_s;
}

static outcome_t run_seen(const governor_config_t *config, const batch_model_t *model,
                          const traffic_t *traffic, seen_batch_t *seen, void *context)
{
    outcome_t outcome = {0};
    simulation_t result;
    listener_t listener = {.traffic = traffic,
                           .budget = config->budget,
                           .waits = calloc(traffic->count + 1, sizeof *listener.waits),
                           .seen = seen,
                           .context = context,
                           .outcome = &outcome};
    assert_non_null(listener.waits);
    assert_true(simulate(config, model, traffic->arrivals, traffic->count, listen, &listener, &result));
    summarise(listener.waits, listener.taken, &outcome);
    free(listener.waits);
    assert_int_equal(outcome.events, traffic->count);
    outcome.batches = result.batches;
    outcome.probes = result.probes;
    memcpy(outcome.decisions, result.decisions, sizeof outcome.decisions);
    outcome.governor = result.governor;
    return outcome;
}

static outcome_t run(const governor_config_t *config, const batch_model_t *model, const traffic_t *traffic)
{
    return run_seen(config, model, traffic, NULL, NULL);
}

static const phase_t bursts[] = {{200, 100}, {4000, 20}, {200, 30}, {5, 70}};

#endif
