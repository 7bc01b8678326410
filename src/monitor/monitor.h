/*
 * The dashboard: a store that one thread tells and another one shows over HTTP (monitor/http_server.c).
 *
 *     monitor_t *monitor = monitor_start(&options, error, sizeof error);
 *     monitor_observe(monitor, &observation);      from any thread; holds up nobody
 *     monitor_stop(monitor);
 *
 * What is told is taken in at once, under a lock that is held for some 50 us at a time at most, however many browsers look on and
 * however slow they are.
 */
#ifndef ADAPTIVESTREAM_MONITOR_MONITOR_H
#define ADAPTIVESTREAM_MONITOR_MONITOR_H

#include "monitor/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct monitor monitor_t;

enum { MONITOR_PORT = 9877, MONITOR_ADDRESS_SIZE = 64, MONITOR_ERROR_SIZE = 256 };

/* What is known of the predictor that hosts the dashboard. */
typedef struct {
    const char *model; /* "" when there is none; lives on */
    int64_t requests;
    double uptime_s;
} monitor_health_t;

typedef struct {
    const char *
        address; /* HOST:PORT or HOST; only the loopback interface: "127.0.0.1:9877", "localhost", "[::1]:80" */
    const char *given_as; /* what the user calls it, for errors: "--listen "; NULL: "dashboard=". Lives on */
    bool any_port;        /* where that one is taken, a free one */
    const char *token;    /* who changes something has to know it; NULL: nothing can be changed. Lives on */
    const char *replay;   /* the name of a journal: what is shown does not go on; NULL: live. Lives on */

    /* Both may be NULL; called in the server's thread. `change`: false when it cannot be. */
    bool (*change)(void *context, const char *query, const change_t *change);
    void (*health)(void *context, monitor_health_t *health);
    void *context;
} monitor_options_t;

/* NULL when it cannot listen; `error` then says why in one sentence. */
monitor_t *monitor_start(const monitor_options_t *options, char *error, size_t error_size);
/* Answers are cut off where they are. NULL is allowed. */
void monitor_stop(monitor_t *monitor);

/* Where it listens: "127.0.0.1:9877". */
const char *monitor_address(const monitor_t *monitor);

void monitor_observe(monitor_t *monitor, const observation_t *observation);
void monitor_forecast(monitor_t *monitor, const char *query, const monitored_forecast_t *forecast);
/* A change was asked for, of one query or of all ("*"). */
void monitor_note_change(monitor_t *monitor, const char *query, const change_t *change);

/* ------------------------------------------------------------ for the server, in its own thread */

const monitor_options_t *monitor_options(const monitor_t *monitor);

typedef struct {
    int64_t now_ms, changes, forgotten;
    size_t queries;
} monitor_standing_t;

/* How the store stands. Of one that is live, now_ms is the clock's time. */
monitor_standing_t monitor_standing(monitor_t *monitor);

/* Copies a query, by its place (below standing.queries) or its name; false when there is none. */
bool monitor_copy_at(monitor_t *monitor, size_t place, store_query_t *copy);
bool monitor_copy(monitor_t *monitor, const char *query, store_query_t *copy);

/* Has the change carried out; false when the query is not known. */
bool monitor_change(monitor_t *monitor, const char *query, const change_t *change);

#endif
