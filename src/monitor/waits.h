/*
 * How long events waited: arrivals by slot beside the batches that took them, first in, first out; and a histogram of that with few
 * fixed bounds, for /metrics, and one over time.
 *
 * Arrivals and batches may be told in any order of each other: what has no counterpart yet is kept, in up to WAITS_PARTS parts, the
 * oldest of which are then joined.
 *
 * Not all is told: events may have arrived before anybody listened, batches may be lost on the way. Running totals alone would carry
 * such a surplus into every later wait, so time has the last word: no batch takes what arrived after it (but for a slot, in which
 * Spark asks for the newest events), and one that takes all there is takes whatever had arrived before. Pure.
 */
#ifndef ADAPTIVESTREAM_MONITOR_WAITS_H
#define ADAPTIVESTREAM_MONITOR_WAITS_H

#include "monitor/wait_history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DURATION_BOUNDS = 14, WAITS_PARTS = 128 };

/* Upper bounds of the classes in seconds; a last class without one follows. */
extern const double duration_bounds_s[DURATION_BOUNDS];

typedef struct {
    double counts[DURATION_BOUNDS + 1];
    double sum_s;
} duration_histogram_t;

void duration_add(duration_histogram_t *histogram, double seconds, double weight);

typedef struct {
    struct {
        int64_t time_ms;
        double events;
    } parts[WAITS_PARTS]; /* a ring: arrivals without a batch, or events taken without arrivals */
    size_t first, count;
    bool taken; /* whether the parts are events taken */
    bool
        settled; /* since a batch took the last that had arrived before since_ms: its surplus is the next slot's */
    int64_t since_ms; /* all arrivals from here on are told */
    int64_t width_ms; /* of the slot told last */
    duration_histogram_t histogram;
    wait_history_t over_time; /* counts once its unit is set */
} waits_t;

/* `events` arrived in the slot of width_ms from start_ms on. */
void waits_arrive(waits_t *waits, int64_t start_ms, int64_t width_ms, double events);
/* Nothing is known of what arrived between the last slot and start_ms. */
void waits_gap(waits_t *waits, int64_t start_ms);
/* A batch that started at `time_ms` took the `events` oldest; `all`: whether it took all there were, having no limit or not having
 * reached it. */
void waits_take(waits_t *waits, int64_t time_ms, double events, bool all);
/* What the waiting of an event costs: age^exponent, and from tail_from_s on `tail` times that sum's slope there (control/pending.h:
 * profile_tail). */
typedef struct {
    double exponent, tail, tail_from_s;
} waits_cost_t;

/* What no batch has taken at `now_ms`: its events, and what their waiting has cost, s^exponent. */
typedef struct {
    double events, cost;
} waits_pending_t;
waits_pending_t waits_pending(const waits_t *waits, int64_t now_ms, const waits_cost_t *cost);

/* Forgets what is pending, not the histograms. */
void waits_restart(waits_t *waits);

#endif
