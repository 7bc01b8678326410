#include "monitor/store.h"

#include "common/parse.h"
#include "control/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SILENT_MS = 60 * 1000, AHEAD_MS = 60 * 1000, SLOT_MAXIMUM_MS = 60 * 1000 };
#define FARTHEST_MS INT64_C(100000000000000) /* no clock says more */

void store_create(store_t *store)
{
    *store = (store_t){.now_ms = 0};
}

void store_destroy(store_t *store)
{
    for (size_t i = 0; i < store->count; i++)
        free(store->queries[i]);
    *store = (store_t){.now_ms = 0};
}

store_query_t *store_find(const store_t *store, const char *query)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->queries[i]->status.query, query) == 0) return store->queries[i];
    return NULL;
}

static rule_t rule_of(const observed_config_t *config)
{
    const int goal = name_index(config->goal, goal_names, GOAL_COUNT);
    return rule_for(goal < 0 ? GOAL_BALANCED : (goal_t)goal);
}

double store_cost(const observed_status_t *status, double waiting, double price)
{
    return price > 0 ? rule_of(&status->config).p * waiting / price : (double)NAN;
}

static void begin(store_query_t *query, const char *label, int64_t now_ms)
{
    memset(query, 0, sizeof *query);
    observed_status_clear(&query->status);
    strncpy(query->status.query, label, sizeof query->status.query - 1);
    query->first_ms = query->last_ms = now_ms;
}

static store_query_t *find_or_add(store_t *store, const char *label, int64_t now_ms)
{
    store_query_t *query = store_find(store, label);
    if (query != NULL) return query;
    if (store->count < STORE_QUERIES) {
        query = malloc(sizeof *query);
        if (query == NULL) return NULL;
        store->queries[store->count++] = query;
        begin(query, label, now_ms);
        return query;
    }
    size_t oldest = 0;
    for (size_t i = 1; i < store->count; i++)
        if (store->queries[i]->last_ms < store->queries[oldest]->last_ms) oldest = i;
    store->forgotten++;
    if (now_ms - store->queries[oldest]->last_ms < SILENT_MS) return NULL;
    begin(store->queries[oldest], label, now_ms);
    return store->queries[oldest];
}

/* ------------------------------------------------------------------------------------------------ observations */

/* Whether something may have happened then, when this was told at `at_ms`: a time far ahead would push out all that is known. */
static bool is_plausible(int64_t time_ms, int64_t at_ms)
{
    return time_ms != FIELD_UNKNOWN && time_ms > 0 && time_ms <= at_ms + AHEAD_MS;
}

static uint8_t count_reason(store_query_t *query, const char *reason)
{
    size_t i = 0;
    while (i + 1 < STORE_REASONS && query->reasons[i].count > 0 &&
           strcmp(query->reasons[i].reason, reason) != 0)
        i++;
    if (query->reasons[i].count++ == 0)
        strcpy(query->reasons[i].reason, i + 1 < STORE_REASONS ? reason : "other");
    return (uint8_t)i;
}

static void mark(marks_t *marks, const observed_trigger_t *trigger, uint8_t reason)
{
    int64_t duration_ms = trigger->end_ms == FIELD_UNKNOWN ? -1 : trigger->end_ms - trigger->start_ms;
    if (duration_ms > MARK_DURATION_MS) duration_ms = MARK_DURATION_MS;
    if (duration_ms < 0) duration_ms = -1;
    marks->marks[marks->count++ % STORE_MARKS] = (mark_t){.start_ms = trigger->start_ms,
                                                          .duration_ms = (int32_t)duration_ms,
                                                          .events = (float)trigger->events,
                                                          .reason = reason};
}

static void log_trigger(store_query_t *query, const observed_trigger_t *trigger)
{
    logged_t *entry = &query->log[query->logged++ % STORE_LOG];
    *entry = (logged_t){.start_ms = trigger->start_ms, .end_ms = trigger->end_ms, .events = trigger->events};
    strcpy(entry->reason, trigger->reason);
    const observed_decision_t *decision = &query->status.decision;
    /* The decision told last is this trigger's when it fired just before. */
    if (query->status.has_decision && decision->fire && decision->time_ms != FIELD_UNKNOWN &&
        llabs(trigger->start_ms - decision->time_ms) < 500) {
        entry->has_decision = true;
        entry->decision = *decision;
        entry->cost = store_cost(&query->status, decision->waiting, decision->price);
    }
}

