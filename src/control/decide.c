#include "control/governor_state.h"

#include <math.h>

enum {
    LAZY_FRACTION = 2, /* longest sleep between probes: T0 / 2 */
    LAZY_RATE = 2,     /* arrivals are assumed to come this much faster than expected while we sleep */
    WARM_TRIGGERS = 2, /* of the shadow, before there is a price */
};

/* Near saturation, with b * lambda above this share of the time, batches must not get shorter than a / (0.8 -
 * b * lambda): a shorter interval cannot be kept (Das et al., "Adaptive stream processing using dynamic batch
 * sizing", SoCC 2014). */
static const double saturation_starts = 0.3;
static const double saturation_target = 0.8;
/* Of a trigger with more events than so many of the largest batches seen, nobody knows how long it will take. Small batches can be
 * slow where large ones are quick (batch_cost.h), and what they suggest must not hold up a burst. */
static const double largest_batches = 4;

/* The blend with its exponents changed as was advised. */
static double weighted_rate(const governor_t *g)
{
    if (!g->changed) return governor_blend(g);
    return arrival_rate_changed(&g->rate, rate_trial_share(&g->trial), g->changes);
}

static double effective_rate(const governor_t *g)
{
    const double rate_per_s = g->config.rows_only ? arrival_rate_plain(&g->rate) : weighted_rate(g);
    return g->log_correction != 0 ? rate_per_s * exp(g->log_correction) : rate_per_s;
}

/* Waiting of an average batch of the shadow's, event-seconds; 0 before there is any. */
static double waiting_per_batch_s(const governor_t *g)
{
    return g->shadow.batches > 0 ? g->shadow.waits.sum_s / (double)g->shadow.batches : 0;
}

/* The shadow's waiting not yet used up, in batches' worth of it. */
static double waiting_saved(const governor_t *g)
{
    const double per_batch_s = waiting_per_batch_s(g);
    const double unused_s = g->shadow.waits.sum_s / g->config.budget - g->own_waits.sum_s - g->forgotten_s;
    return per_batch_s > 0 ? unused_s / per_batch_s : 0;
}

static double within_debt_limits(const governor_t *g, double saved)
{
    return fmax(-g->price.limit, fmin(g->price.limit, saved));
}

/* D, which paces the price. */
static double pace(const governor_t *g)
{
    return g->config.goal == GOAL_COST ? within_debt_limits(g, waiting_saved(g)) : g->price.debt;
}

/* What was saved beyond the limits is forgotten, so that it cannot be spent at once later. */
static void forget_excess(governor_t *g)
{
    const double saved = waiting_saved(g);
    g->forgotten_s += (saved - within_debt_limits(g, saved)) * waiting_per_batch_s(g);
}

/* Shortest interval that batches can keep up with, ns. Load is what really comes: the blended rate of the rule
 * would take a minute to see a burst as one. */
static int64_t shortest_interval_ns(const governor_t *g)
{
    int64_t shortest_ns = g->config.min_interval_ns;
    const cost_line_t line = batch_cost_line(&g->cost);
    const double rate_per_s = arrival_rate_recent(&g->rate), load = line.per_event_s * rate_per_s;
    const bool known = rate_per_s * g->trigger_s <= largest_batches * line.largest_events;
    if (known && load > saturation_starts) {
        const double spare = saturation_target - load;
        const double stable_s = spare > 0 ? line.fixed_s / spare : g->trigger_s;
        shortest_ns = later(shortest_ns, (int64_t)(fmin(stable_s, g->trigger_s) * 1e9));
    }
    return earlier(shortest_ns, g->config.trigger_ns);
}

/* When the guard lets the next batch go. For a budget of 1 or more these are points at which the shadow fires
 * too, or an equal number of parts between them, so that the debt cannot grow. */
static int64_t guard_due_ns(const governor_t *g)
{
    if (g->config.budget >= 1) return grid_after(&g->grid, (int64_t)g->config.budget, g->trigger_start_ns);
    return grid_slot_before(&g->grid,
                            g->trigger_start_ns + (int64_t)((double)g->config.trigger_ns / g->config.budget));
}

/* What one decision looks at over and over. */
typedef struct {
    const governor_t *g;
    rule_t rule; /* as far as the forecast is trusted */
    const decision_t *d;
    const profile_t *profile; /* of what is pending, at now_ns */
    double expected_per_s;    /* arrivals while nobody looks: an effective rate is none of arrivals */
    int64_t now_ns;
} look_t;

