#include "benchmark/journal_run.h"

#include "benchmark/replay_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_MS = 100, STRETCH_MS = 100 * 1000, WHAT_SIZE = REPLAY_MESSAGE_SIZE / 2 };
static const int64_t million = 1000000;

struct journal_run {
    replay_run_t replayed;
    governor_t *
        governor; /* NULL: its start is not in the journal, or a line was malformed: then what the lines say serves */
    governor_config_t config;
    char mode[PROTOCOL_WORD_SIZE],
        origin[PROTOCOL_WORD_SIZE]; /* in use, and whose word it is; "" when not known */
    int64_t wall_less_ns; /* what has to be added to the lines' times to get the time since the epoch */
    bool has_clock, has_total, has_shadow;
    int64_t seen_ms, total; /* the source held `total` then */
    double rest;            /* of the slot that is not over: events */
    bool has_taken;
    int64_t taken;
    int64_t limit; /* events a trigger; 0 = none */
    int64_t shadow_batches, shadow_events;
    char reason[PROTOCOL_WORD_SIZE]; /* of the decision that fired */
};

journal_run_t *journal_run_create(const char *name)
{
    journal_run_t *run = calloc(1, sizeof *run);
    if (run != NULL) strncpy(run->replayed.run, name, sizeof run->replayed.run - 1);
    return run;
}

void journal_run_destroy(journal_run_t *run)
{
    governor_destroy(run->governor);
    free(run);
}

bool journal_run_is(const journal_run_t *run, const char *name)
{
    return strncmp(run->replayed.run, name, sizeof run->replayed.run - 1) == 0;
}

/* ------------------------------------------------------------------------------------------------ pieces of a line */

static int64_t integer_of(const json_t *line, const char *key)
{
    const json_t *value = json_object_get(line, key);
    return json_is_integer(value) ? json_integer_value(value) : FIELD_UNKNOWN;
}

