#include "control/governor_state.h"

#include <math.h>
#include <stdlib.h>

const char *const reason_names[REASON_COUNT] = {
    [REASON_IDLE] = "idle",         [REASON_WARMUP] = "warmup", [REASON_FIXED] = "fixed",
    [REASON_GUARD] = "guard",       [REASON_BLIND] = "blind",   [REASON_BACKLOG] = "backlog",
    [REASON_MAX_WAIT] = "max_wait", [REASON_FLOOR] = "floor",   [REASON_PRICE] = "price",
    [REASON_BOUND] = "bound",       [REASON_CHEAP] = "cheap",   [REASON_PLAN] = "plan",
};

static const int64_t hour_ns = 3600 * INT64_C(1000000000);

/* Wider than the option's own range, as a simulation searches for the budget of equal batches. */
static const double least_budget = 1e-3, greatest_budget = 1e3;

static bool valid(const governor_config_t *c)
{
    return c->trigger_ns >= 1000000 && c->trigger_ns <= 24 * hour_ns && c->goal < GOAL_COUNT &&
           c->policy < POLICY_COUNT && c->budget >= least_budget && c->budget <= greatest_budget &&
           c->slot_ns >= 0 && c->min_interval_ns >= 0 && c->max_interval_ns > 0 && c->max_wait_ns >= 0 &&
           c->warmup_ns >= 0 && c->update_period_ns >= 0 && c->fallback_ns >= 0 && c->rate_window >= 0;
}

governor_config_t governor_config_of(const options_t *options, int64_t trigger_ns)
{
    return (governor_config_t){
        .trigger_ns = trigger_ns,
        .goal = options->goal,
        .policy = options->policy,
        .budget = options->budget,
        .slot_ns = options->poll_ns,
        .min_interval_ns = options->min_interval_ns,
        .max_interval_ns = options->max_interval_ns,
        .max_wait_ns = options->max_wait_ns,
        .warmup_ns = options->warmup_ns,
        .update_period_ns = options->update_period_ns,
        .fallback_ns = options->fallback_interval_ns,
    };
}

governor_t *governor_create(const governor_config_t *config)
{
    if (!valid(config)) return NULL;
    governor_t *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->config = *config;
    g->grid = grid_make(config->origin_ns, config->trigger_ns, config->slot_ns);
    g->rule = config->rows_only ? rule_for_planning(config->goal) : rule_for(config->goal);
    g->max_wait_ns = config->max_wait_ns ? config->max_wait_ns
                                         : rule_max_wait_ns(config->goal, config->trigger_ns, config->budget,
                                                            config->max_interval_ns);
    g->trigger_s = (double)config->trigger_ns * 1e-9;
    g->tail_from_s = rule_tail_from_s(g->trigger_s, config->budget);
    rate_trial_start(&g->trial);
    price_start(&g->price, g->trigger_s, config->budget);
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
    rate_trial_clear(&g->trial);
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
        price_shadow_batch(&g->price, g->shadow.last_ns, g->shadow.last_held_up, g->shadow.last_batch,
                           g->rule.p);
}

/* Events came since the last time rates were learned. */
static void learn_rate(governor_t *g, int64_t now_ns, int64_t total)
{
    const int64_t events = total - g->rated_total, span_ns = now_ns - g->rated_ns;
    if (events > 0 || span_ns > 0) {
        arrival_rate_observe(&g->rate, events, span_ns);
        const double price_s = price_linear_s(&g->price, g->rule.p);
        if (price_s > 0) rate_trial_observe(&g->trial, &g->rate, events, span_ns, price_s);
    }
    g->rated_ns = now_ns;
    g->rated_total = total;
}

/* The interval that was in force as the trigger started decides when the next one fires; what its batch was
 * like changes the interval after that. */
static void plan_next(governor_t *g, int64_t start_ns, int64_t span_ns)
{
    if (g->plan.interval_s <= 0) g->plan = (plan_t){.interval_s = g->trigger_s, .updated_ns = start_ns};
    g->plan.in_force_s = g->plan.interval_s;
    g->plan.due_ns = plan_due_ns(g->plan.in_force_s, g->grid.origin_ns, start_ns);
    if (g->config.policy == POLICY_REACTIVE && span_ns > 0)
        g->plan.interval_s = plan_reactive_step(g->trigger_s, (double)g->last_taken * 1e9 / (double)span_ns,
                                                arrival_rate_mean(&g->rate));
}

/* Of a source that cannot be asked; and under a planned interval shorter than a batch, where triggers follow each other
 * without a question between them and the plan would stand still. */
static bool nothing_else_tells_rates(const governor_t *g, int64_t start_ns)
{
    if (start_ns <= g->rated_ns) return false;
    return g->config.rows_only ||
           (governor_plans(g) && start_ns - g->rated_ns >= governor_update_period_ns(g));
}

