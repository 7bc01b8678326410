#include "protocol/observation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(struct_type, member)                                                                          \
    {                                                                                                        \
#member, FIELD_NUMBER, offsetof(struct_type, member), 0                                              \
    }
#define INTEGER(struct_type, member)                                                                         \
    {                                                                                                        \
#member, FIELD_INTEGER, offsetof(struct_type, member), 0                                             \
    }
#define TIME(struct_type, member)                                                                            \
    {                                                                                                        \
#member, FIELD_TIME, offsetof(struct_type, member), 0                                                \
    }
#define BOOLEAN(struct_type, member)                                                                         \
    {                                                                                                        \
#member, FIELD_BOOLEAN, offsetof(struct_type, member), 0                                             \
    }
#define TEXT(struct_type, member)                                                                            \
    {                                                                                                        \
#member, FIELD_TEXT, offsetof(struct_type, member), sizeof(((struct_type *)NULL)->member)            \
    }
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const field_t config_fields[] = {
    NUMBER(observed_config_t, trigger_s),
    TEXT(observed_config_t, mode),
    TEXT(observed_config_t, goal),
    TEXT(observed_config_t, policy),
    NUMBER(observed_config_t, budget),
    NUMBER(observed_config_t, slot_s),
    NUMBER(observed_config_t, min_interval_s),
    NUMBER(observed_config_t, max_interval_s),
    NUMBER(observed_config_t, max_wait_s),
    NUMBER(observed_config_t, warmup_s),
    BOOLEAN(observed_config_t, rows_only),
    INTEGER(observed_config_t, origin_ms),
    NUMBER(observed_config_t, update_period_s),
    NUMBER(observed_config_t, fallback_s),
    INTEGER(observed_config_t, limit),
    TEXT(observed_config_t, origin),
};

static const field_t decision_fields[] = {
    TIME(observed_decision_t, time_ms),      BOOLEAN(observed_decision_t, fire),
    TEXT(observed_decision_t, reason),       INTEGER(observed_decision_t, pending),
    NUMBER(observed_decision_t, oldest_s),   NUMBER(observed_decision_t, waiting),
    NUMBER(observed_decision_t, growth),     NUMBER(observed_decision_t, price),
    NUMBER(observed_decision_t, rate),       NUMBER(observed_decision_t, interval_s),
    NUMBER(observed_decision_t, confidence),
};

static const field_t waits_fields[] = {
    INTEGER(observed_waits_t, batches), INTEGER(observed_waits_t, events), NUMBER(observed_waits_t, waited_s),
    NUMBER(observed_waits_t, mean_s),   NUMBER(observed_waits_t, p50_s),   NUMBER(observed_waits_t, p95_s),
    NUMBER(observed_waits_t, p99_s),    NUMBER(observed_waits_t, max_s),
};

static const field_t stats_fields[] = {
    NUMBER(observed_stats_t, debt_batches),
    INTEGER(observed_stats_t, decisions),
    INTEGER(observed_stats_t, probes),
    INTEGER(observed_stats_t, faults),
};

static const field_t trigger_fields[] = {
    TIME(observed_trigger_t, start_ms),
    TIME(observed_trigger_t, end_ms),
    INTEGER(observed_trigger_t, events),
    TEXT(observed_trigger_t, reason),
};

static const field_t top_fields[] = {
    TEXT(observed_status_t, query),   TEXT(observed_status_t, query_id), TEXT(observed_status_t, run),
    TIME(observed_status_t, time_ms), TEXT(observed_status_t, state),    TEXT(observed_status_t, why),
};

void observed_status_clear(observed_status_t *status)
{
    fields_clear(top_fields, COUNT(top_fields), status);
    fields_clear(config_fields, COUNT(config_fields), &status->config);
    fields_clear(decision_fields, COUNT(decision_fields), &status->decision);
    fields_clear(stats_fields, COUNT(stats_fields), &status->stats);
    fields_clear(waits_fields, COUNT(waits_fields), &status->stats.own);
    fields_clear(waits_fields, COUNT(waits_fields), &status->stats.shadow);
    status->has_config = status->has_decision = status->has_stats = false;
    status->cost_count = 0;
}

void observation_clear(observation_t *observation)
{
    observed_status_clear(&observation->status);
    observation->slots_start_ms = observation->slots_width_ms = FIELD_UNKNOWN;
    observation->slot_count = observation->trigger_count = observation->shadow_count = 0;
}

static void write_object(json_writer_t *json, const char *key, const field_t *fields, size_t count,
                         const void *base)
{
    json_write_open_object(json, key);
    fields_write(json, fields, count, base);
    json_write_close_object(json);
}

static void write_triggers(json_writer_t *json, const char *key, const observed_trigger_t *triggers,
                           size_t count)
{
    if (count == 0) return;
    json_write_open_array(json, key);
    for (size_t i = 0; i < count; i++)
        write_object(json, NULL, trigger_fields, COUNT(trigger_fields), &triggers[i]);
    json_write_close_array(json);
}