static double number_of(const json_t *line, const char *key)
{
    const json_t *value = json_object_get(line, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void text_of(const json_t *line, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(line, key));
    strncpy(text, value == NULL ? "" : value, size - 1);
    text[size - 1] = '\0';
}

static int64_t wall_ms(const journal_run_t *run, int64_t steady_ns)
{
    return steady_ns == FIELD_UNKNOWN ? FIELD_UNKNOWN : (steady_ns + run->wall_less_ns) / million;
}

/* A line is written right after its now_ns; a clock that was set shows as a jump. */
static void keep_clock(journal_run_t *run, const json_t *line)
{
    int64_t now_ns = integer_of(line, "now_ns"), wall = integer_of(line, "wall_ms");
    if (now_ns == FIELD_UNKNOWN || llabs(now_ns) > INT64_C(1) << 61 || llabs(wall) > INT64_C(1) << 43) return;
    int64_t less_ns = wall * million - now_ns;
    if (!run->has_clock || llabs(less_ns - run->wall_less_ns) > 1000 * million) run->wall_less_ns = less_ns;
    run->has_clock = true;
}

/* ------------------------------------------------------------------------------------------------ arrivals */

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void add_slot(observation_t *observation, int64_t start_ms, double *events)
{
    if (observation->slot_count == OBSERVATION_SLOTS_MAXIMUM) return;
    if (observation->slot_count == 0) {
        observation->slots_start_ms = start_ms;
        observation->slots_width_ms = SLOT_MS;
    }
    int64_t whole = (int64_t)floor(*events + 1e-9);
    observation->slots[observation->slot_count++] = whole;
    *events -= (double)whole; /* a part of an event counts in the next slot */
}

/* The source holds `total` at `now_ms`: what has come since it was seen last came evenly. */
static void see_total(journal_run_t *run, int64_t now_ms, int64_t total, observation_t *observation)
{
    if (!run->has_total || total < run->total) {
        run->has_total = true;
        run->seen_ms = now_ms - now_ms % SLOT_MS;
        run->total = total;
        run->rest = 0;
        return;
    }
    if (now_ms <= run->seen_ms) { /* within the same millisecond */
        run->rest += (double)(total - run->total);
        run->total = total;
        return;
    }
    if (now_ms - run->seen_ms > STRETCH_MS) { /* a long sleep: its beginning is left out */
        run->seen_ms = now_ms - STRETCH_MS;
        run->seen_ms -= run->seen_ms % SLOT_MS;
    }
    double per_ms = (double)(total - run->total) / (double)(now_ms - run->seen_ms);
    int64_t at_ms = run->seen_ms;
    while (at_ms < now_ms) {
        int64_t start_ms = at_ms - at_ms % SLOT_MS, end_ms = start_ms + SLOT_MS;
        int64_t until_ms = end_ms < now_ms ? end_ms : now_ms;
        run->rest += per_ms * (double)(until_ms - at_ms);
        if (until_ms == end_ms) add_slot(observation, start_ms, &run->rest);
        at_ms = until_ms;
    }
    run->seen_ms = now_ms;
    run->total = total;
}

/* ------------------------------------------------------------------------------------------------ lines */

static void tell_config(journal_run_t *run, observation_t *observation)
{
    observed_config_t *config = &observation->status.config;
    const governor_config_t *from = &run->config;
    observation->status.has_config = true;
    config->trigger_s = seconds(from->trigger_ns);
    strcpy(config->mode, run->mode);
    strcpy(config->goal, goal_names[from->goal]);
    strcpy(config->policy, policy_names[from->policy]);
    config->budget = from->budget;
    config->slot_s = seconds(run->governor != NULL ? governor_slot_ns(run->governor) : from->slot_ns);
    config->min_interval_s = seconds(from->min_interval_ns);
    config->max_interval_s = seconds(from->max_interval_ns);
    config->max_wait_s =
        seconds(run->governor != NULL ? governor_max_wait_ns(run->governor) : from->max_wait_ns);
    config->warmup_s = seconds(from->warmup_ns);
    config->rows_only = from->rows_only;
    config->origin_ms = wall_ms(run, from->origin_ns);
    config->limit = run->limit;
    strcpy(config->origin, run->origin);
}

static bool take_start(journal_run_t *run, const json_t *line, observation_t *observation, char *what)
{
    governor_destroy(run->governor);
    replay_step_t step = replay_begin(&run->replayed, &run->governor, line, what);
    if (step != REPLAY_GOES_ON ||
        !journal_read(&journal_configuration_fields, line, &run->config, what, WHAT_SIZE))
        return false;
    text_of(line, "mode", run->mode, sizeof run->mode);
    /* One that is not the first is another goal's or budget's; whose word that is the line of the change will tell. */
    const bool first = !run->has_taken;
    strcpy(run->origin, first ? "options" : "");
    run->taken = integer_of(line, "taken");
    run->has_taken = run->has_shadow = true;
    if (first) run->has_total = false;
    /* The governor begins to count anew. */
    run->shadow_batches = run->shadow_events = 0;
    run->replayed.decisions = run->replayed.probes = 0;
    see_total(run, wall_ms(run, integer_of(line, "now_ns")), integer_of(line, "total"), observation);
    tell_config(run, observation);
    return true;
}

/* What holds from here on. Where the run's start is in the journal the rest is known. */
static bool take_continue(journal_run_t *run, const json_t *line, observation_t *observation, char *what)
{
    if (run->governor == NULL &&
        !journal_read(&journal_configuration_fields, line, &run->config, what, WHAT_SIZE))
        return false;
    text_of(line, "mode", run->mode, sizeof run->mode);
    tell_config(run, observation);
    return true;
}

static bool take_limit(journal_run_t *run, const json_t *line, observation_t *observation)
{
    const int64_t limit = integer_of(line, "events");
    if (limit == FIELD_UNKNOWN || run->config.trigger_ns <= 0) return false;
    run->limit = limit;
    tell_config(run, observation);
    return true;
}

/* Another goal or budget has begun a governor, with a start of its own. */
static void take_change(journal_run_t *run, const json_t *line, observation_t *observation)
{
    text_of(line, "mode", run->mode, sizeof run->mode);
    text_of(line, "origin", run->origin, sizeof run->origin);
    if (run->config.trigger_ns > 0) tell_config(run, observation);
}

static void take_trigger(journal_run_t *run, const json_t *line, observation_t *observation)
{
    int64_t available = integer_of(line, "available"), start_ms = wall_ms(run, integer_of(line, "start_ns"));
    if (available == FIELD_UNKNOWN || start_ms == FIELD_UNKNOWN || !run->has_clock) return;
    if (run->has_total && available > run->total && start_ms > run->seen_ms)
        see_total(run, start_ms, available, observation);
    const bool known = run->has_taken;
    const int64_t before = run->taken;
    run->has_taken = true;
    run->taken = available;
    if (!known) return; /* the journal begins after the run: nobody knows how many of all these it took */
    observed_trigger_t *trigger = &observation->triggers[observation->trigger_count++];
    *trigger = (observed_trigger_t){.start_ms = start_ms,
                                    .end_ms = wall_ms(run, integer_of(line, "end_ns")),
                                    .events = available > before ? available - before : 0};
    strcpy(trigger->reason, run->reason);
    observation->status.time_ms = trigger->end_ms;
}

/* Its non-empty triggers since the decision before, on the grid of the job's trigger. */
static void tell_shadow(journal_run_t *run, const governor_stats_t *stats, int64_t now_ms,
                        observation_t *observation)
{
    int64_t batches = stats->shadow.batches - run->shadow_batches,
            events = stats->shadow.events - run->shadow_events;
    int64_t width_ms = run->config.trigger_ns / million;
    bool known = run->has_shadow && width_ms > 0 && batches > 0 && batches <= OBSERVATION_TRIGGERS_MAXIMUM;
    int64_t origin_ms = wall_ms(run, run->config.origin_ns);
    int64_t last_ms = known ? now_ms - ((now_ms - origin_ms) % width_ms + width_ms) % width_ms : 0;
    for (int64_t i = 0; known && i < batches; i++)
        observation->shadow[observation->shadow_count++] =
            (observed_trigger_t){.start_ms = last_ms - (batches - 1 - i) * width_ms,
                                 .end_ms = FIELD_UNKNOWN,
                                 .events = events / batches + (i < events % batches)};
    run->has_shadow = true;
    run->shadow_batches = stats->shadow.batches;
    run->shadow_events = stats->shadow.events;
}

static void tell_waits(observed_waits_t *into, const wait_summary_t *from, bool quantiles)
{
    into->batches = from->batches;
    into->events = from->events;
    into->waited_s = from->waited_s;
    into->mean_s = from->events > 0 ? from->waited_s / (double)from->events : (double)NAN;
    if (!quantiles || from->events == 0) return;
    into->p50_s = from->p50_s;
    into->p95_s = from->p95_s;
    into->p99_s = from->p99_s;
    into->max_s = from->max_s;
}

static void tell_stats(const journal_run_t *run, const governor_stats_t *stats, bool quantiles,
                       observation_t *observation)
{
    observed_stats_t *into = &observation->status.stats;
    observation->status.has_stats = true;
    tell_waits(&into->own, &stats->own, quantiles);
    tell_waits(&into->shadow, &stats->shadow, quantiles);
    if (quantiles) into->debt_batches = stats->debt_batches;
    into->decisions = run->replayed.decisions;
    into->probes = run->replayed.probes;
}

static const char *state_of(const journal_run_t *run, const char *reason)
{
    if (strcmp(run->mode, "active") != 0 && run->mode[0] != '\0') return "monitoring";
    if (strcmp(reason, "warmup") == 0) return "warmup";
    if (strcmp(reason, "guard") == 0) return "guarded";
    return strcmp(reason, "blind") == 0 ? "blind" : "active";
}

static bool take_decision(journal_run_t *run, const json_t *line, observation_t *observation, char *what)
{
    int64_t now_ms = wall_ms(run, integer_of(line, "now_ns")), total = integer_of(line, "total");
    governor_stats_t stats = {.debt_batches = 0};
    if (now_ms == FIELD_UNKNOWN || !run->has_clock ||
        !journal_read(&journal_counter_fields, line, &stats, what, WHAT_SIZE))
        return false;
    if (total != FIELD_UNKNOWN) see_total(run, now_ms, total, observation);
    observed_decision_t *decision = &observation->status.decision;
    observation->status.has_decision = true;
    decision->time_ms = now_ms;
    decision->fire = json_is_true(json_object_get(line, "fire"));
    text_of(line, "reason", decision->reason, sizeof decision->reason);
    decision->pending = integer_of(line, "pending");
    decision->oldest_s = number_of(line, "oldest_s");
    decision->waiting = number_of(line, "waiting");
    decision->growth = number_of(line, "growth");
    decision->price = number_of(line, "price");
    decision->rate = number_of(line, "rate_per_s");
    decision->interval_s = number_of(line, "interval_s");
    if (decision->fire) strcpy(run->reason, decision->reason);
    if (run->governor != NULL) governor_stats(run->governor, &stats);
    tell_shadow(run, &stats, now_ms, observation);
    tell_stats(run, &stats, run->governor != NULL, observation);
    strcpy(observation->status.state, state_of(run, decision->reason));
    return true;
}

static bool take_summary(journal_run_t *run, const json_t *line, observation_t *observation, char *what)
{
    governor_stats_t stats;
    if (!journal_read(&journal_wait_fields, line, &stats, what, WHAT_SIZE) ||
        !journal_read(&journal_total_fields, line, &stats, what, WHAT_SIZE))
        return false;
    tell_stats(run, &stats, true, observation);
    int64_t faults = integer_of(line, "faults");
    observation->status.stats.faults = faults;
    strcpy(observation->status.state, "ended");
    governor_destroy(run->governor);
    run->governor = NULL;
    return true;
}

/* Repeats the line on the governor; one that does not follow is let go. */
static void follow(journal_run_t *run, const replay_event_t *event, const json_t *line, size_t number,
                   char *what)
{
    if (run->governor == NULL || replay_event_is_start(event) || replay_event_is_note(event)) return;
    replay_step_t step = replay_follow(&run->replayed, run->governor, event, line, number, what);
    if (step == REPLAY_GOES_ON || step == REPLAY_IS_OVER) return;
    governor_destroy(run->governor);
    run->governor = NULL;
}

static void advise(journal_run_t *run, const json_t *line, const journal_listener_t *listener,
                   const char *query)
{
    double rate = number_of(line, "rate_per_s"), confidence = number_of(line, "confidence");
    if (listener->advised != NULL && isfinite(rate) && isfinite(confidence) && *query != '\0')
        listener->advised(listener->context, query, integer_of(line, "wall_ms"), rate, confidence);
    (void)run;
}

journal_step_t journal_run_take(journal_run_t *run, const json_t *line, size_t number,
                                const journal_listener_t *listener, observation_t *observation)
{
    char what[REPLAY_MESSAGE_SIZE];
    const replay_event_t *event = replay_event_of(line, what);
    const char *name = json_string_value(json_object_get(line, "event"));
    if (event == NULL) return JOURNAL_STEP_MALFORMED;
    observation_clear(observation);
    observed_status_t *status = &observation->status;
    text_of(line, "query", status->query, sizeof status->query);
    text_of(line, "id", status->query_id, sizeof status->query_id);
    text_of(line, "run", status->run, sizeof status->run);
    status->time_ms = integer_of(line, "wall_ms");
    if (status->query[0] == '\0') return JOURNAL_STEP_MALFORMED;
    keep_clock(run, line);
    follow(run, event, line, number, what);
    bool understood = true;
    if (strcmp(name, "start") == 0)
        understood = take_start(run, line, observation, what);
    else if (strcmp(name, "continue") == 0)
        understood = take_continue(run, line, observation, what);
    else if (strcmp(name, "change") == 0)
        take_change(run, line, observation);
    else if (strcmp(name, "trigger") == 0)
        take_trigger(run, line, observation);
    else if (strcmp(name, "decision") == 0)
        understood = take_decision(run, line, observation, what);
    else if (strcmp(name, "summary") == 0)
        understood = take_summary(run, line, observation, what);
    else if (strcmp(name, "forecast") == 0) {
        advise(run, line, listener, status->query);
        return JOURNAL_STEP_TOLD;
    } else if (strcmp(name, "limit") != 0 || !take_limit(run, line, observation))
        return JOURNAL_STEP_NOTHING;
    if (!understood) return JOURNAL_STEP_MALFORMED;
    listener->observed(listener->context, observation);
    return JOURNAL_STEP_TOLD;
}
