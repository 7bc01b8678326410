#include "advice/policy_weights.h"

#include <math.h>

enum { HOUR = RATE_AVERAGES - 1 };
/* Beyond this an exponent only leads to the rule's bounds; a belief above 1 is none in the forecast any more. */
static const double most_change = 1, most_belief = 1;

bool policy_weights_are_none(const policy_weights_t *weights)
{
    bool none = weights->belief == 0;
    for (int i = 0; i < RATE_AVERAGES; i++)
        none &= weights->changes[i] == 0;
    return none;
}

int policy_weights_count(advice_kind_t candidate)
{
    return candidate == ADVICE_LEARNED ? HOUR : 1;
}

policy_weights_t policy_weights_of(advice_kind_t candidate, const double *values)
{
    policy_weights_t weights = {.belief = 0};
    if (candidate != ADVICE_LEARNED) {
        weights.belief = fmax(0, fmin(most_belief, values[0]));
        return weights;
    }
    for (int i = 0; i < HOUR; i++) {
        weights.changes[i] = fmax(-most_change, fmin(most_change, values[i]));
        weights.changes[HOUR] -= weights.changes[i];
    }
    /* Four changes of which each is within its bounds. */
    weights.changes[HOUR] = fmax(-2 * most_change, fmin(2 * most_change, weights.changes[HOUR]));
    return weights;
}

void policy_weights_values(advice_kind_t candidate, const policy_weights_t *weights, double *values)
{
    if (candidate != ADVICE_LEARNED) {
        values[0] = weights->belief;
        return;
    }
    for (int i = 0; i < HOUR; i++)
        values[i] = weights->changes[i];
}
