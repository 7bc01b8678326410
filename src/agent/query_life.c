#include "agent/clock.h"
#include "agent/controller.h"
#include "agent/feed.h"
#include "agent/query_state.h"
#include "common/log.h"
#include "common/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char tag[] = "AdaptiveStream";
static const int64_t exit_patience_ns = 25 * INT64_C(1000000);

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
    query->config = *config;
    query->mode = options->mode;
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
    feed_configuration(query->exchange, config, query->governor, query->options->mode, "options",
                       beginning->limit, beginning->epoch_ns);
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
    query->limit = beginning->limit;
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
    journal_open(options->journal, options->journal_size_bytes);
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
    governor_stats_t stats;
    pthread_mutex_lock(&query->lock);
    governor_stats(query->governor, &stats);
    feed_end(query->exchange, &stats, query->counts.decisions, query->counts.probes, query->counts.faults);
    if (query->exchange) controller_strike_off(query->exchange);
    summarise(query);
    pthread_mutex_unlock(&query->lock);
    pthread_mutex_destroy(&query->lock);
    governor_destroy(query->governor);
    partitions_destroy(query->partitions);
    free(query);
}

void queries_at_exit(void)
{
    const struct timespec deadline = clock_deadline(exit_patience_ns);
    if (pthread_mutex_timedlock(&registry_lock, &deadline) != 0) return;
    for (query_t *query = registry; query; query = query->next) {
        /* One deadline for all: exit is held up once, and the summary of one that is busy for longer is given up. */
        if (pthread_mutex_timedlock(&query->lock, &deadline) != 0) continue;
        summarise(query);
        pthread_mutex_unlock(&query->lock);
    }
    pthread_mutex_unlock(&registry_lock);
}
