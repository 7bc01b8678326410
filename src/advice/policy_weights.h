/*
 * What is fitted to a stream for one candidate. Its effective rate is
 *
 *     log r = sum of w_i * log(average_i + floor) + belief * log(forecast / blend)
 *
 * `learned` has other exponents w than the blend's own, which sum to 1 as these do, and believes no forecast. A forecaster
 * of the next second has the blend's own and a belief of 0 or more.
 */
#ifndef ADAPTIVESTREAM_ADVICE_POLICY_WEIGHTS_H
#define ADAPTIVESTREAM_ADVICE_POLICY_WEIGHTS_H

#include "advice/kinds.h"
#include "control/arrival_rate.h"

typedef struct {
    double exponents[RATE_AVERAGES];
    double belief;
} policy_weights_t;

/* As many numbers as are sought for a candidate. */
int policy_weights_count(advice_kind_t candidate);

/* 0 for all of them is the rule without a forecast: `learned` counts from the blend's own exponents, the last of which is
 * what is left of 1. */
policy_weights_t policy_weights_of(advice_kind_t candidate, const double *values);
void policy_weights_values(advice_kind_t candidate, const policy_weights_t *weights, double *values);

#endif
