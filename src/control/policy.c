#include "control/policy.h"

#include <math.h>

static const rule_t rules[GOAL_COUNT] = {
    [GOAL_BALANCED] = {.p = 2, .discount = 0.8, .debt_s = 3600, .credit_s = 600, .bound = 1.5},
    [GOAL_STRICT] = {.p = 1, .discount = 1.3, .debt_s = 1800, .credit_s = 600, .bound = 1.5},
    [GOAL_LATENCY] = {.p = 1.5, .discount = 0.9, .debt_s = 3600, .credit_s = 600, .bound = 1.5},
    [GOAL_COST] = {.p = 1.5, .discount = 1.2, .debt_s = 600, .credit_s = 600, .bound = 1.5},
};

rule_t rule_for(goal_t goal)
{
    return rules[goal];
}

rule_t rule_for_planning(goal_t goal)
{
    rule_t rule = rules[goal];
    rule.discount = 1;
    rule.debt_s = rule.credit_s = 200;
    return rule;
}

int64_t rule_max_wait_ns(goal_t goal, int64_t trigger_ns, double budget, int64_t max_interval_ns)
{
    const int64_t paid_ns = (int64_t)((double)trigger_ns / budget);
    switch (goal) {
    case GOAL_STRICT:
        /* With a budget between whole numbers a cap of T0/beta could not be kept within the budget: batches
         * that fine do not nest in the shadow's. */
        return budget < 1 ? paid_ns : trigger_ns / (int64_t)budget;
    case GOAL_BALANCED:
        return 2 * paid_ns;
    default:
        return max_interval_ns > 2 * trigger_ns ? max_interval_ns : 2 * trigger_ns;
    }
}

verdict_t rule_verdict(const rule_t *rule, waiting_t waiting, double theta, double rate_per_s)
{
    const double p = rule->p;
    if (waiting.waiting < theta / (p * rule->bound)) return VERDICT_CHEAP;
    if (waiting.waiting >= theta * rule->bound / p) return VERDICT_BOUND;
    const double reachable = pow(rate_per_s, 1 / (p + 1)) * pow((p + 1) / p * theta, p / (p + 1));
    return waiting.growth >= reachable ? VERDICT_PRICE : VERDICT_CHEAP;
}

double rule_interval_s(const rule_t *rule, double theta, double rate_per_s)
{
    const double p = rule->p;
    return pow((p + 1) / p * theta / rate_per_s, 1 / (p + 1));
}
