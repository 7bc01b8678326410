/*
 * Sends arrivals to Kafka in real time, open loop: every event has a scheduled time and is sent then,
 * whatever happened to those before it. Its Kafka time stamp (CreateTime) is the scheduled time, also when
 * the generator, its queue or the broker was late: an observer who subtracts time stamps then sees the whole
 * delay an event met. With the time of sending instead, a stalled system would slow its own generator and the
 * waits it caused would vanish from the measurement (coordinated omission).
 *
 * The schedule follows the monotonic clock; wall time is read once, at the start. Events due within the same
 * millisecond are sent together at its end, so an event is never early and normally less than 2 ms late.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_RUN_H
#define ADAPTIVESTREAM_GENERATOR_RUN_H

#include "generator/pace.h"
#include "generator/producer.h"
#include "traffic/arrivals.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct {
    client_settings_t client;
    const char *topic;
    arrivals_t arrivals;
    uint64_t seed; /* of values and keys; the arrivals have theirs already */
    size_t payload_bytes;
    size_t keys;        /* 0: events without a key */
    double key_skew;    /* see keys.h */
    FILE *seconds_file; /* gets what pace_print() writes; NULL: none */
    bool quiet;         /* no status line */
} run_request_t;

typedef struct {
    int64_t started_ms; /* wall time of the schedule's second 0, since the epoch */
    double elapsed_s;   /* from then until everything was settled */
    double expected_events;
    uint64_t sent;           /* handed over to the client, delivered + failed in the end */
    uint64_t queue_full;     /* events that had to wait because the client's queue was full */
    double mean_lateness_ms; /* of handing over against the schedule */
    double max_lateness_ms;
    producer_counts_t counts;
    pace_verdict_t pace; /* over the whole plan, or the whole seconds before the run was stopped */
} run_report_t;

/* Runs to the end of the arrivals or the first interrupt, then waits for outstanding deliveries. Unless the
 * result is CLIENT_OPENED nothing was sent, *report is unset and `error` says why in one sentence. */
client_status_t run_generator(const run_request_t *request, run_report_t *report, char *error,
                              size_t error_size);

#endif
