#include "agent/feed.h"

#include <stdio.h>

static double seconds(int64_t time_ns)
{
    return (double)time_ns * 1e-9;
}

static int64_t wall_ms(int64_t now_ns, int64_t epoch_ns)
{
    return (now_ns - epoch_ns) / 1000000;
}

void feed_configuration(exchange_t *exchange, const governor_config_t *config, const governor_t *governor,
                        agent_mode_t mode, const char *origin, int64_t limit, int64_t epoch_ns)
{
    if (!exchange) return;
    observed_config_t observed = {
        .trigger_s = seconds(config->trigger_ns),
        .budget = config->budget,
        .slot_s = seconds(governor_slot_ns(governor)),
        .min_interval_s = seconds(config->min_interval_ns),
        .max_interval_s = seconds(config->max_interval_ns),
        .max_wait_s = seconds(governor_max_wait_ns(governor)),
        .warmup_s = seconds(config->warmup_ns),
        .rows_only = config->rows_only,
        .origin_ms = wall_ms(config->origin_ns, epoch_ns),
        .update_period_s = seconds(config->update_period_ns),
        .fallback_s = seconds(config->fallback_ns),
        .limit = limit,
    };
    snprintf(observed.mode, sizeof observed.mode, "%s", agent_mode_names[mode]);
    snprintf(observed.goal, sizeof observed.goal, "%s", goal_names[config->goal]);
    snprintf(observed.policy, sizeof observed.policy, "%s", policy_names[config->policy]);
    snprintf(observed.origin, sizeof observed.origin, "%s", origin);
    exchange_configure(exchange, &observed);
}

void feed_arrivals(exchange_t *exchange, int64_t now_ns, int64_t epoch_ns, int64_t total)
{
    if (exchange) exchange_arrivals(exchange, now_ns, epoch_ns, total);
}

void feed_forget_arrivals(exchange_t *exchange)
{
    if (exchange) exchange_forget_arrivals(exchange);
}

void feed_trigger(exchange_t *exchange, int64_t start_ns, int64_t end_ns, int64_t epoch_ns, int64_t events,
                  reason_t reason)
{
    if (!exchange) return;
    observed_trigger_t observed = {
        .start_ms = wall_ms(start_ns, epoch_ns), .end_ms = wall_ms(end_ns, epoch_ns), .events = events};
    snprintf(observed.reason, sizeof observed.reason, "%s", reason_names[reason]);
    exchange_trigger(exchange, &observed);
}

static const char released_why[] = "after faults in a row the job's own schedule is kept";

static const char *state_of(const feed_decision_t *told, const char **why)
{
    const reason_t reason = told->decision->reason;
    *why = "";
    if (told->mode != MODE_ACTIVE) return agent_mode_names[told->mode];
    if (told->released) {
        *why = released_why;
        return "released";
    }
    if (told->fallback) {
        *why = "the predictor is lost; the job's own schedule rules until it is back";
        return "fallback";
    }
    if (reason == REASON_BLIND) {
        *why = "the source does not answer; the job's own schedule rules until its next batch";
        return "blind";
    }
    if (reason == REASON_WARMUP) return "warmup";
    return told->guarded ? "guarded" : "active";
}

void feed_decision(exchange_t *exchange, const feed_decision_t *told)
{
    if (!exchange) return;
    const decision_t *decision = told->decision;
    const char *why, *state = state_of(told, &why);
    observed_decision_t observed = {
        .time_ms = wall_ms(told->now_ns, told->epoch_ns),
        .fire = decision->fire,
        .pending = decision->pending,
        .oldest_s = decision->oldest_s,
        .waiting = decision->waiting,
        .growth = decision->growth,
        .price = decision->price,
        .rate = decision->rate_per_s,
        .interval_s = decision->interval_s,
        .confidence = told->confidence,
    };
    snprintf(observed.reason, sizeof observed.reason, "%s", reason_names[decision->reason]);
    exchange_decision(exchange, &observed, state, why);
}

void feed_watching(exchange_t *exchange, agent_mode_t mode)
{
    if (exchange) exchange_state(exchange, agent_mode_names[mode], "");
}

void feed_released(exchange_t *exchange)
{
    if (exchange) exchange_state(exchange, "released", released_why);
}

void feed_shadow(exchange_t *exchange, const governor_t *governor, int64_t epoch_ns, shadow_heard_t *heard)
{
    shadow_trigger_t news[SHADOW_RECENT];
    const size_t count = governor_shadow_news(governor, heard, news);
    for (size_t i = 0; exchange && i < count; i++) {
        const observed_trigger_t observed = {.start_ms = wall_ms(news[i].start_ns, epoch_ns),
                                             .end_ms = FIELD_UNKNOWN,
                                             .events = news[i].events};
        exchange_shadow(exchange, &observed);
    }
}

static observed_waits_t waits_of(const wait_summary_t *waits)
{
    return (observed_waits_t){
        .batches = waits->batches,
        .events = waits->events,
        .waited_s = waits->waited_s,
        .mean_s = waits->mean_s,
        .p50_s = waits->p50_s,
        .p95_s = waits->p95_s,
        .p99_s = waits->p99_s,
        .max_s = waits->max_s,
    };
}

bool feed_wants_stats(exchange_t *exchange)
{
    return exchange && exchange_wants_stats(exchange);
}

void feed_stats(exchange_t *exchange, const governor_stats_t *stats, int64_t decisions, int64_t probes,
                int64_t faults)
{
    if (!exchange) return;
    const observed_stats_t observed = {
        .own = waits_of(&stats->own),
        .shadow = waits_of(&stats->shadow),
        .debt_batches = stats->debt_batches,
        .decisions = decisions,
        .probes = probes,
        .faults = faults,
    };
    exchange_stats(exchange, &observed);
}

void feed_end(exchange_t *exchange, const governor_stats_t *stats, int64_t decisions, int64_t probes,
              int64_t faults)
{
    if (!exchange) return;
    feed_stats(exchange, stats, decisions, probes, faults);
    exchange_state(exchange, "ended", "");
}

void feed_costs(exchange_t *exchange, const governor_t *governor)
{
    int64_t events[OBSERVATION_COSTS_MAXIMUM];
    double seconds[OBSERVATION_COSTS_MAXIMUM];
    if (exchange)
        exchange_costs(exchange, events, seconds,
                       governor_costs(governor, events, seconds, OBSERVATION_COSTS_MAXIMUM));
}

bool feed_take_change(exchange_t *exchange, change_t *change)
{
    return exchange && exchange_take_change(exchange, change);
}

forecast_t feed_forecast(exchange_t *exchange, int64_t oldest_ns)
{
    return exchange ? exchange_forecast(exchange, oldest_ns) : (forecast_t){0};
}
