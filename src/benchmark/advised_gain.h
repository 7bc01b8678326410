/*
 * What advice is worth in the loop: a simulated job whose governor is advised by one forecaster or another beside the same job
 * without advice, the mean wait compared at equal batches.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_ADVISED_GAIN_H
#define ADAPTIVESTREAM_BENCHMARK_ADVISED_GAIN_H

#include "benchmark/comparison.h"

#include <stdbool.h>

typedef struct {
    contender_result_t free; /* `adaptive` without advice */
    double
        waited_over_batches; /* d log mean wait / d log batches of it, about -1, from budgets a few percent apart */
} advice_reference_t;

/* comparison->advice is not looked at. False when out of memory or a value of the configuration is out of range. */
bool advice_reference(const comparison_t *comparison, advice_reference_t *reference);

typedef struct {
    contender_result_t result;
    double ratio; /* of the mean wait over that without advice, both at the latter's batches */
} advice_gain_t;

/* comparison->advice is who advises. */
bool advice_gain(const comparison_t *comparison, const advice_reference_t *reference, advice_gain_t *gain);

#endif
