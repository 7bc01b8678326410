/*
 * The inside of a governor, for the two files that make it up: governor.c hears what happens, decide.c says
 * what to do. Nobody else includes this.
 */
#ifndef ADAPTIVESTREAM_CONTROL_GOVERNOR_STATE_H
#define ADAPTIVESTREAM_CONTROL_GOVERNOR_STATE_H

#include "control/arrival_rate.h"
#include "control/batch_cost.h"
#include "control/governor.h"
#include "control/grid.h"
#include "control/pending.h"
#include "control/plan.h"
#include "control/policy.h"
#include "control/price.h"
#include "control/rate_trial.h"
#include "control/shadow.h"

struct governor {
    governor_config_t config;
    grid_t grid;
    rule_t rule;
    int64_t max_wait_ns;
    double trigger_s;
    double tail_from_s; /* see rule_tail_from_s() */

    int64_t now_ns;         /* latest time heard of */
    int64_t observed_ns;    /* all arrivals up to here are known... */
    int64_t observed_total; /* ...and this is their total */
    int64_t rated_ns;       /* the latest probe: rates are learned up to here */
    int64_t rated_total;
    int64_t taken_total;      /* what batches have taken */
    int64_t first_arrival_ns; /* none_yet before the first event */
    int64_t trigger_start_ns; /* of the latest trigger */
    bool overran;             /* that trigger took longer than T0 */
    int64_t source_limit;
    int64_t seen;
    int64_t own_batches;
    int64_t last_taken; /* events of the latest trigger */
    double forecast_per_s, confidence;
    double log_correction; /* of the blend, confidence included */
    bool changed;
    double changes[RATE_AVERAGES]; /* of the blend's exponents */
    plan_t plan;                   /* policies `rate` and `reactive` */

    pending_t pending;
    shadow_t shadow;
    batch_cost_t cost;
    arrival_rate_t rate;
    rate_trial_t trial;
    price_t price;
    double forgotten_s; /* event-seconds left out of the pace of goal `cost`, to keep it within its limits */
    histogram_t own_waits;
};

static const int64_t none_yet = INT64_MIN;

static inline int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The rate of the forecast-free rule, which is also what is expected to come. */
static inline double governor_blend(const governor_t *g)
{
    return g->config.rows_only ? arrival_rate_plain(&g->rate)
                               : arrival_rate_blend(&g->rate, rate_trial_share(&g->trial));
}

/* Under a policy that plans an interval instead of watching what is pending. */
static inline bool governor_plans(const governor_t *g)
{
    return g->config.policy == POLICY_RATE || g->config.policy == POLICY_REACTIVE;
}

/* Between two updates of such a plan. */
static inline int64_t governor_update_period_ns(const governor_t *g)
{
    return g->config.update_period_ns > 0 ? g->config.update_period_ns : 1000000000;
}

/* Time never runs backwards inside. */
static inline int64_t advance_clock(governor_t *g, int64_t now_ns)
{
    if (now_ns > g->now_ns) g->now_ns = now_ns;
    return g->now_ns;
}

#endif
