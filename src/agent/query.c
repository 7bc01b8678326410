#include "agent/query.h"

#include "agent/clock.h"
#include "agent/controller.h"
#include "agent/feed.h"
#include "agent/journal.h"
#include "common/log.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char tag[] = "AdaptiveStream";
static const int64_t slow_probe_ns = 50 * INT64_C(1000000);
static const int64_t wall_step_ns = 2 * INT64_C(1000000);
static const int64_t line_gap_ns = 60 * INT64_C(1000000000);
static const int64_t exit_patience_ns = 25 * INT64_C(1000000);
static const int64_t set_by_hand_ns = 1000 * INT64_C(1000000);
enum {
    FAULTS_TO_RELEASE = 3,
    FORECAST_PERIODS = 3, /* how old a forecast may be */
};

typedef enum { REGIME_WARMUP, REGIME_ADAPTIVE, REGIME_GUARDED } regime_t;

struct query {
    query_identity_t identity;
    const options_t *options;
    journal_subject_t subject;

    pthread_mutex_t
        lock; /* guards the governor, the counts and `summarised`; never held across a wait or JNI */
    governor_t *governor;
    journal_counts_t counts;
    bool summarised;

    int64_t trigger_ns;
    int64_t epoch_ns;
    partitions_t *partitions;    /* NULL: rows_only */
    int64_t rows, counted_batch; /* rows_only: rows so far, and the latest batch whose rows are in */
    int64_t fired_ns;            /* when the running trigger started */
    int64_t available;
    bool blind;
    regime_t regime;
    int64_t guard_line_ns; /* of the last line about the guard; 0 = none yet */
    int faults_in_row;
    int64_t fault_line_ns; /* of the last line about a fault; 0 = none yet */
    int64_t spacing_ns;    /* least time between probes; 0 = as the governor asks */
    int64_t next_probe_ns;

    exchange_t *exchange; /* with the controller; NULL: no predictor, or no memory for it */
    forecast_t forecast;  /* that the governor was told */
    reason_t reason;      /* of the latest decision */

