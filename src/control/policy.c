#include "control/policy.h"

#include <math.h>

static const rule_t rules[GOAL_COUNT] = {
    [GOAL_BALANCED] =
        {.p = 1.75, .discount = 0.91, .debt_s = 2700, .credit_s = 600, .early = 2, .late = 1.1, .tail = 0.7},
    [GOAL_STRICT] = {.p = 1, .discount = 1.5, .debt_s = 2700, .credit_s = 300, .early = 2, .late = 1},
    [GOAL_LATENCY] = {.p = 1.25, .discount = 0.95, .debt_s = 3600, .credit_s = 300, .early = 2, .late = 1.15},
    [GOAL_COST] = {.p = 1.25, .discount = 1.4, .debt_s = 600, .credit_s = 600, .early = 2, .late = 1},
};

static const double early_by_forecast = 1.5;
static const double tail_from = 0.85;

rule_t rule_for(goal_t goal)
{
    return rules[goal];
}

rule_t rule_trusting(const rule_t *rule, double confidence)
{
    rule_t trusting = *rule;
    trusting.early += confidence * (fmin(rule->early, early_by_forecast) - rule->early);
    return trusting;
}

double rule_tail_from_s(double trigger_s, double budget)
{
    return tail_from * trigger_s / budget;
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
    if (waiting.waiting < theta / (p * rule->early)) return VERDICT_CHEAP;
    if (waiting.waiting >= theta * rule->late / p) return VERDICT_BOUND;
    const double reachable = pow(rate_per_s, 1 / (p + 1)) * pow((p + 1) / p * theta, p / (p + 1));
    return waiting.growth >= reachable ? VERDICT_PRICE : VERDICT_CHEAP;
}

double rule_interval_s(const rule_t *rule, double theta, double rate_per_s)
{
    const double p = rule->p;
    return pow((p + 1) / p * theta / rate_per_s, 1 / (p + 1));
}
