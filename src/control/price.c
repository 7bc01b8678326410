#include "control/price.h"

#include <math.h>

static const double limit_s = 600; /* C */
static const double least_limit = 120;
static const double memory_s = 3600;
static const double least_memory = 200;
static const double most_of_one_batch = 0.02;
static const double longest_gap_s = 600;
enum { SETTLED_TRIGGERS = 10 };

void price_start(price_t *price, double trigger_s, double budget)
{
    *price = (price_t){
        .trigger_s = trigger_s,
        .budget = budget,
        .limit = fmax(least_limit, limit_s / trigger_s),
        .memory = (int64_t)fmax(least_memory, memory_s / trigger_s),
    };
}

void price_own_batch(price_t *price)
{
    price->debt += 1;
}

void price_shadow_batch(price_t *price, int64_t start_ns, bool held_up, int64_t events, double p)
{
    const bool first = price->triggers == 0;
    const double since_s = first ? price->trigger_s : (double)(start_ns - price->trigger_ns) * 1e-9;
    const double gap_s = first ? since_s : fmin(since_s, longest_gap_s);
    const double span_s = held_up ? fmax(since_s, price->trigger_s) : price->trigger_s;
    const double root = pow((double)events * price->trigger_s / span_s, 1 / (p + 1));
    price->debt = fmax(price->debt - price->budget, -price->limit);
    if (price->triggers < price->memory) price->triggers++;
    price->mean_root += (root - price->mean_root) / (double)price->triggers;
    price->mean_gap_s += (gap_s - price->mean_gap_s) / (double)price->triggers;
    price->trigger_ns = start_ns;
}

bool price_guarded(const price_t *price)
{
    return price->debt + 1 > price->limit;
}

double price_theta(const price_t *price, const rule_t *rule, double pace)
{
    const double p = rule->p;
    const double within_s = pace > 0 ? rule->debt_s : rule->credit_s;
    const double of_one_batch = fmin(price->mean_gap_s / (price->budget * within_s), most_of_one_batch);
    const double stretch = fmax(-1, fmin(1, pace * of_one_batch));
    return pow(price->budget, -(p + 1)) * rule->discount * pow(price->trigger_s, p) * p / (p + 1) *
           pow(price->mean_root * exp(stretch), p + 1);
}

double price_linear_s(const price_t *price, double p)
{
    if (price->triggers < SETTLED_TRIGGERS) return 0;
    return 0.5 * price->trigger_s * pow(price->mean_root, p + 1) / (price->budget * price->budget);
}