/* Whether a batch of so many events left none behind. Spark divides a limit between partitions, so one may fall a little short. */
static bool took_all(const observed_config_t *config, int64_t events)
{
    return config->limit == 0 || (config->limit > 0 && (double)events < 0.9 * (double)config->limit);
}

static void add_trigger(store_query_t *query, const observed_trigger_t *trigger, int64_t at_ms)
{
    if (!is_plausible(trigger->start_ms, at_ms)) return;
    if (trigger->events <= 0) {
        query->total_empty++;
        return;
    }
    uint8_t reason = count_reason(query, trigger->reason);
    mark(&query->own, trigger, reason);
    log_trigger(query, trigger);
    history_add(&query->history, trigger->start_ms, COLUMN_BATCHES, 1);
    history_add(&query->history, trigger->start_ms, COLUMN_BATCH_EVENTS, (double)trigger->events);
    if (trigger->end_ms != FIELD_UNKNOWN) {
        double seconds = (double)(trigger->end_ms - trigger->start_ms) / 1000;
        history_add(&query->history, trigger->start_ms, COLUMN_BATCH_S, seconds);
        duration_add(&query->batch_times, seconds, 1);
    }
    waits_take(&query->own_waits, trigger->start_ms, (double)trigger->events,
               took_all(&query->status.config, trigger->events));
}

static waits_cost_t cost_of_waiting(const observed_config_t *config)
{
    rule_t rule = rule_of(config);
    bool known = config->trigger_s > 0 && config->budget > 0;
    return (waits_cost_t){.exponent = rule.p,
                          .tail = known ? rule.tail : 0,
                          .tail_from_s = known ? rule_tail_from_s(config->trigger_s, config->budget) : 0};
}

static void add_slot(store_query_t *query, int64_t start_ms, int64_t width_ms, double events)
{
    double width_s = (double)width_ms / 1000;
    history_t *history = &query->history;
    history_add(history, start_ms, COLUMN_KNOWN_S, width_s);
    history_add(history, start_ms, COLUMN_ARRIVED, events);
    history_add(history, start_ms, COLUMN_PEAK, events / width_s);
    if (start_ms != query->slots_end_ms) {
        waits_gap(&query->own_waits, start_ms);
        waits_gap(&query->shadow_waits, start_ms);
    }
    query->slots_end_ms = start_ms + width_ms;
    waits_arrive(&query->own_waits, start_ms, width_ms, events);
    waits_arrive(&query->shadow_waits, start_ms, width_ms, events);
    if (query->status.config.rows_only) return;
    const waits_cost_t cost = cost_of_waiting(&query->status.config);
    waits_pending_t waiting = waits_pending(&query->own_waits, start_ms + width_ms, &cost);
    history_add(history, start_ms, COLUMN_PENDING, waiting.events);
    history_add(history, start_ms, COLUMN_COST,
                store_cost(&query->status, waiting.cost, query->status.decision.price));
}

/* Slots and triggers in the order of their times, so that what is pending falls where a trigger took it. */
static void add_slots_and_triggers(store_query_t *query, const observation_t *seen, int64_t at_ms)
{
    size_t next = 0, slots = seen->slot_count;
    if (seen->slots_width_ms > SLOT_MAXIMUM_MS || !is_plausible(seen->slots_start_ms, at_ms) ||
        !is_plausible(seen->slots_start_ms + (int64_t)slots * seen->slots_width_ms, at_ms))
        slots = 0;
    for (size_t i = 0; i < slots; i++) {
        int64_t start_ms = seen->slots_start_ms + (int64_t)i * seen->slots_width_ms;
        while (next < seen->trigger_count && seen->triggers[next].start_ms <= start_ms)
            add_trigger(query, &seen->triggers[next++], at_ms);
        add_slot(query, start_ms, seen->slots_width_ms, (double)seen->slots[i]);
    }
    while (next < seen->trigger_count)
        add_trigger(query, &seen->triggers[next++], at_ms);
}

