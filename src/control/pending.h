/*
 * Events that wait for a trigger, oldest first, as chunks of equal arrival time. First in, first out: a
 * micro-batch takes the lowest offsets.
 *
 * Fixed memory: when the ring is full, neighbours are merged two by two, which halves the resolution in
 * time and keeps the mean wait and every promise about the oldest event.
 */
#ifndef ADAPTIVESTREAM_CONTROL_PENDING_H
#define ADAPTIVESTREAM_CONTROL_PENDING_H

#include "common/histogram.h"
#include "control/grid.h"

#include <stdint.h>

enum { PENDING_CHUNKS = 1024 };

typedef struct {
    int64_t time_ns;  /* best estimate of the arrival: the middle of the slot */
    int64_t since_ns; /* no event of the chunk arrived before this */
    int64_t events;
} chunk_t;

typedef struct {
    int head, length;
    int64_t events;
    chunk_t chunks[PENDING_CHUNKS];
} pending_t;

/* What is pending, grouped by age, so that its waiting at many times costs little: neighbours are one group
 * where their ages differ by an eighth at most. A group's spread around its mean age changes sums of age^2 by
 * 0.5 % at most, by 0.1 % where it is evenly filled. */
enum { PROFILE_GROUPS = 160 }; /* a ratio of 10^8 between the ages of the oldest and the youngest event */

typedef struct {
    int count;
    double age_s[PROFILE_GROUPS]; /* mean ages at the time of the profile */
    double events[PROFILE_GROUPS];
} profile_t;

/* Waiting of the pending events at one time: A = sum of age^p and its rate of growth M = p * sum of
 * age^(p-1), ages in seconds. */
typedef struct {
    double waiting;
    double growth;
} waiting_t;

/* Appends a chunk; its time must not be before the last chunk's. Chunks without events are ignored. */
void pending_push(pending_t *pending, chunk_t chunk);

/* Removes the `events` oldest events (all, if there are fewer); their waits until `now_ns` are added to
 * `waits`. */
void pending_take(pending_t *pending, int64_t events, int64_t now_ns, histogram_t *waits);

/* The oldest chunk, or NULL. */
const chunk_t *pending_oldest(const pending_t *pending);

/* Chunks younger than now count with age 0. */
void pending_profile(const pending_t *pending, int64_t now_ns, profile_t *profile);

/* The waiting `later_s` (>= 0) seconds after the profile's time. p is 1, 1.25, 1.5, 1.75 or 2. */
waiting_t profile_waiting(const profile_t *profile, double later_s, double p);

/* The same for the part of the waiting beyond from_s, where it grows as it does at from_s: p from_s^(p-1) an event
 * and second. */
waiting_t profile_tail(const profile_t *profile, double later_s, double p, double from_s);

/* x^(p-1) for these p. */
double power_less_one(double x, double p);

/* Receives one chunk of a spread. */
typedef void chunk_sink_t(void *context, chunk_t chunk);

/* Deals `events` that arrived somewhere in (from_ns, to_ns] evenly over the slots in between, as whole events
 * that keep their sum: a fraction dealt twice would count one event at two trigger points. Gaps of more than
 * 4096 slots are dealt more coarsely. */
void spread_events(const grid_t *grid, int64_t from_ns, int64_t to_ns, int64_t events, chunk_sink_t *sink,
                   void *context);

#endif
