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

static simulation_t run(const governor_config_t *config, const batch_model_t *model, const traffic_t *traffic)
{
    simulation_t result;
    assert_true(simulate(config, model, traffic->arrivals, traffic->count, NULL, NULL, &result));
    assert_int_equal(result.events, traffic->count);
    return result;
}

static const phase_t bursts[] = {{200, 100}, {4000, 20}, {200, 30}, {5, 70}};

#endif