static void add_shadow(store_query_t *query, const observed_trigger_t *trigger, int64_t at_ms)
{
    if (!is_plausible(trigger->start_ms, at_ms) || trigger->events <= 0) return;
    mark(&query->shadow, trigger, 0);
    history_add(&query->history, trigger->start_ms, COLUMN_SHADOW_BATCHES, 1);
    waits_take(&query->shadow_waits, trigger->start_ms, (double)trigger->events,
               took_all(&query->status.config, trigger->events));
}

static void add_decision(store_query_t *query, const observed_decision_t *decision, int64_t told_ms)
{
    int64_t at_ms = decision->time_ms;
    if (!is_plausible(at_ms, told_ms)) return;
    history_add(&query->history, at_ms, COLUMN_DECISIONS, 1);
    history_add(&query->history, at_ms, COLUMN_INTERVAL_S, decision->interval_s);
    if (decision->pending != FIELD_UNKNOWN)
        history_add(&query->history, at_ms, COLUMN_PENDING, (double)decision->pending);
    history_add(&query->history, at_ms, COLUMN_COST,
                store_cost(&query->status, decision->waiting, decision->price));
}

static int64_t grown(int64_t now, int64_t before)
{
    return now == FIELD_UNKNOWN ? 0 : before == FIELD_UNKNOWN ? now : now - before;
}

/* Whether all of the run's batches are known here, with those of this observation. Else it began before anybody listened, as it did
 * after a restart of the predictor. */
static bool saw_run_begin(const store_query_t *query, const observation_t *seen)
{
    int64_t known = query->own.count;
    for (size_t i = 0; i < seen->trigger_count; i++)
        known += seen->triggers[i].events > 0;
    return seen->status.stats.own.batches <= known;
}

/* Counts run from the query's start; one that has started again begins anew, and what it did before stays counted. Counters take in
 * what was before anybody listened, the history does not: nobody knows when that was. */
static void add_stats(store_query_t *query, const observation_t *seen, int64_t at_ms)
{
    const observed_stats_t *stats = &seen->status.stats, nothing = {0};
    bool again = query->has_base && (stats->own.events < query->base.own.events ||
                                     stats->shadow.events < query->base.shadow.events ||
                                     stats->decisions < query->base.decisions);
    const observed_stats_t *base = query->has_base && !again ? &query->base : &nothing;
    const bool dated = query->has_base || saw_run_begin(query, seen);
    history_t *history = &query->history;
    double own_s = stats->own.waited_s - base->own.waited_s,
           shadow_s = stats->shadow.waited_s - base->shadow.waited_s;
    int64_t own = grown(stats->own.events, base->own.events),
            shadow = grown(stats->shadow.events, base->shadow.events);
    if (dated) {
        history_add(history, at_ms, COLUMN_OWN_WAITED_S, own_s);
        history_add(history, at_ms, COLUMN_OWN_EVENTS, (double)own);
        history_add(history, at_ms, COLUMN_SHADOW_WAITED_S, shadow_s);
        history_add(history, at_ms, COLUMN_SHADOW_EVENTS, (double)shadow);
    }
    query->total_own.waited_s += isfinite(own_s) ? own_s : 0;
    query->total_shadow.waited_s += isfinite(shadow_s) ? shadow_s : 0;
    query->total_own.events += own;
    query->total_shadow.events += shadow;
    query->total_own.batches += grown(stats->own.batches, base->own.batches);
    query->total_shadow.batches += grown(stats->shadow.batches, base->shadow.batches);
    query->total_decisions += grown(stats->decisions, base->decisions);
    query->total_probes += grown(stats->probes, base->probes);
    query->total_faults += grown(stats->faults, base->faults);
    if (again) {
        waits_restart(&query->own_waits);
        waits_restart(&query->shadow_waits);
    }
    query->base = *stats;
    query->has_base = true;
}

static void heard(store_t *store, store_query_t *query, int64_t at_ms)
{
    if (at_ms > query->last_ms) query->last_ms = at_ms;
    if (at_ms > store->now_ms) store->now_ms = at_ms;
    store->version++;
}

static void note(store_t *store, store_query_t *query, const logged_change_t *entry)
{
    query->changes[query->changed++ % STORE_CHANGES] = *entry;
    store->version++;
}

