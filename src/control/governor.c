#include "control/governor.h"

#include "control/arrival_rate.h"
#include "control/batch_cost.h"
#include "control/grid.h"
#include "control/pending.h"
#include "control/policy.h"
#include "control/price.h"
#include "control/shadow.h"

#include <math.h>
#include <stdlib.h>

const char *const reason_names[REASON_COUNT] = {
    [REASON_IDLE] = "idle",         [REASON_WARMUP] = "warmup", [REASON_FIXED] = "fixed",
    [REASON_GUARD] = "guard",       [REASON_BLIND] = "blind",   [REASON_BACKLOG] = "backlog",
    [REASON_MAX_WAIT] = "max_wait", [REASON_FLOOR] = "floor",   [REASON_PRICE] = "price",
    [REASON_BOUND] = "bound",       [REASON_CHEAP] = "cheap",
};

static const int64_t hour_ns = 3600 * INT64_C(1000000000);
static const int64_t none_yet = INT64_MIN;

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

struct governor {
    governor_config_t config;
    grid_t grid;
    rule_t rule;
    int64_t max_wait_ns;
    double trigger_s;

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
    double forecast_per_s, confidence;

    pending_t pending;
    shadow_t shadow;
    batch_cost_t cost;
    arrival_rate_t rate;
    price_t price;
    double forgotten_s; /* event-seconds left out of the pace of goal `cost`, to keep it within its limits */
    histogram_t own_waits;
};

static bool valid(const governor_config_t *c)
{
    return c->trigger_ns >= 1000000 && c->trigger_ns <= 24 * hour_ns && c->goal < GOAL_COUNT &&
           c->policy < POLICY_COUNT && c->budget > 0 && isfinite(c->budget) && c->slot_ns >= 0 &&
           c->min_interval_ns >= 0 && c->max_interval_ns > 0 && c->max_wait_ns >= 0 && c->warmup_ns >= 0;
}

governor_t *governor_create(const governor_config_t *config)
{
    if (!valid(config)) return NULL;
    governor_t *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->config = *config;
    g->grid = grid_make(config->origin_ns, config->trigger_ns, config->slot_ns);
    g->rule = rule_for(config->goal);
    g->max_wait_ns = config->max_wait_ns ? config->max_wait_ns
                                         : rule_max_wait_ns(config->goal, config->trigger_ns, config->budget,
                                                            config->max_interval_ns);
    g->trigger_s = (double)config->trigger_ns * 1e-9;
    g->now_ns = INT64_MIN;
    g->first_arrival_ns = none_yet;
    return g;
}

void governor_destroy(governor_t *governor)
{
    free(governor);
}

int64_t governor_slot_ns(const governor_t *g)
{
    return grid_slot_ns(&g->grid);
}

