#include "advice/policy_weights.h"

#include <math.h>

enum { HOUR = RATE_AVERAGES - 1 };
/* Beyond this an exponent only leads to the rule's bounds; a belief above 1 is none in the forecast any more. */
static const double most_change = 1, most_belief = 1;

int policy_weights_count(advice_kind_t candidate)
{
    return candidate == ADVICE_LEARNED ? HOUR : 1;
}

policy_weights_t policy_weights_of(advice_kind_t candidate, const double *values)
{
    policy_weights_t weights = {.belief = 0};
    double left = 1;
    for (int i = 0; i < HOUR; i++) {
        const double change =
            candidate == ADVICE_LEARNED ? fmax(-most_change, fmin(most_change, values[i])) : 0;
        weights.exponents[i] = arrival_rate_weights[i] + change;
        left -= weights.exponents[i];
    }
    weights.exponents[HOUR] = left;
    if (candidate != ADVICE_LEARNED) {
        weights.exponents[HOUR] = arrival_rate_weights[HOUR];
        weights.belief = fmax(0, fmin(most_belief, values[0]));
    }
    return weights;
}

void policy_weights_values(advice_kind_t candidate, const policy_weights_t *weights, double *values)
{
    if (candidate != ADVICE_LEARNED) {
        values[0] = weights->belief;
        return;
    }
    for (int i = 0; i < HOUR; i++)
        values[i] = weights->exponents[i] - arrival_rate_weights[i];
}
