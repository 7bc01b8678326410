/*
 * What is fitted to a stream for one candidate. Its effective rate is
 *
 *     log r = sum of (w_i + change_i) * log(average_i + floor) + belief * log(forecast / blend)
 *
 * with the blend's own exponents w (control/arrival_rate.h). `learned` changes these, keeping their sum, and believes no
 * forecast. A forecaster of the next second changes nothing and has a belief of 0 to 1.
 */
#ifndef ADAPTIVESTREAM_ADVICE_POLICY_WEIGHTS_H
#define ADAPTIVESTREAM_ADVICE_POLICY_WEIGHTS_H

#include "advice/kinds.h"
#include "control/arrival_rate.h"

#include <stdbool.h>

typedef struct {
    double changes[RATE_AVERAGES];
    double belief;
} policy_weights_t;

/* The rule without a forecast. */
bool policy_weights_are_none(const policy_weights_t *weights);

/* As many numbers as are sought for a candidate; 0 for all of them is the rule without a forecast. */
int policy_weights_count(advice_kind_t candidate);
policy_weights_t policy_weights_of(advice_kind_t candidate, const double *values);
void policy_weights_values(advice_kind_t candidate, const policy_weights_t *weights, double *values);

#endif