void governor_trigger(governor_t *g, int64_t start_ns, int64_t end_ns, int64_t available)
{
    if (start_ns < g->trigger_start_ns) start_ns = g->trigger_start_ns;
    end_ns = advance_clock(g, end_ns > start_ns ? end_ns : start_ns);

    /* A batch asks for the source's end as it starts, so what it took had arrived by then, and if it took all
     * we knew of, nothing else had. */
    if (available >= g->observed_total)
        observe(g, start_ns > g->observed_ns ? start_ns : g->observed_ns, available);
    if (nothing_else_tells_rates(g, start_ns)) learn_rate(g, start_ns, g->observed_total);

    const int64_t span_ns = start_ns - g->trigger_start_ns;
    g->last_taken = available > g->taken_total ? available - g->taken_total : 0;
    if (g->last_taken > 0) {
        pending_take(&g->pending, g->last_taken, start_ns, &g->own_waits);
        g->taken_total = available;
        g->own_batches++;
        price_own_batch(&g->price);
        batch_cost_observe(&g->cost, g->last_taken, (double)(end_ns - start_ns) * 1e-9);
    }
    g->overran = end_ns - start_ns >= g->config.trigger_ns;
    g->trigger_start_ns = start_ns;
    plan_next(g, start_ns, span_ns);
}

bool governor_probe(governor_t *g, int64_t now_ns, int64_t total)
{
    now_ns = advance_clock(g, now_ns);
    if (total < g->observed_total) return false;
    observe(g, now_ns, total);
    /* Rates are learned from probe to probe. When a batch asked for its offsets is not known exactly, a
     * cold one does so seconds after its start; what it took beyond the last probe would look like a
     * burst. */
    learn_rate(g, now_ns, total);
    return true;
}

void governor_align(governor_t *g, int64_t origin_ns)
{
    g->grid.origin_ns = origin_ns;
    if (g->plan.in_force_s > 0)
        g->plan.due_ns = plan_due_ns(g->plan.in_force_s, origin_ns, g->trigger_start_ns);
    shadow_align(&g->shadow, &g->grid, g->observed_ns);
}

void governor_set_source_limit(governor_t *g, int64_t events)
{
    g->source_limit = events > 0 ? events : 0;
}

static void set_correction(governor_t *g, double factor, double rate_per_s, double confidence)
{
    const bool usable = isfinite(factor) && factor > 0 && isfinite(rate_per_s) && rate_per_s > 0 &&
                        isfinite(confidence) && confidence > 0;
    g->forecast_per_s = usable ? rate_per_s : 0;
    g->confidence = usable ? fmin(confidence, 1) : 0;
    g->log_correction = usable ? g->confidence * log(factor) : 0;
}

void governor_set_forecast(governor_t *g, double rate_per_s, double confidence)
{
    set_correction(g, rate_per_s / governor_blend(g), rate_per_s, confidence);
}

void governor_set_correction(governor_t *g, double factor, double confidence)
{
    set_correction(g, factor, factor * governor_blend(g), confidence);
}

void governor_set_changes(governor_t *g, const double changes[RATE_AVERAGES], double confidence)
{
    const double most = 2;
    bool usable = changes && isfinite(confidence) && confidence > 0;
    for (int i = 0; i < RATE_AVERAGES && usable; i++)
        usable = fabs(changes[i]) <= most; /* NAN is not */
    g->changed = usable;
    for (int i = 0; i < RATE_AVERAGES; i++)
        g->changes[i] = usable ? fmin(confidence, 1) * changes[i] : 0;
}

void governor_set_advice(governor_t *g, double rate_per_s, double confidence,
                         const double changes[RATE_AVERAGES])
{
    governor_set_changes(g, changes, confidence);
    governor_set_forecast(g, rate_per_s, changes ? 0 : confidence);
}

double governor_quick_share(const governor_t *g)
{
    return rate_trial_share(&g->trial);
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

size_t governor_costs(const governor_t *g, int64_t *events, double *seconds, size_t room)
{
    size_t count = 0;
    for (int index = 0; index < COST_CLASSES && count < room; index++) {
        if (g->cost.seen[index] == 0) continue;
        events[count] = (int64_t)(g->cost.events[index] + 0.5);
        seconds[count++] = g->cost.monotone_s[index];
    }
    return count;
}

size_t governor_shadow_news(const governor_t *g, shadow_heard_t *heard, shadow_trigger_t news[SHADOW_RECENT])
{
    const shadow_t *shadow = &g->shadow;
    int64_t from = heard->batches, unheard = shadow->events - heard->events;
    if (shadow->batches - from > SHADOW_RECENT) from = shadow->batches - SHADOW_RECENT;
    size_t count = 0;
    for (int64_t i = from; i < shadow->batches; i++) {
        news[count] = shadow->recent[i % SHADOW_RECENT];
        unheard -= news[count++].events;
    }
    if (count > 0) news[0].events += unheard;
    *heard = (shadow_heard_t){.batches = shadow->batches, .events = shadow->events};
    return count;
}
