/*
 * What is known of every query, in memory that does not grow: about 300 kB a query, at most STORE_QUERIES of them. A query that is
 * new when there is no room takes the place of the one not heard of for the longest time, if that was a minute or more.
 *
 * Pure: no clock, no thread, no socket. Whoever shares a store between threads locks it (monitor/monitor.h does).
 */
#ifndef ADAPTIVESTREAM_MONITOR_STORE_H
#define ADAPTIVESTREAM_MONITOR_STORE_H

#include "monitor/history.h"
#include "monitor/waits.h"
#include "protocol/observation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_QUERIES = 50, STORE_MARKS = 1024, STORE_LOG = 64, STORE_REASONS = 16, STORE_CHANGES = 16 };

/* One trigger that took events, for the marks in the charts. */
typedef struct {
    int64_t start_ms;
    float events;
    int32_t
        duration_ms : 28; /* MARK_DURATION_MS and more are told as that; -1: not known, as of the shadow's */
    uint32_t reason : 4;  /* index of store_query_t.reasons */
} mark_t;
enum { MARK_DURATION_MS = (1 << 27) - 1 };
_Static_assert(STORE_REASONS <= 16, "an index of them takes 4 bits");

typedef struct {
    mark_t marks[STORE_MARKS];
    int64_t count; /* ever; the latest is at (count - 1) % STORE_MARKS */
} marks_t;

/* A trigger of ours in the log, with the decision that fired it where it was told. */
typedef struct {
    int64_t start_ms, end_ms, events;
    char reason[PROTOCOL_WORD_SIZE];
    bool has_decision;
    observed_decision_t decision;
    double cost; /* of waiting, then: store_cost() */
} logged_t;

typedef struct {
    char reason[PROTOCOL_WORD_SIZE];
    int64_t count;
} reason_count_t;

/* A forecast that the predictor has given. */
typedef struct {
    int64_t time_ms; /* when; the second that follows is forecast */
    double rate, effective, confidence;
    bool has_quantiles;
    double low, high;
    char model[PROTOCOL_WORD_SIZE];
    int64_t elapsed_us;
} monitored_forecast_t;

/* A change that somebody has asked for. */
typedef struct {
    int64_t time_ms;
    char origin[PROTOCOL_WORD_SIZE];
    char what[96]; /* "goal latency, budget 1.2" */
} logged_change_t;

typedef struct {
    observed_status_t status;
    bool has_forecast;
    monitored_forecast_t forecast;
    int64_t first_ms, last_ms; /* heard of, by the times in what was told */
    history_t history;
    marks_t own, shadow;
    logged_t log[STORE_LOG];
    int64_t logged; /* ever */
    logged_change_t changes[STORE_CHANGES];
    int64_t changed;                       /* ever */
    bool asked;                            /* a change was asked for that the query has not told of yet */
    observed_config_t said;                /* mode, goal and budget as somebody's word was told last */
    reason_count_t reasons[STORE_REASONS]; /* of triggers; the last one takes what has no room */
    observed_stats_t base;                 /* the stats that the history holds up to */
    bool has_base;
    observed_waits_t total_own,
        total_shadow; /* counts and sums only, over all runs: what /metrics counts up */
    int64_t total_decisions, total_probes, total_faults, total_empty, total_fallbacks;
    int64_t slots_end_ms; /* of the slot told last */
    waits_t own_waits, shadow_waits;
    duration_histogram_t batch_times;
} store_query_t;

typedef struct {
    store_query_t *queries[STORE_QUERIES];
    size_t count;
    int64_t now_ms;    /* the latest time told */
    int64_t version;   /* grows with every change */
    int64_t forgotten; /* queries that had to give up their place, or had none */
} store_t;

void store_create(store_t *store);
void store_destroy(store_t *store);

/* NULL when it is not known. */
store_query_t *store_find(const store_t *store, const char *query);

/* Takes in what a query has told. `now_ms` is used where it does not say when. False when there is no room for the query. */
bool store_observe(store_t *store, const observation_t *observation, int64_t now_ms);

/* Takes in a forecast. Of a query that was never observed too: then it is new. */
bool store_forecast(store_t *store, const char *query, const monitored_forecast_t *forecast);

/* Notes a change that somebody asks for, of `query`, or of all for "*". */
void store_note_change(store_t *store, const char *query, const change_t *change, int64_t now_ms);

/* The i-th latest, from 0; NULL beyond what is kept. */
const mark_t *marks_latest(const marks_t *marks, int64_t i);
const logged_t *store_logged(const store_query_t *query, int64_t i);
const logged_change_t *store_changed(const store_query_t *query, int64_t i);

/* What the job's own trigger would have done beside what was done, over some time. */
typedef struct {
    int64_t start_ms, end_ms;
    double own_batches, shadow_batches;
    double own_waited_s, own_events, shadow_waited_s, shadow_events;
    double waits_ratio;   /* own mean wait / the shadow's; nan when one is not known */
    double batches_ratio; /* own batches / the shadow's; nan likewise */
    double saved_s;       /* event-seconds: events times what they waited less (below 0: more) on average */
    double saved_batches;
} savings_t;

/* The finest level of the history that still holds what was at `start_ms`, and is meant for `range_ms`. */
size_t store_level(const store_query_t *query, int64_t start_ms, int64_t range_ms);

/* Over the `range_ms` before `now_ms`. */
savings_t store_savings(const store_query_t *query, int64_t now_ms, int64_t range_ms);

/* What waiting has cost as the price of a batch is counted: the pure delay-cost rule fires at 1 (control/policy.h: p * A / theta).
 * nan when there is no price. */
double store_cost(const observed_status_t *status, double waiting, double price);

/* Mean arrival rate of the last whole seconds that are known; nan when none is. */
double store_rate(const store_query_t *query);

#endif