/* What is pending costs this `later_s` after the profile's time. */
static waiting_t cost_of_waiting(const governor_t *g, const profile_t *profile, double later_s)
{
    waiting_t waiting = profile_waiting(profile, later_s, g->rule.p);
    if (g->rule.tail > 0) {
        const waiting_t tail = profile_tail(profile, later_s, g->rule.p, g->tail_from_s);
        waiting.waiting += g->rule.tail * tail.waiting;
        waiting.growth += g->rule.tail * tail.growth;
    }
    return waiting;
}

/* Would the rule fire at time_ns if, since the last look, events had come at LAZY_RATE times the expected
 * rate? */
static bool could_fire(const look_t *look, int64_t time_ns)
{
    const double p = look->g->rule.p;
    const double unseen_s = (double)(time_ns - look->g->observed_ns) * 1e-9;
    const double growth = LAZY_RATE * look->expected_per_s * unseen_s * power_less_one(unseen_s, p);
    waiting_t waiting = cost_of_waiting(look->g, look->profile, (double)(time_ns - look->now_ns) * 1e-9);
    waiting.waiting += growth * unseen_s / (p + 1);
    waiting.growth += growth;
    return rule_verdict(&look->rule, waiting, look->d->price, look->d->rate_per_s) != VERDICT_CHEAP;
}

/* The longest sleep between two probes: T0 / LAZY_FRACTION, or half of max_wait where that is shorter, since
 * what came during the sleep is dated at its start. Goal `strict` saves its batches by waiting max_wait from
 * the first event on, so while nothing is pending it looks twice as often, unless events are so rare that most
 * of these probes would find none. */
static int64_t longest_sleep_ns(const look_t *look)
{
    const governor_t *g = look->g;
    const int64_t sleep_ns = earlier(g->config.trigger_ns / LAZY_FRACTION, g->max_wait_ns / 2);
    const bool first_event_matters = g->config.goal == GOAL_STRICT && !pending_oldest(&g->pending) &&
                                     look->expected_per_s * g->trigger_s >= 1;
    return first_event_matters ? sleep_ns / 2 : sleep_ns;
}

/* The first slot at which the rule could fire, not before `earliest_ns`, at most the longest sleep away.
 * Waiting only grows, so the slots are searched by halves. */
static int64_t could_fire_from_ns(const look_t *look, int64_t earliest_ns)
{
    const governor_t *g = look->g;
    const int64_t last_ns = look->now_ns + longest_sleep_ns(look);
    const int64_t first_ns = grid_after(&g->grid, g->grid.slots, later(look->now_ns, earliest_ns - 1));
    if (first_ns >= last_ns) return first_ns;
    const int64_t slot_ns = grid_slot_ns(&g->grid);
    int64_t low = 0, high = (last_ns - first_ns + slot_ns - 1) / slot_ns; /* the answer is slot low to high */
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (could_fire(look, first_ns + middle * slot_ns))
            high = middle;
        else
            low = middle + 1;
    }
    /* Slots are of equal length but for the rounding of their boundaries. */
    return low == 0 ? first_ns : grid_slot_before(&g->grid, first_ns + low * slot_ns + slot_ns / 2);
}

/* The next slot that is worth a probe. A sleep does not pass over a trigger point of the shadow, and goes on to
 * one that is a slot away: events that came together before the point and are only seen after it would be
 * dealt to both sides of it, and a batch of the shadow would count as two. */
static int64_t lazy_wake_ns(const look_t *look, int64_t earliest_ns)
{
    const governor_t *g = look->g;
    const int64_t wake_ns = could_fire_from_ns(look, earliest_ns);
    const int64_t point_ns = grid_after(&g->grid, 1, look->now_ns);
    return point_ns >= earliest_ns && point_ns <= wake_ns + grid_slot_ns(&g->grid) ? point_ns : wake_ns;
}

static void decide(decision_t *d, bool fire, reason_t reason, int64_t wake_ns)
{
    d->fire = fire;
    d->reason = reason;
    d->wake_ns = fire ? 0 : wake_ns;
}

/* The job's own schedule: the wait ends when it would have ended without us. */
static void keep_schedule(decision_t *d, reason_t reason, int64_t now_ns, int64_t own_ns)
{
    decide(d, now_ns >= own_ns, reason, own_ns);
}

static bool warming_up(const governor_t *g, int64_t now_ns)
{
    return g->price.triggers < WARM_TRIGGERS || now_ns - g->first_arrival_ns < g->config.warmup_ns;
}

/* Nothing is known to be pending. The job's own schedule is kept, but not without having asked; and who has
 * come since the last look may not wait too long either. */
