/*
 * A plan and its steps as JSON, for the program that starts the Spark drivers (tools/bench_suite.py).
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_JSON_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_JSON_H

#include "benchmark/suite_steps.h"

#include <stdio.h>

/* {"repetitions": 3, ..., "arms": {NAME: {...}}, "workloads": {NAME: {...}}, "steps": [...]}; absent values are null. False
 * when out of memory. */
bool suite_json_print(const suite_plan_t *plan, const suite_steps_t *steps, FILE *out);

#endif