static void write_slots(json_writer_t *json, const observation_t *observation)
{
    if (observation->slot_count == 0) return;
    json_write_open_object(json, "slots");
    json_write_integer(json, "start_ms", observation->slots_start_ms);
    json_write_integer(json, "width_ms", observation->slots_width_ms);
    json_write_open_array(json, "counts");
    for (size_t i = 0; i < observation->slot_count; i++)
        json_write_integer(json, NULL, observation->slots[i]);
    json_write_close_array(json);
    json_write_close_object(json);
}

static void write_cost(json_writer_t *json, const observed_status_t *status)
{
    if (status->cost_count == 0) return;
    json_write_open_object(json, "cost");
    json_write_open_array(json, "events");
    for (size_t i = 0; i < status->cost_count; i++)
        json_write_integer(json, NULL, status->cost_events[i]);
    json_write_close_array(json);
    json_write_open_array(json, "seconds");
    for (size_t i = 0; i < status->cost_count; i++)
        json_write_number(json, NULL, status->cost_seconds[i], 6);
    json_write_close_array(json);
    json_write_close_object(json);
}

void observed_status_write(json_writer_t *json, const observed_status_t *status)
{
    fields_write(json, top_fields, COUNT(top_fields), status);
    if (status->has_config)
        write_object(json, "config", config_fields, COUNT(config_fields), &status->config);
    if (status->has_decision)
        write_object(json, "decision", decision_fields, COUNT(decision_fields), &status->decision);
    if (status->has_stats) {
        json_write_open_object(json, "stats");
        write_object(json, "own", waits_fields, COUNT(waits_fields), &status->stats.own);
        write_object(json, "shadow", waits_fields, COUNT(waits_fields), &status->stats.shadow);
        fields_write(json, stats_fields, COUNT(stats_fields), &status->stats);
        json_write_close_object(json);
    }
    write_cost(json, status);
}

void observation_write(json_writer_t *json, const observation_t *observation)
{
    observed_status_write(json, &observation->status);
    write_slots(json, observation);
    write_triggers(json, "triggers", observation->triggers, observation->trigger_count);
    write_triggers(json, "shadow", observation->shadow, observation->shadow_count);
}

/* Bounded so that sums of them are. */
static bool is_count(int64_t events)
{
    return events >= 0 && events <= INT64_C(1000000000000);
}

static bool read_integers(json_reader_t *json, int64_t *values, size_t maximum, size_t *count)
{
    *count = 0;
    json_read_array(json);
    while (json_read_element(json)) {
        if (*count == maximum) return json_read_fail(json, "an array has too many elements");
        if (!json_read_integer(json, &values[*count])) return false;
        if (!is_count(values[*count]))
            return json_read_fail(json, "a number of events is not from 0 to 1000000000000");
        ++*count;
    }
    return json->fault == NULL;
}

static bool read_slots(json_reader_t *json, observation_t *observation)
{
    char key[FIELD_NAME_SIZE];
    json_read_object(json);
    while (json_read_member(json, key, sizeof key)) {
        if (strcmp(key, "start_ms") == 0)
            fields_read_time(json, &observation->slots_start_ms);
        else if (strcmp(key, "width_ms") == 0)
            json_read_integer(json, &observation->slots_width_ms);
        else if (strcmp(key, "counts") == 0)
            read_integers(json, observation->slots, OBSERVATION_SLOTS_MAXIMUM, &observation->slot_count);
        else
            json_read_skip(json);
    }
    if (json->fault != NULL) return false;
    const int64_t hour_ms = 3600000;
    if (observation->slots_width_ms <= 0 || observation->slots_width_ms > hour_ms)
        return json_read_fail(json, "width_ms is missing or not from 1 to 3600000");
    if (observation->slots_start_ms < 0 || observation->slots_start_ms % observation->slots_width_ms != 0)
        return json_read_fail(json, "start_ms is missing or no multiple of width_ms");
    return true;
}

static bool read_triggers(json_reader_t *json, observed_trigger_t *triggers, size_t *count)
{
    *count = 0;
    json_read_array(json);
    while (json_read_element(json)) {
        if (*count == OBSERVATION_TRIGGERS_MAXIMUM)
            return json_read_fail(json, "an array has too many elements");
        observed_trigger_t *trigger = &triggers[*count];
        fields_clear(trigger_fields, COUNT(trigger_fields), trigger);
        if (!fields_read(json, trigger_fields, COUNT(trigger_fields), trigger)) return false;
        if (trigger->start_ms < 0 || !is_count(trigger->events))
            return json_read_fail(json,
                                  "start_ms or events is missing, or events are not from 0 to 1000000000000");
        /* A clock that was set back in the middle is nobody's fault. */
        if (trigger->end_ms != FIELD_UNKNOWN && trigger->end_ms < trigger->start_ms)
            trigger->end_ms = trigger->start_ms;
        ++*count;
    }
    return json->fault == NULL;
}

