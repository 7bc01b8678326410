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

/* p is 1, 1.5 or 2. Chunks younger than now count with age 0. */
waiting_t pending_waiting(const pending_t *pending, int64_t now_ns, double p);

/* Receives one chunk of a spread. */
typedef void chunk_sink_t(void *context, chunk_t chunk);

/* Deals `events` that arrived somewhere in (from_ns, to_ns] evenly over the slots in between, as whole events
 * that keep their sum: a fraction dealt twice would count one event at two trigger points. Gaps of more than
 * 4096 slots are dealt more coarsely. */
void spread_events(const grid_t *grid, int64_t from_ns, int64_t to_ns, int64_t events, chunk_sink_t *sink,
                   void *context);

#endif
