#include "agent/feed.h"
#include "agent/query_state.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

static const char tag[] = "AdaptiveStream";

/* Another goal or budget is another law: a governor of its own, which begins to learn with a warm-up. In the journal one
 * run ends with its summary and another starts. False when there is no memory. */
static bool begin_anew(query_t *query, const governor_config_t *config, int64_t now_ns)
{
    governor_t *governor = governor_create(config);
    if (!governor) return false;
    governor_stats_t stats;
    pthread_mutex_lock(&query->lock);
    governor_stats(query->governor, &stats);
    journal_summary(&query->subject, &stats, &query->counts);
    governor_destroy(query->governor);
    query->governor = governor;
    query->config = *config;
    query->counts = (journal_counts_t){0};
    query->forecast = (forecast_t){0};
    query->regime = REGIME_WARMUP;
    query->shadow_told = (shadow_heard_t){0};
    governor_start(governor, now_ns, query->available, query->available);
    governor_set_source_limit(governor, query->limit);
    journal_start(&query->subject, config, agent_mode_names[query->mode], now_ns, query->available,
                  query->available);
    if (query->limit > 0) journal_limit(&query->subject, query->limit);
    pthread_mutex_unlock(&query->lock);
    return true;
}

void query_take_change(query_t *query, int64_t now_ns)
{
    change_t change;
    if (!feed_take_change(query->exchange, &change)) return;
    governor_config_t config = query->config;
    if (change.has_goal) config.goal = change.goal;
    if (change.has_budget) config.budget = change.budget;
    if (change.has_mode) query->mode = change.mode;
    const bool other_law = config.goal != query->config.goal || config.budget != query->config.budget;
    const char *label = query_label(&query->identity),
               *origin = change.origin[0] ? change.origin : "somebody",
               *who = strcmp(origin, "file") == 0 ? "the config file" : origin;
    if (other_law && !begin_anew(query, &config, now_ns)) {
        log_line(LOG_WARNING, tag, "query %s: what %s asked to change stays as it is: no memory", label, who);
        return;
    }
    journal_change(&query->subject, &(journal_change_t){.origin = origin,
                                                        .mode = agent_mode_names[query->mode],
                                                        .goal = goal_names[query->config.goal],
                                                        .budget = query->config.budget});
    feed_configuration(query->exchange, &query->config, query->governor, query->mode, origin, query->limit,
                       query->epoch_ns);
    if (query->mode != MODE_ACTIVE) feed_watching(query->exchange, query->mode);
    log_line(LOG_INFO, tag, "query %s: as %s asked, mode %s, goal %s, budget %g from now on%s", label, who,
             agent_mode_names[query->mode], goal_names[query->config.goal], query->config.budget,
             other_law ? "; learning begins anew" : "");
}
