/*
 * What a query has seen and done since the last time: the `observe` message. The agent fills one and writes it; the
 * predictor reads one and hands it to whoever is concerned. Every part may be missing.
 */
#ifndef ADAPTIVESTREAM_PROTOCOL_OBSERVATION_H
#define ADAPTIVESTREAM_PROTOCOL_OBSERVATION_H

#include "protocol/fields.h"
#include "protocol/message.h"

enum {
    OBSERVATION_SLOTS_MAXIMUM = 2048,
    OBSERVATION_TRIGGERS_MAXIMUM = 256,
    OBSERVATION_COSTS_MAXIMUM = 64,
    OBSERVATION_WHY_SIZE = 256,
};

/* Numbers that are not known are nan, integers FIELD_UNKNOWN, texts "". */
typedef struct {
    double trigger_s;
    char mode[PROTOCOL_WORD_SIZE], goal[PROTOCOL_WORD_SIZE], policy[PROTOCOL_WORD_SIZE];
    double budget;
    double slot_s, min_interval_s, max_interval_s, max_wait_s, warmup_s;
    bool rows_only;
    int64_t origin_ms;
    double update_period_s, fallback_s;
    int64_t limit; /* events a trigger; 0 = none */
    char origin
        [PROTOCOL_WORD_SIZE]; /* of mode, goal and budget: "options", or who changed one last: "page", "cli", "file" */
} observed_config_t;

typedef struct {
    int64_t time_ms;
    bool fire;
    char reason[PROTOCOL_WORD_SIZE];
    int64_t pending;
    double oldest_s, waiting, growth, price, rate, interval_s, confidence;
} observed_decision_t;

typedef struct {
    int64_t batches, events;
    double waited_s, mean_s, p50_s, p95_s, p99_s, max_s;
} observed_waits_t;

typedef struct {
    observed_waits_t own, shadow;
    int64_t decisions, probes, faults;
    double debt_batches;
} observed_stats_t;

typedef struct {
    int64_t start_ms, end_ms,
        events; /* end_ms is not known of the shadow's, and not before start_ms; events 0 to 1e12 */
    char reason[PROTOCOL_WORD_SIZE];
} observed_trigger_t;

/* What is true of the query at the moment. */
typedef struct {
    char query[PROTOCOL_LABEL_SIZE]; /* label: name, or id where it has none; never "" */
    char query_id[PROTOCOL_WORD_SIZE * 2], run[PROTOCOL_WORD_SIZE * 2];
    int64_t time_ms;
    char state[PROTOCOL_WORD_SIZE], why[OBSERVATION_WHY_SIZE];

    bool has_config, has_decision, has_stats;
    observed_config_t config;
    observed_decision_t decision;
    observed_stats_t stats;

    size_t cost_count;
    int64_t cost_events[OBSERVATION_COSTS_MAXIMUM];
    double cost_seconds[OBSERVATION_COSTS_MAXIMUM]; /* finite, not below 0 */
} observed_status_t;

/* That, and what happened in the stretch of time since the last observation. */
typedef struct {
    observed_status_t status;

    int64_t slots_start_ms, slots_width_ms;   /* start is a multiple of the width, which is above 0 */
    size_t slot_count;                        /* 0: no slots */
    int64_t slots[OBSERVATION_SLOTS_MAXIMUM]; /* events in each, 0 to 1e12 */

    size_t trigger_count, shadow_count;
    observed_trigger_t triggers[OBSERVATION_TRIGGERS_MAXIMUM], shadow[OBSERVATION_TRIGGERS_MAXIMUM];
} observation_t;

/* Nothing known, nothing in it. Does not touch the arrays, which are large. */
void observation_clear(observation_t *observation);

/* The same of a status alone. */
void observed_status_clear(observed_status_t *status);

/* Writes the members into the object that is open. */
void observation_write(json_writer_t *json, const observation_t *observation);
void observed_status_write(json_writer_t *json, const observed_status_t *status);

/* Reads the value of the member `key`; skips it when it is none of an observation. */
bool observation_read_member(json_reader_t *json, const char *key, observation_t *observation);

/* What a message as a whole must hold to be one; false with a sentence in `error`. */
bool observation_check(const observation_t *observation, char *error, size_t error_size);

/* Takes over what is known in `later`. */
void observed_status_update(observed_status_t *status, const observed_status_t *later);

#endif