int64_t governor_max_wait_ns(const governor_t *g)
{
    return g->max_wait_ns;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Time never runs backwards inside. */
static int64_t advance_clock(governor_t *g, int64_t now_ns)
{
    if (now_ns > g->now_ns) g->now_ns = now_ns;
    return g->now_ns;
}

static void arrive(void *context, chunk_t chunk)
{
    governor_t *g = context;
    pending_push(&g->pending, chunk);
    shadow_arrive(&g->shadow, chunk);
}

void governor_start(governor_t *g, int64_t now_ns, int64_t taken, int64_t total)
{
    now_ns = advance_clock(g, now_ns);
    g->observed_ns = g->rated_ns = g->trigger_start_ns = now_ns;
    g->observed_total = g->rated_total = total;
    g->taken_total = taken;
    g->overran = false;
    g->pending.length = 0;
    g->pending.events = 0;
    shadow_start(&g->shadow, &g->grid, now_ns);
    if (total > taken) {
        arrive(g, (chunk_t){.time_ns = now_ns, .since_ns = now_ns, .events = total - taken});
        g->seen += total - taken;
    }
}

/* All arrivals up to now_ns are known: `total`. */
static void observe(governor_t *g, int64_t now_ns, int64_t total)
{
    const int64_t events = total - g->observed_total;
    if (events > 0) {
        if (g->first_arrival_ns == none_yet) g->first_arrival_ns = now_ns;
        spread_events(&g->grid, g->observed_ns, now_ns, events, arrive, g);
        g->seen += events;
    }
    g->observed_ns = now_ns;
    g->observed_total = total;
    while (shadow_advance(&g->shadow, &g->grid, &g->cost, g->source_limit, now_ns))
        price_shadow_batch(&g->price, g->shadow.last_batch, g->config.budget, g->rule.p);
}

void governor_trigger(governor_t *g, int64_t start_ns, int64_t end_ns, int64_t available)
{
    if (start_ns < g->trigger_start_ns) start_ns = g->trigger_start_ns;
    end_ns = advance_clock(g, end_ns > start_ns ? end_ns : start_ns);

    /* A batch asks for the source's end as it starts, so what it took had arrived by then, and if it took all
     * we knew of, nothing else had. */
    if (available >= g->observed_total)
        observe(g, start_ns > g->observed_ns ? start_ns : g->observed_ns, available);

    const int64_t taken = available - g->taken_total;
    if (taken > 0) {
        pending_take(&g->pending, taken, start_ns, &g->own_waits);
        g->taken_total = available;
        g->own_batches++;
        price_own_batch(&g->price);
        batch_cost_observe(&g->cost, taken, (double)(end_ns - start_ns) * 1e-9);
    }
    g->overran = end_ns - start_ns >= g->config.trigger_ns;
    g->trigger_start_ns = start_ns;
}

bool governor_probe(governor_t *g, int64_t now_ns, int64_t total)
{
    now_ns = advance_clock(g, now_ns);
    if (total < g->observed_total) return false;
    observe(g, now_ns, total);
    /* Rates are learned from probe to probe. When a batch asked for its offsets is not known exactly, a
     * cold one does so seconds after its start; what it took beyond the last probe would look like a
     * burst. */
    if (total > g->rated_total || now_ns > g->rated_ns)
        arrival_rate_observe(&g->rate, total - g->rated_total, now_ns - g->rated_ns);
    g->rated_ns = now_ns;
    g->rated_total = total;
    return true;
}

void governor_align(governor_t *g, int64_t origin_ns)
{
    g->grid.origin_ns = origin_ns;
    g->shadow.next_ns = grid_after(&g->grid, 1, g->observed_ns);
}

void governor_set_source_limit(governor_t *g, int64_t events)
{
    g->source_limit = events > 0 ? events : 0;
}

void governor_set_forecast(governor_t *g, double rate_per_s, double confidence)
{
    const bool usable = isfinite(rate_per_s) && rate_per_s > 0 && isfinite(confidence) && confidence > 0;
    g->forecast_per_s = usable ? rate_per_s : 0;
    g->confidence = usable ? fmin(confidence, 1) : 0;
}

static double effective_rate(const governor_t *g)
{
    const double blend = arrival_rate_blend(&g->rate);
    return g->confidence > 0 ? exp((1 - g->confidence) * log(blend) + g->confidence * log(g->forecast_per_s))
                             : blend;
}

/* D of the goal `cost`: the shadow's waiting not yet used up, in batches' worth of it. */
static double waiting_saved(governor_t *g)
{
    const histogram_t *shadow = &g->shadow.waits;
    if (g->shadow.batches == 0 || shadow->sum_s <= 0) return 0;
    const double per_batch_s = shadow->sum_s / (double)g->shadow.batches;
    const double saved =
        (shadow->sum_s / g->config.budget - g->own_waits.sum_s - g->forgotten_s) / per_batch_s;
    const double kept = fmax(debt_lowest, fmin(-debt_lowest, saved));
    g->forgotten_s += (saved - kept) * per_batch_s;
    return kept;
}

/* Shortest interval that batches can keep up with at this rate, ns. */
static int64_t shortest_interval_ns(const governor_t *g, double rate_per_s)
{
    int64_t shortest_ns = g->config.min_interval_ns;
    const cost_line_t line = batch_cost_line(&g->cost);
    const double load = line.per_event_s * rate_per_s;
    if (load > saturation_starts) {
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

/* Would the rule fire at time_ns if, since the last look, events had come at LAZY_RATE times the expected
 * rate? */
static bool could_fire(const governor_t *g, const decision_t *d, int64_t time_ns)
{
    const double p = g->rule.p;
    const double unseen_s = (double)(time_ns - g->observed_ns) * 1e-9;
    const double assumed_per_s = LAZY_RATE * d->rate_per_s;
    waiting_t waiting = pending_waiting(&g->pending, time_ns, p);
    waiting.waiting += assumed_per_s * pow(unseen_s, p + 1) / (p + 1);
    waiting.growth += assumed_per_s * pow(unseen_s, p);
    return rule_verdict(&g->rule, waiting, d->price, d->rate_per_s) != VERDICT_CHEAP;
}

/* The next slot that is worth a probe: not before `earliest_ns`, at most T0 / LAZY_FRACTION away, or half
 * of max_wait where that is shorter: what came during the sleep is dated at its start. */
static int64_t lazy_wake_ns(const governor_t *g, const decision_t *d, int64_t now_ns, int64_t earliest_ns)
{
    const int64_t last_ns = now_ns + earlier(g->config.trigger_ns / LAZY_FRACTION, g->max_wait_ns / 2);
    int64_t slot_ns = grid_after(&g->grid, g->grid.slots, later(now_ns, earliest_ns - 1));
    while (slot_ns < last_ns && !could_fire(g, d, slot_ns))
        slot_ns = grid_after(&g->grid, g->grid.slots, slot_ns);
    return slot_ns;
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
static void stay_idle(const governor_t *g, decision_t *d, int64_t now_ns, int64_t own_ns)
{
    const bool asked = now_ns <= g->observed_ns;
    if (now_ns >= own_ns) {
        decide(d, asked, REASON_IDLE, now_ns);
        return;
    }
    const int64_t next_ns = asked ? grid_after(&g->grid, g->grid.slots, now_ns) : now_ns;
    const int64_t deadline_ns = later(next_ns, grid_slot_before(&g->grid, g->observed_ns + g->max_wait_ns));
    const int64_t lazy_ns = lazy_wake_ns(g, d, now_ns, g->trigger_start_ns);
    decide(d, false, REASON_IDLE, earlier(own_ns, earlier(lazy_ns, deadline_ns)));
}

/* The rule proper: something is pending, and price and rate are known. */
static void apply_rule(const governor_t *g, decision_t *d, int64_t now_ns, const chunk_t *oldest)
{
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
    const int64_t floor_ns = g->trigger_start_ns + shortest_interval_ns(g, d->rate_per_s);
    const bool full = g->source_limit > 0 && g->pending.events >= g->source_limit;
    if (g->overran || (full && now_ns >= floor_ns)) {
        decide(d, true, REASON_BACKLOG, 0);
        return;
    }
    const verdict_t verdict =
        rule_verdict(&g->rule, (waiting_t){d->waiting, d->growth}, d->price, d->rate_per_s);
    if (verdict == VERDICT_CHEAP && !full)
        decide(d, false, REASON_CHEAP, earlier(deadline_ns, lazy_wake_ns(g, d, now_ns, floor_ns)));
    else if (now_ns < floor_ns)
        decide(d, false, REASON_FLOOR,
               earlier(deadline_ns, grid_after(&g->grid, g->grid.slots, floor_ns - 1)));
    else
        decide(d, true, verdict == VERDICT_PRICE ? REASON_PRICE : REASON_BOUND, 0);
}

decision_t governor_decide(governor_t *g, int64_t now_ns, int64_t own_ns, bool blind)
{
    now_ns = advance_clock(g, now_ns);
    decision_t d = {.pending = g->pending.events, .rate_per_s = effective_rate(g)};
    const chunk_t *oldest = pending_oldest(&g->pending);
    if (oldest) {
        const waiting_t waiting = pending_waiting(&g->pending, now_ns, g->rule.p);
        d.oldest_s = (double)(now_ns - oldest->since_ns) * 1e-9;
        d.waiting = waiting.waiting;
        d.growth = waiting.growth;
    }
    const double pace = g->config.goal == GOAL_COST ? waiting_saved(g) : g->price.debt;
    d.price = price_theta(&g->price, &g->rule, g->trigger_s, g->config.budget, pace);
    d.interval_s = fmax((double)g->config.min_interval_ns * 1e-9,
                        fmin(rule_interval_s(&g->rule, d.price, d.rate_per_s),
                             (double)later(g->config.max_interval_ns, 2 * g->config.trigger_ns) * 1e-9));

    if (blind)
        keep_schedule(&d, REASON_BLIND, now_ns, own_ns);
    else if (g->config.policy == POLICY_FIXED)
        keep_schedule(&d, REASON_FIXED, now_ns, own_ns);
    else if (g->first_arrival_ns == none_yet || warming_up(g, now_ns))
        keep_schedule(&d, REASON_WARMUP, now_ns, own_ns);
    else if (oldest)
        apply_rule(g, &d, now_ns, oldest);
    else
        stay_idle(g, &d, now_ns, own_ns);
    return d;
}

static wait_summary_t summarise(const histogram_t *waits, int64_t batches)
{
    return (wait_summary_t){
        .events = waits->total,
        .batches = batches,
        .waited_s = waits->sum_s,
        .mean_s = histogram_mean(waits),
        .p50_s = histogram_quantile(waits, 0.5),
        .p95_s = histogram_quantile(waits, 0.95),
        .p99_s = histogram_quantile(waits, 0.99),
        .max_s = waits->max_s,
    };
}

void governor_stats(const governor_t *g, governor_stats_t *stats)
{
    *stats = (governor_stats_t){
        .own = summarise(&g->own_waits, g->own_batches),
        .shadow = summarise(&g->shadow.waits, g->shadow.batches),
        .debt_batches = g->price.debt,
        .seen = g->seen,
    };
}
