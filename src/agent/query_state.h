/*
 * The inside of a query, for the three files that make it up: query_life.c begins and ends it, query.c is what happens in
 * between, query_change.c what others ask to change. Nobody else includes this.
 */
#ifndef ADAPTIVESTREAM_AGENT_QUERY_STATE_H
#define ADAPTIVESTREAM_AGENT_QUERY_STATE_H

#include "agent/exchange.h"
#include "agent/journal.h"
#include "agent/query.h"

#include <pthread.h>

typedef enum { REGIME_WARMUP, REGIME_ADAPTIVE, REGIME_GUARDED } regime_t;

struct query {
    query_identity_t identity;
    const options_t *options;
    journal_subject_t subject;

    pthread_mutex_t
        lock; /* guards the governor, the counts and `summarised`; never held across a wait or JNI */
    governor_t *governor;
    governor_config_t config; /* of the governor */
    int64_t limit;            /* most events one trigger takes; 0 = no limit */
    agent_mode_t mode;        /* of the options, or what somebody has asked for since */
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
    int64_t probe_ns; /* that the latest probe took */

    exchange_t *exchange;       /* with the controller; NULL: no predictor, or no memory for it */
    forecast_t forecast;        /* that the governor was told */
    reason_t reason;            /* of the latest decision */
    shadow_heard_t shadow_told; /* what the controller has heard of the shadow */

    query_t *next;
};

/* Does what somebody has asked to change: right after a trigger, whose batch took all up to query->available. */
void query_take_change(query_t *query, int64_t now_ns);

#endif
