#include "agent/clock.h"
#include "agent/controller.h"
#include "agent/feed.h"
#include "agent/query_state.h"
#include "common/log.h"

#include <stdlib.h>

static const char tag[] = "AdaptiveStream";
static const int64_t slow_probe_ns = 50 * INT64_C(1000000);
static const int64_t wall_step_ns = 2 * INT64_C(1000000);
static const int64_t line_gap_ns = 60 * INT64_C(1000000000);
static const int64_t set_by_hand_ns = 1000 * INT64_C(1000000);
enum {
    FAULTS_TO_RELEASE = 3,
    FORECAST_PERIODS = 3, /* how old a forecast may be */
    PROBE_RESERVE = 2,    /* a probe is expected to take no longer than so many times the last */
};

partitions_t *query_partitions(const query_t *query)
{
    return query->partitions;
}

int64_t query_count_rows(query_t *query, int64_t batch_id, int64_t rows)
{
    if (rows <= 0 || batch_id <= query->counted_batch) return query->rows;
    query->counted_batch = batch_id;
    if (rows > INT64_MAX / 4 - query->rows) rows = 0;
    return query->rows += rows;
}

void query_trigger(query_t *query, int64_t now_ns, int64_t available)
{
    query->blind = false;
    if (!query->partitions) query->faults_in_row = 0; /* otherwise an answer of the source ends the row */
    feed_trigger(query->exchange, query->fired_ns, now_ns, query->epoch_ns,
                 available > query->available ? available - query->available : 0, query->reason);
    if (available < query->available) feed_forget_arrivals(query->exchange);
    feed_arrivals(query->exchange, query->fired_ns, query->epoch_ns, available);
    pthread_mutex_lock(&query->lock);
    if (available < query->available) {
        governor_start(query->governor, now_ns, available, available);
        journal_restart(&query->subject, now_ns, available);
        log_line(LOG_WARNING, tag,
                 "query %s: offsets ran backwards, was the topic made anew? Pending events are "
                 "forgotten",
                 query_label(&query->identity));
    } else {
        governor_trigger(query->governor, query->fired_ns, now_ns, available);
        journal_trigger(&query->subject, query->fired_ns, now_ns, available);
    }
    query->available = available;
    feed_shadow(query->exchange, query->governor, query->epoch_ns, &query->shadow_told);
    pthread_mutex_unlock(&query->lock);
    query_take_change(query, now_ns);
}

bool query_acts(const query_t *query)
{
    return query->mode == MODE_ACTIVE;
}

bool query_is_disabled(const query_t *query)
{
    return query->mode == MODE_DISABLED;
}

bool query_keeps_schedule(const query_t *query)
{
    return query->mode != MODE_ACTIVE || query->reason == REASON_WARMUP || query->reason == REASON_FIXED ||
           query->reason == REASON_BLIND;
}

int64_t query_trigger_ns(const query_t *query)
{
    return query->trigger_ns;
}

void query_fire(query_t *query, int64_t now_ns)
{
    query->fired_ns = now_ns;
}

void query_align(query_t *query, int64_t epoch_ns)
{
    int64_t step_ns = epoch_ns - query->epoch_ns;
    if (step_ns >= -wall_step_ns && step_ns <= wall_step_ns) return;
    query->epoch_ns = query->config.origin_ns = epoch_ns;
    if (step_ns < -set_by_hand_ns || step_ns > set_by_hand_ns) feed_forget_arrivals(query->exchange);
    pthread_mutex_lock(&query->lock);
    governor_align(query->governor, epoch_ns);
    pthread_mutex_unlock(&query->lock);
    journal_align(&query->subject, epoch_ns);
}

bool query_may_probe(const query_t *query, int64_t now_ns)
{
    return query->partitions && !query->blind && now_ns >= query->next_probe_ns;
}

bool query_wants_answer(const query_t *query, int64_t now_ns)
{
    return query_may_probe(query, now_ns) && !governor_is_certain(query->governor, now_ns);
}

bool query_is_answered_by(const query_t *query, int64_t now_ns, int64_t until_ns)
{
    return until_ns - now_ns > PROBE_RESERVE * query->probe_ns;
}

int64_t query_next_probe_ns(const query_t *query)
{
    return query->next_probe_ns;
}

/* After a slow probe the spacing doubles, up to half the trigger's interval or half of max_wait; fast ones
 * halve it again. */
static void pace_probes(query_t *query, int64_t now_ns, int64_t elapsed_ns)
{
    int64_t slot_ns = governor_slot_ns(query->governor);
    query->probe_ns = elapsed_ns;
    if (elapsed_ns > slow_probe_ns) {
        query->spacing_ns = query->spacing_ns < slot_ns ? 2 * slot_ns : 2 * query->spacing_ns;
        int64_t longest_ns = governor_max_wait_ns(query->governor);
        if (longest_ns > query->trigger_ns) longest_ns = query->trigger_ns;
        if (query->spacing_ns > longest_ns / 2) query->spacing_ns = longest_ns / 2;
    } else {
        query->spacing_ns = query->spacing_ns > slot_ns ? query->spacing_ns / 2 : 0;
    }
    query->next_probe_ns = now_ns + query->spacing_ns;
}

/* Says when the rule takes over, and when the budget is used up or paid back. Reasons that occur under
 * either tell nothing. */
