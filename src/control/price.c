#include "control/price.h"

#include <math.h>

const double debt_lowest = -300;
const double debt_highest = 120;

static const int64_t longest_memory = 3600; /* triggers in the running mean */

void price_own_batch(price_t *price)
{
    price->debt += 1;
}

void price_shadow_batch(price_t *price, int64_t events, double budget, double p)
{
    price->debt = fmax(price->debt - budget, debt_lowest);
    if (price->triggers < longest_memory) price->triggers++;
    const double root = pow((double)events, 1 / (p + 1));
    price->mean_root += (root - price->mean_root) / (double)price->triggers;
}

bool price_guarded(const price_t *price)
{
    return price->debt + 1 > debt_highest;
}

double price_theta(const price_t *price, const rule_t *rule, double trigger_s, double budget, double pace)
{
    const double p = rule->p;
    const double correction = exp(fmax(-3, fmin(3, rule->gain * pace)));
    return pow(budget, -(p + 1)) * rule->discount * pow(trigger_s, p) * p / (p + 1) *
           pow(price->mean_root, p + 1) * correction;
}