static void stay_idle(const look_t *look, decision_t *d, int64_t own_ns)
{
    const governor_t *g = look->g;
    const int64_t now_ns = look->now_ns;
    const bool asked = now_ns <= g->observed_ns;
    if (now_ns >= own_ns) {
        decide(d, asked, REASON_IDLE, now_ns);
        return;
    }
    const int64_t next_ns = asked ? grid_after(&g->grid, g->grid.slots, now_ns) : now_ns;
    const int64_t deadline_ns = later(next_ns, grid_slot_before(&g->grid, g->observed_ns + g->max_wait_ns));
    const int64_t lazy_ns = lazy_wake_ns(look, g->trigger_start_ns);
    decide(d, false, REASON_IDLE, earlier(own_ns, earlier(lazy_ns, deadline_ns)));
}

/* The rule proper: something is pending, and price and rate are known. */
static void apply_rule(const look_t *look, decision_t *d, const chunk_t *oldest)
{
    const governor_t *g = look->g;
    const int64_t now_ns = look->now_ns;
    /* Between two slots the earlier one is the last chance to keep the promise. */
    const int64_t deadline_ns = grid_slot_before(&g->grid, oldest->since_ns + g->max_wait_ns);
    if (now_ns >= deadline_ns) {
        decide(d, true, REASON_MAX_WAIT, 0);
        return;
    }
    if (price_guarded(&g->price)) {
        const int64_t due_ns = guard_due_ns(g);
        decide(d, now_ns >= due_ns, REASON_GUARD, earlier(due_ns, deadline_ns));
        return;
    }
    const int64_t floor_ns = g->trigger_start_ns + shortest_interval_ns(g);
    const bool full = g->source_limit > 0 && g->pending.events >= g->source_limit;
    if (g->overran || (full && now_ns >= floor_ns)) {
        decide(d, true, REASON_BACKLOG, 0);
        return;
    }
    const verdict_t verdict =
        rule_verdict(&look->rule, (waiting_t){d->waiting, d->growth}, d->price, d->rate_per_s);
    if (verdict == VERDICT_CHEAP && !full)
        decide(d, false, REASON_CHEAP, earlier(deadline_ns, lazy_wake_ns(look, floor_ns)));
    else if (now_ns < floor_ns)
        decide(d, false, REASON_FLOOR,
               earlier(deadline_ns, grid_after(&g->grid, g->grid.slots, floor_ns - 1)));
    else
        decide(d, true, verdict == VERDICT_PRICE ? REASON_PRICE : REASON_BOUND, 0);
}

/* The source cannot be asked, so nothing is known to be pending: the steady interval, counted from the last
 * trigger's start, since an event may have come right after it. */
static void apply_steady_interval(const governor_t *g, decision_t *d, int64_t now_ns, int64_t own_ns)
{
    const int64_t start_ns = g->trigger_start_ns;
    const int64_t deadline_ns = start_ns + g->max_wait_ns;
    if (g->last_taken == 0) {
        keep_schedule(d, REASON_IDLE, now_ns, own_ns);
    } else if (now_ns >= deadline_ns) {
        decide(d, true, REASON_MAX_WAIT, 0);
    } else if (price_guarded(&g->price)) {
        const int64_t due_ns = earlier(guard_due_ns(g), deadline_ns);
        decide(d, now_ns >= due_ns, REASON_GUARD, due_ns);
    } else if (g->overran) {
        decide(d, true, REASON_BACKLOG, 0);
    } else {
        const int64_t wanted_ns = later((int64_t)(d->interval_s * 1e9), shortest_interval_ns(g));
        const int64_t due_ns = earlier(start_ns + wanted_ns, deadline_ns);
        decide(d, now_ns >= due_ns, REASON_PLAN, due_ns);
    }
}

/* The updates of the law of `rate` that were due since the last one. Without a forecaster it is given the
 * rate of the last seconds with full confidence, which is more than the original ever had. */
static void update_rate_plan(governor_t *g, int64_t now_ns)
{
    enum { MOST_UPDATES = 64 }; /* after which an interval has long reached where it is going */
    const int64_t period_ns = governor_update_period_ns(g);
    const bool forecast = g->confidence > 0;
    const plan_limits_t limits = {
        .fallback_s = g->config.fallback_ns > 0 ? (double)g->config.fallback_ns * 1e-9 : g->trigger_s,
        .shortest_s = fmax((double)g->config.min_interval_ns * 1e-9, 1e-3),
        .longest_s = (double)g->config.max_interval_ns * 1e-9,
        .window_events = g->config.rate_window > 0 ? g->config.rate_window : 1000,
    };
    for (int i = 0; i < MOST_UPDATES && now_ns - g->plan.updated_ns >= period_ns; i++) {
        g->plan.interval_s =
            plan_rate_step(g->plan.interval_s, forecast ? g->forecast_per_s : arrival_rate_recent(&g->rate),
                           forecast ? g->confidence : 1, &limits);
        g->plan.updated_ns += period_ns;
    }
    if (now_ns - g->plan.updated_ns >= period_ns) g->plan.updated_ns = now_ns;
}