static bool read_seconds(json_reader_t *json, double *values, size_t *count)
{
    *count = 0;
    json_read_array(json);
    while (json_read_element(json)) {
        if (*count == OBSERVATION_COSTS_MAXIMUM)
            return json_read_fail(json, "an array has too many elements");
        if (!json_read_number(json, &values[*count])) return false;
        if (!(values[*count] >= 0 && values[*count] < 1e9))
            return json_read_fail(json, "seconds are below 0, too many or null");
        ++*count;
    }
    return json->fault == NULL;
}

static bool read_cost(json_reader_t *json, observed_status_t *status)
{
    char key[FIELD_NAME_SIZE];
    size_t seconds = 0;
    status->cost_count = 0;
    json_read_object(json);
    while (json_read_member(json, key, sizeof key)) {
        if (strcmp(key, "events") == 0)
            read_integers(json, status->cost_events, OBSERVATION_COSTS_MAXIMUM, &status->cost_count);
        else if (strcmp(key, "seconds") == 0)
            read_seconds(json, status->cost_seconds, &seconds);
        else
            json_read_skip(json);
    }
    if (json->fault != NULL) return false;
    return seconds == status->cost_count || json_read_fail(json, "events and seconds are not equally many");
}

static bool read_config(json_reader_t *json, observed_config_t *config)
{
    if (!fields_read(json, config_fields, COUNT(config_fields), config)) return false;
    /* Any point of the grid will do, also one before 1970. */
    return config->origin_ms == FIELD_UNKNOWN ||
           (config->origin_ms >= -FIELD_TIME_MAXIMUM_MS && config->origin_ms <= FIELD_TIME_MAXIMUM_MS) ||
           json_read_fail(json, "origin_ms is too far away");
}

static bool read_stats(json_reader_t *json, observed_stats_t *stats)
{
    char key[FIELD_NAME_SIZE];
    json_read_object(json);
    while (json_read_member(json, key, sizeof key)) {
        if (strcmp(key, "own") == 0)
            fields_read(json, waits_fields, COUNT(waits_fields), &stats->own);
        else if (strcmp(key, "shadow") == 0)
            fields_read(json, waits_fields, COUNT(waits_fields), &stats->shadow);
        else
            fields_read_member(json, key, stats_fields, COUNT(stats_fields), stats);
    }
    return json->fault == NULL;
}

bool observation_read_member(json_reader_t *json, const char *key, observation_t *observation)
{
    observed_status_t *status = &observation->status;
    if (strcmp(key, "config") == 0) {
        status->has_config = true;
        return read_config(json, &status->config);
    }
    if (strcmp(key, "decision") == 0) {
        status->has_decision = true;
        return fields_read(json, decision_fields, COUNT(decision_fields), &status->decision);
    }
    if (strcmp(key, "stats") == 0) {
        status->has_stats = true;
        return read_stats(json, &status->stats);
    }
    if (strcmp(key, "slots") == 0) return read_slots(json, observation);
    if (strcmp(key, "cost") == 0) return read_cost(json, status);
    if (strcmp(key, "triggers") == 0)
        return read_triggers(json, observation->triggers, &observation->trigger_count);
    if (strcmp(key, "shadow") == 0)
        return read_triggers(json, observation->shadow, &observation->shadow_count);
    return fields_read_member(json, key, top_fields, COUNT(top_fields), status);
}

bool observation_check(const observation_t *observation, char *error, size_t error_size)
{
    if (observation->status.query[0] != '\0') return true;
    snprintf(error, error_size, "query is missing: the label of the query");
    return false;
}

void observed_status_update(observed_status_t *status, const observed_status_t *later)
{
    memcpy(status->query, later->query, sizeof status->query);
    if (later->query_id[0] != '\0') memcpy(status->query_id, later->query_id, sizeof status->query_id);
    if (later->run[0] != '\0') {
        /* One that has started again is no longer what the run before it was, which may have ended. */
        if (strcmp(status->run, later->run) != 0) status->state[0] = status->why[0] = '\0';
        memcpy(status->run, later->run, sizeof status->run);
    }
    if (later->time_ms != FIELD_UNKNOWN) status->time_ms = later->time_ms;
    if (later->state[0] != '\0') {
        memcpy(status->state, later->state, sizeof status->state);
        memcpy(status->why, later->why, sizeof status->why);
    }
    if (later->has_config) status->config = later->config;
    if (later->has_decision) status->decision = later->decision;
    if (later->has_stats) status->stats = later->stats;
    status->has_config |= later->has_config;
    status->has_decision |= later->has_decision;
    status->has_stats |= later->has_stats;
    if (later->cost_count == 0) return;
    status->cost_count = later->cost_count;
    memcpy(status->cost_events, later->cost_events, later->cost_count * sizeof later->cost_events[0]);
    memcpy(status->cost_seconds, later->cost_seconds, later->cost_count * sizeof later->cost_seconds[0]);
}