static logged_change_t change_in_words(const change_t *change, int64_t now_ms)
{
    logged_change_t entry = {.time_ms = now_ms};
    char *what = entry.what;
    size_t size = sizeof entry.what;
    if (change->has_mode) snprintf(what, size, "mode %s", agent_mode_names[change->mode]);
    size_t length = strlen(what);
    if (change->has_goal)
        snprintf(what + length, size - length, "%sgoal %s", length > 0 ? ", " : "", goal_names[change->goal]);
    length = strlen(what);
    if (change->has_budget)
        snprintf(what + length, size - length, "%sbudget %g", length > 0 ? ", " : "", change->budget);
    strcpy(entry.origin, change->origin);
    return entry;
}

static change_t difference(const observed_config_t *before, const observed_config_t *now)
{
    const int mode = name_index(now->mode, agent_mode_names, MODE_COUNT),
              goal = name_index(now->goal, goal_names, GOAL_COUNT);
    change_t change = {.has_mode = mode >= 0 && strcmp(now->mode, before->mode) != 0,
                       .has_goal = goal >= 0 && strcmp(now->goal, before->goal) != 0,
                       .has_budget = now->budget != before->budget,
                       .mode = (agent_mode_t)mode,
                       .goal = (goal_t)goal,
                       .budget = now->budget};
    strcpy(change.origin, now->origin);
    return change;
}

/* What is asked of us is noted when it is asked. An agent follows its config file by itself, and a journal only tells what has come
 * of it; there the start of a run under another goal comes first, in nobody's name, and is passed over. */
static void note_told_change(store_t *store, store_query_t *query, const observed_status_t *told,
                             int64_t at_ms)
{
    const observed_config_t *now = &told->config;
    if (!told->has_config || (now->origin[0] == '\0' && query->said.mode[0] != '\0')) return;
    const observed_config_t before = query->said;
    query->said = *now;
    if (before.mode[0] == '\0' || strcmp(now->origin, "options") == 0) return;
    const change_t change = difference(&before, now);
    if (!change_asks(&change)) return;
    const bool asked = query->asked && strcmp(now->origin, "file") != 0;
    if (asked) {
        query->asked = false;
    } else {
        const logged_change_t entry = change_in_words(&change, at_ms);
        note(store, query, &entry);
    }
}

bool store_observe(store_t *store, const observation_t *observation, int64_t now_ms)
{
    const observed_status_t *told = &observation->status;
    int64_t at_ms = told->time_ms > 0 && told->time_ms < FARTHEST_MS ? told->time_ms : now_ms;
    /* A clock that is far ahead must not push out what is known. */
    if (now_ms > 0 && at_ms > now_ms + AHEAD_MS) at_ms = now_ms;
    store_query_t *query = find_or_add(store, told->query, at_ms);
    if (query == NULL) return false;
    bool was_fallback = strcmp(query->status.state, "fallback") == 0;
    note_told_change(store, query, told, at_ms);
    observed_status_update(&query->status, told);
    if (told->has_config) {
        wait_history_set_unit(&query->own_waits.over_time, told->config.trigger_s);
        wait_history_set_unit(&query->shadow_waits.over_time, told->config.trigger_s);
    }
    query->total_fallbacks += !was_fallback && strcmp(query->status.state, "fallback") == 0;
    if (told->has_stats) add_stats(query, observation, at_ms);
    add_slots_and_triggers(query, observation, at_ms);
    if (told->has_decision) add_decision(query, &told->decision, at_ms);
    for (size_t i = 0; i < observation->shadow_count; i++)
        add_shadow(query, &observation->shadow[i], at_ms);
    heard(store, query, at_ms);
    return true;
}