    query_t *next;
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER; /* taken before any query's lock */
static query_t *registry;

const char *query_label(const query_identity_t *identity)
{
    return identity->name[0] ? identity->name : identity->id;
}

static void enlist(query_t *query)
{
    pthread_mutex_lock(&registry_lock);
    query->next = registry;
    registry = query;
    pthread_mutex_unlock(&registry_lock);
}

static void strike_off(query_t *query)
{
    pthread_mutex_lock(&registry_lock);
    for (query_t **link = &registry; *link; link = &(*link)->next) {
        if (*link == query) {
            *link = query->next;
            break;
        }
    }
    pthread_mutex_unlock(&registry_lock);
}

/* 0 is no limit of the user's. */
static int64_t shorter_wait_ns(int64_t max_wait_ns, int64_t trigger_ns)
{
    return max_wait_ns > 0 && max_wait_ns < trigger_ns ? max_wait_ns : trigger_ns;
}

static governor_config_t configuration(const options_t *options, const query_beginning_t *beginning)
{
    governor_config_t config = governor_config_of(options, beginning->trigger_ns);
    config.origin_ns = beginning->epoch_ns;
    config.rows_only = beginning->rows_only;
    if (beginning->mixed) config.max_wait_ns = shorter_wait_ns(options->max_wait_ns, beginning->trigger_ns);
    return config;
}

static void announce(const query_t *query, const query_beginning_t *beginning)
{
    char trigger[32];
    const options_t *options = query->options;
    const bool rows_only = beginning->rows_only, adaptive = options->policy == POLICY_ADAPTIVE;
    log_line(LOG_INFO, tag, "query %s (id %s): %s%s, trigger %s, goal %s, budget %g%s%s%s%s%s",
             query_label(&query->identity), query->identity.id,
             options->mode == MODE_MONITORING ? "monitored, never acted on" : "governed",
             rows_only ? " by its progress" : "",
             format_duration_ns(query->trigger_ns, trigger, sizeof trigger), goal_names[options->goal],
             options->budget, adaptive ? "" : ", policy ", adaptive ? "" : policy_names[options->policy],
             rows_only ? " (" : "", rows_only ? beginning->why : "", rows_only ? ")" : "");
}

static query_t *create(const query_identity_t *identity, const options_t *options,
                       const governor_config_t *config)
{
    query_t *query = calloc(1, sizeof *query);
    if (!query) return NULL;
    query->governor = governor_create(config);
    if (!query->governor || pthread_mutex_init(&query->lock, NULL) != 0) {
        if (query->governor) governor_destroy(query->governor);
        free(query);
        return NULL;
    }
    query->identity = *identity;
    query->options = options;
    query->subject =
        (journal_subject_t){query_label(&query->identity), query->identity.id, query->identity.run_id};
    return query;
}

static void meet_controller(query_t *query, const governor_config_t *config,
                            const query_beginning_t *beginning)
{
    const journal_subject_t *subject = &query->subject;
    if (strcmp(query->options->predictor, "off") != 0)
        query->exchange = exchange_create(subject->query, subject->id, subject->run);
    if (!query->exchange) return;
    feed_configuration(query->exchange, config, query->governor, query->options->mode, beginning->limit,
                       beginning->epoch_ns);
    feed_arrivals(query->exchange, beginning->now_ns, beginning->epoch_ns, beginning->total);
    controller_enlist(query->exchange, query->options);
}

query_t *query_begin(const query_identity_t *identity, const options_t *options,
                     const query_beginning_t *beginning)
{
    governor_config_t config = configuration(options, beginning);
    query_t *query = create(identity, options, &config);
    if (!query) {
        char trigger[32];
        partitions_destroy(beginning->partitions);
        log_line(LOG_WARNING, tag,
                 "query %s: no governor for a trigger of %s (out of memory, or not within 1 ms and 24 h); "
                 "the job's own "
                 "schedule is kept",
                 query_label(identity), format_duration_ns(beginning->trigger_ns, trigger, sizeof trigger));
        return NULL;
    }
    query->trigger_ns = beginning->trigger_ns;
    query->epoch_ns = beginning->epoch_ns;
    query->available = beginning->available;
    query->partitions = beginning->partitions;
    query->counted_batch = beginning->batch_id;
    governor_start(query->governor, beginning->now_ns, beginning->available, beginning->total);
    announce(query, beginning);

    bool acts = options->mode == MODE_ACTIVE && options->policy == POLICY_ADAPTIVE;
    if (acts && options->max_wait_ns > 0 && options->max_wait_ns < query->trigger_ns)
        log_line(LOG_WARNING, tag,
                 "query %s: max_wait is shorter than the trigger's interval; it is kept, whatever the "
                 "batches it costs",
                 query_label(identity));
    journal_open(options->journal);
    journal_start(&query->subject, &config, agent_mode_names[options->mode], beginning->now_ns,
                  beginning->available, beginning->total);
    if (beginning->limit > 0) {
        governor_set_source_limit(query->governor, beginning->limit);
        journal_limit(&query->subject, beginning->limit);
    }
    enlist(query);
    meet_controller(query, &config, beginning);
    return query;
}

/* @locks_required query->lock */
static void summarise(query_t *query)
{
    if (query->summarised) return;
    query->summarised = true;
    governor_stats_t stats;
    governor_stats(query->governor, &stats);
    journal_summary(&query->subject, &stats, &query->counts);
    log_line(LOG_INFO, tag,
             "query %s ended: %" PRId64 " batches (own trigger would have made %" PRId64
             "), wait mean %.2f s (%.2f s), p95 %.2f s (%.2f s), p99 %.2f s (%.2f s), max %.2f s (%.2f s); "
             "%" PRId64 " events, %" PRId64 " decisions, %" PRId64 " probes, %" PRId64 " faults",
             query_label(&query->identity), stats.own.batches, stats.shadow.batches, stats.own.mean_s,
             stats.shadow.mean_s, stats.own.p95_s, stats.shadow.p95_s, stats.own.p99_s, stats.shadow.p99_s,
             stats.own.max_s, stats.shadow.max_s, stats.own.events, query->counts.decisions,
             query->counts.probes, query->counts.faults);
}

void query_end(query_t *query)
{
    strike_off(query);
    if (query->exchange) controller_strike_off(query->exchange);
    exchange_destroy(query->exchange);
    pthread_mutex_lock(&query->lock);
    summarise(query);
    pthread_mutex_unlock(&query->lock);
    pthread_mutex_destroy(&query->lock);
    governor_destroy(query->governor);
    partitions_destroy(query->partitions);
    free(query);
}

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
    pthread_mutex_unlock(&query->lock);
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
    query->epoch_ns = epoch_ns;
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

int64_t query_next_probe_ns(const query_t *query)
{
    return query->next_probe_ns;
}

/* After a slow probe the spacing doubles, up to half the trigger's interval or half of max_wait; fast ones
 * halve it again. */
static void pace_probes(query_t *query, int64_t now_ns, int64_t elapsed_ns)
{
    int64_t slot_ns = governor_slot_ns(query->governor);
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
    const bool acts = query->options->mode == MODE_ACTIVE;
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
    if (forecast.rate_per_s == query->forecast.rate_per_s &&
        forecast.confidence == query->forecast.confidence)
        return;
    query->forecast = forecast;
    governor_set_forecast(query->governor, forecast.rate_per_s, forecast.confidence);
    journal_forecast(&query->subject, now_ns, forecast.rate_per_s, forecast.confidence);
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
        .mode = query->options->mode,
        .guarded = query->regime == REGIME_GUARDED,
        .fallback = fallback,
        .released = query_is_released(query),
    };
    feed_decision(query->exchange, &told);
    if (stats)
        feed_stats(query->exchange, stats, query->counts.decisions, query->counts.probes,
                   query->counts.faults);
}

/* Whether the job's own schedule rules because the predictor is lost. A query that is only watched, or under another
 * rule, has no use for it anyway. */
static bool falls_back(const query_t *query)
{
    return query->exchange && query->options->mode == MODE_ACTIVE &&
           query->options->policy == POLICY_ADAPTIVE && controller_is_lost();
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

static bool lock_soon(pthread_mutex_t *mutex)
{
    int64_t deadline_ns = clock_read_ns(CLOCK_REALTIME) + exit_patience_ns;
    struct timespec deadline = {deadline_ns / 1000000000, deadline_ns % 1000000000};
    return pthread_mutex_timedlock(mutex, &deadline) == 0;
}

void queries_at_exit(void)
{
    /* Lines into a pipe that nobody reads would wait for ever. */
    if (!log_is_writable() || !lock_soon(&registry_lock)) return;
    for (query_t *query = registry; query; query = query->next) {
        /* One that is busy would delay the exit: its summary is given up. */
        if (pthread_mutex_trylock(&query->lock) != 0) continue;
        summarise(query);
        pthread_mutex_unlock(&query->lock);
    }
    pthread_mutex_unlock(&registry_lock);
}