static void keep_plan(governor_t *g, decision_t *d, int64_t now_ns)
{
    int64_t wake_ns = g->plan.due_ns;
    if (g->config.policy == POLICY_RATE) {
        update_rate_plan(g, now_ns);
        wake_ns = earlier(wake_ns, g->plan.updated_ns + governor_update_period_ns(g));
    }
    d->interval_s = g->plan.interval_s;
    decide(d, now_ns >= g->plan.due_ns, REASON_PLAN, wake_ns);
}

static double interval_within_limits_s(const governor_t *g, const decision_t *d)
{
    const int64_t longest_ns = later(g->config.max_interval_ns, 2 * g->config.trigger_ns);
    const double steady_s =
        fmin(rule_interval_s(&g->rule, d->price, d->rate_per_s), (double)longest_ns * 1e-9);
    return fmax((double)g->config.min_interval_ns * 1e-9, steady_s);
}

/* What is pending and what it has cost so far. */
static void look_at_pending(const governor_t *g, decision_t *d, profile_t *profile, int64_t now_ns)
{
    const chunk_t *oldest = pending_oldest(&g->pending);
    pending_profile(&g->pending, now_ns, profile);
    const waiting_t waiting = cost_of_waiting(g, profile, 0);
    d->pending = g->pending.events;
    d->oldest_s = oldest ? (double)(now_ns - oldest->since_ns) * 1e-9 : 0;
    d->waiting = waiting.waiting;
    d->growth = waiting.growth;
}

/* What every decision begins with: rate, price, what is pending. */
static decision_t look_around(const governor_t *g, int64_t now_ns, profile_t *profile)
{
    decision_t d = {.rate_per_s = effective_rate(g)};
    look_at_pending(g, &d, profile, now_ns);
    d.price = price_theta(&g->price, &g->rule, pace(g));
    d.interval_s = interval_within_limits_s(g, &d);
    return d;
}

static look_t look_with(const governor_t *g, const decision_t *d, const profile_t *profile, int64_t now_ns)
{
    return (look_t){.g = g,
                    .rule = rule_trusting(&g->rule, g->confidence),
                    .d = d,
                    .profile = profile,
                    .expected_per_s = governor_blend(g),
                    .now_ns = now_ns};
}

static bool is_cold(const governor_t *g, int64_t now_ns)
{
    return g->first_arrival_ns == none_yet || warming_up(g, now_ns);
}

decision_t governor_decide(governor_t *g, int64_t now_ns, int64_t own_ns, bool blind)
{
    profile_t profile;
    now_ns = advance_clock(g, now_ns);
    forget_excess(g);
    decision_t d = look_around(g, now_ns, &profile);

    const look_t look = look_with(g, &d, &profile, now_ns);
    const chunk_t *oldest = pending_oldest(&g->pending);
    const bool planned = governor_plans(g);
    if (blind)
        keep_schedule(&d, REASON_BLIND, now_ns, own_ns);
    else if (g->config.policy == POLICY_FIXED)
        keep_schedule(&d, REASON_FIXED, now_ns, own_ns);
    else if (is_cold(g, now_ns) || (planned && g->plan.interval_s <= 0))
        keep_schedule(&d, REASON_WARMUP, now_ns, own_ns);
    else if (planned)
        keep_plan(g, &d, now_ns);
    else if (g->config.rows_only)
        apply_steady_interval(g, &d, now_ns, own_ns);
    else if (oldest)
        apply_rule(&look, &d, oldest);
    else
        stay_idle(&look, &d, own_ns);
    return d;
}

bool governor_is_certain(const governor_t *g, int64_t now_ns)
{
    const chunk_t *oldest = pending_oldest(&g->pending);
    now_ns = later(now_ns, g->now_ns);
    if (!oldest || g->config.policy != POLICY_ADAPTIVE || g->config.rows_only || is_cold(g, now_ns))
        return false;
    profile_t profile;
    decision_t d = look_around(g, now_ns, &profile);
    const look_t look = look_with(g, &d, &profile, now_ns);
    apply_rule(&look, &d, oldest);
    return d.fire && d.reason != REASON_GUARD;
}