bool store_forecast(store_t *store, const char *label, const monitored_forecast_t *forecast)
{
    store_query_t *query = find_or_add(store, label, forecast->time_ms);
    if (query == NULL) return false;
    query->forecast = *forecast;
    query->has_forecast = true;
    history_t *history = &query->history;
    /* Drawn where it comes true: the second after. */
    int64_t at_ms = forecast->time_ms + 500;
    if (isfinite(forecast->rate)) {
        history_add(history, at_ms, COLUMN_FORECASTS, 1);
        history_add(history, at_ms, COLUMN_FORECAST, forecast->rate);
        history_add(history, at_ms, COLUMN_LOW, forecast->has_quantiles ? forecast->low : forecast->rate);
        history_add(history, at_ms, COLUMN_HIGH, forecast->has_quantiles ? forecast->high : forecast->rate);
    }
    if (isfinite(forecast->effective)) {
        history_add(history, at_ms, COLUMN_ADVICES, 1);
        history_add(history, at_ms, COLUMN_EFFECTIVE, forecast->effective);
        history_add(history, at_ms, COLUMN_CONFIDENCE, forecast->confidence);
    }
    heard(store, query, forecast->time_ms);
    return true;
}

/* ------------------------------------------------------------------------------------------------ figures */

const mark_t *marks_latest(const marks_t *marks, int64_t i)
{
    if (i < 0 || i >= marks->count || i >= STORE_MARKS) return NULL;
    return &marks->marks[(marks->count - 1 - i) % STORE_MARKS];
}

const logged_t *store_logged(const store_query_t *query, int64_t i)
{
    if (i < 0 || i >= query->logged || i >= STORE_LOG) return NULL;
    return &query->log[(query->logged - 1 - i) % STORE_LOG];
}

const logged_change_t *store_changed(const store_query_t *query, int64_t i)
{
    if (i < 0 || i >= query->changed || i >= STORE_CHANGES) return NULL;
    return &query->changes[(query->changed - 1 - i) % STORE_CHANGES];
}

size_t store_level(const store_query_t *query, int64_t start_ms, int64_t range_ms)
{
    const int64_t reach_ms = query->last_ms - start_ms;
    return history_level_of(reach_ms > range_ms ? reach_ms : range_ms);
}

savings_t store_savings(const store_query_t *query, int64_t now_ms, int64_t range_ms)
{
    double sums[COLUMN_COUNT];
    savings_t savings = {.start_ms = now_ms - range_ms, .end_ms = now_ms + 1};
    history_sum(&query->history, store_level(query, savings.start_ms, range_ms), savings.start_ms,
                savings.end_ms, sums);
    if (savings.start_ms < query->first_ms) savings.start_ms = query->first_ms;
    savings.own_batches = sums[COLUMN_BATCHES];
    savings.shadow_batches = sums[COLUMN_SHADOW_BATCHES];
    savings.own_waited_s = sums[COLUMN_OWN_WAITED_S];
    savings.own_events = sums[COLUMN_OWN_EVENTS];
    savings.shadow_waited_s = sums[COLUMN_SHADOW_WAITED_S];
    savings.shadow_events = sums[COLUMN_SHADOW_EVENTS];
    double own_s = savings.own_events > 0 ? savings.own_waited_s / savings.own_events : (double)NAN;
    double shadow_s =
        savings.shadow_events > 0 ? savings.shadow_waited_s / savings.shadow_events : (double)NAN;
    savings.waits_ratio = shadow_s > 0 ? own_s / shadow_s : (double)NAN;
    savings.batches_ratio =
        savings.shadow_batches > 0 ? savings.own_batches / savings.shadow_batches : (double)NAN;
    savings.saved_s = isnan(own_s) || isnan(shadow_s) ? 0 : (shadow_s - own_s) * savings.own_events;
    savings.saved_batches = savings.shadow_batches - savings.own_batches;
    return savings;
}

void store_note_change(store_t *store, const char *label, const change_t *change, int64_t now_ms)
{
    const logged_change_t entry = change_in_words(change, now_ms);
    for (size_t i = 0; i < store->count; i++) {
        store_query_t *query = store->queries[i];
        if (strcmp(label, "*") != 0 && strcmp(label, query->status.query) != 0) continue;
        note(store, query, &entry);
        query->asked = true;
    }
}

double store_rate(const store_query_t *query)
{
    /* The latest seconds may be known in part: three are looked at. */
    const int64_t end_ms = query->last_ms - query->last_ms % 1000;
    double sums[COLUMN_COUNT];
    history_sum(&query->history, 0, end_ms - 3 * 1000, end_ms, sums);
    return sums[COLUMN_KNOWN_S] > 0 ? sums[COLUMN_ARRIVED] / sums[COLUMN_KNOWN_S] : (double)NAN;
}