static void note_regime(query_t *query, reason_t reason, int64_t now_ns)
{
    regime_t regime = query->regime;
    if (reason == REASON_GUARD) regime = REGIME_GUARDED;
    if (reason == REASON_CHEAP || reason == REASON_PRICE || reason == REASON_BOUND || reason == REASON_PLAN ||
        reason == REASON_MAX_WAIT)
        regime = REGIME_ADAPTIVE;
    if (regime == query->regime) return;
    const char *label = query_label(&query->identity);
    const bool acts = query->mode == MODE_ACTIVE;
    if (query->regime == REGIME_WARMUP && acts)
        log_line(LOG_INFO, tag, "query %s: warm-up is over, policy %s rules its triggers from now on", label,
                 policy_names[query->options->policy]);
    query->regime = regime;
    if (regime != REGIME_GUARDED) return;
    if (query->guard_line_ns != 0 && now_ns - query->guard_line_ns < line_gap_ns) return;
    query->guard_line_ns = now_ns;
    log_line(LOG_INFO, tag,
             "query %s: the budget is used up; the job's own schedule until batches are paid back", label);
}

/* Tells the governor the latest forecast, if it is another one than before. @locks_required query->lock */
static void hear_forecast(query_t *query, int64_t now_ns)
{
    const int64_t oldest_ns = now_ns - FORECAST_PERIODS * query->options->update_period_ns;
    const forecast_t forecast = feed_forecast(query->exchange, oldest_ns);
    if (forecast_equal(&forecast, &query->forecast)) return;
    query->forecast = forecast;
    governor_set_advice(query->governor, forecast.rate_per_s, forecast.confidence,
                        forecast.has_changes ? forecast.changes : NULL);
    journal_forecast(&query->subject, now_ns, &forecast);
}

static void tell_controller(query_t *query, const query_look_t *look, const decision_t *decision,
                            bool fallback, const governor_stats_t *stats)
{
    if (look->probed) feed_arrivals(query->exchange, look->now_ns, query->epoch_ns, look->total);
    const feed_decision_t told = {
        .decision = decision,
        .confidence = query->forecast.confidence,
        .now_ns = look->now_ns,
        .epoch_ns = query->epoch_ns,
        .mode = query->mode,
        .guarded = query->regime == REGIME_GUARDED,
        .fallback = fallback,
        .released = query_is_released(query),
    };
    feed_decision(query->exchange, &told);
    feed_shadow(query->exchange, query->governor, query->epoch_ns, &query->shadow_told);
    if (!stats) return;
    feed_stats(query->exchange, stats, query->counts.decisions, query->counts.probes, query->counts.faults);
    feed_costs(query->exchange, query->governor);
}

/* Whether the job's own schedule rules because the predictor is lost. A query that is only watched, or under another
 * rule, has no use for it anyway. */
static bool falls_back(const query_t *query)
{
    return query->exchange && query->mode == MODE_ACTIVE && query->options->policy == POLICY_ADAPTIVE &&
           controller_is_lost();
}

decision_t query_decide(query_t *query, const query_look_t *look)
{
    bool backwards = false;
    governor_stats_t stats = {0};
    const bool fallback = falls_back(query), wanted = feed_wants_stats(query->exchange);
    pthread_mutex_lock(&query->lock);
    hear_forecast(query, look->now_ns);
    if (look->probed) {
        query->counts.probes++;
        query->faults_in_row = 0;
        backwards = !governor_probe(query->governor, look->now_ns, look->total);
        pace_probes(query, look->now_ns, look->elapsed_ns);
    }
    if (backwards) query->blind = true; /* the next trigger shows what has become of the topic */
    const bool blind = query->blind || fallback;
    decision_t decision = governor_decide(query->governor, look->now_ns, look->own_ns, blind);
    query->counts.decisions++;
    query->reason = decision.reason;
    note_regime(query, decision.reason, look->now_ns);
    if (journal_is_open() || wanted) governor_stats(query->governor, &stats);
    pthread_mutex_unlock(&query->lock);

    journal_look_t line = {
        .probed = look->probed,
        .total = look->total,
        .elapsed_us = look->elapsed_ns / 1000,
        .now_ns = look->now_ns,
        .own_ns = look->own_ns,
        .blind = blind,
    };
    journal_decision(&query->subject, &line, &decision, &stats);
    tell_controller(query, look, &decision, fallback, wanted ? &stats : NULL);
    return decision;
}

void query_fault(query_t *query, int64_t now_ns, const char *what)
{
    const char *label = query_label(&query->identity);
    query->blind = true;
    query->faults_in_row++;
    pthread_mutex_lock(&query->lock);
    query->counts.faults++;
    pthread_mutex_unlock(&query->lock);
    if (query_is_released(query)) {
        feed_released(query->exchange);
        log_line(LOG_WARNING, tag,
                 "query %s: %s; %d faults in a row, the job's own schedule is kept from now on", label, what,
                 query->faults_in_row);
        return;
    }
    if (query->fault_line_ns != 0 && now_ns - query->fault_line_ns < line_gap_ns) return;
    query->fault_line_ns = now_ns;
    log_line(LOG_WARNING, tag, "query %s: %s; the job's own schedule rules until its next batch", label,
             what);
}

bool query_is_released(const query_t *query)
{
    return query->faults_in_row >= FAULTS_TO_RELEASE;
}
