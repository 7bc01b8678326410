/*
 * In which order a plan is run, and what runs beside what.
 *
 * A step is one or more arms that run at the same time on the same arrivals. The arms of a workload are shuffled anew in
 * each repetition, so that what drifts on the machine meets all alike; a repetition of everything is over before the next
 * begins, so that a plan that is stopped early has something of everything.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_STEPS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_STEPS_H

#include "benchmark/suite_plan.h"

enum { SUITE_BESIDE_MAXIMUM = 8 };

typedef struct {
    size_t job, workload;
    int64_t repetition; /* from 1 */
    int64_t seed;       /* of the arrivals: the same for all arms of a repetition */
    size_t arms[SUITE_BESIDE_MAXIMUM];
    size_t arm_count;
} suite_step_t;

typedef struct {
    suite_step_t *steps; /* owned: suite_steps_free() */
    size_t count;
} suite_steps_t;

/* The same plan gives the same steps on any machine. False when out of memory. */
bool suite_steps_make(const suite_plan_t *plan, suite_steps_t *steps);
void suite_steps_free(suite_steps_t *steps);

#endif
