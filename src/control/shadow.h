/*
 * The shadow trigger: the job's own fixed trigger replayed on the arrivals that really came, with the batch
 * times really learned. Arrivals do not depend on when batches run, so this is exact to the probing
 * resolution. It gives the budget (how many batches the job would have made) and the live "would have been".
 *
 * Replays Spark's ProcessingTimeExecutor.execute (3.3 to 4.3): the next trigger time is the grid point after
 * a trigger's start; a batch that overruns it is followed by the next trigger at once; a trigger that finds
 * no event starts no batch.
 */
#ifndef ADAPTIVESTREAM_CONTROL_SHADOW_H
#define ADAPTIVESTREAM_CONTROL_SHADOW_H

#include "common/histogram.h"
#include "control/batch_cost.h"
#include "control/pending.h"

#include <stdbool.h>

#include <stdint.h>

enum { SHADOW_RECENT = 64 };

/* A trigger of the shadow that found events. */
typedef struct {
    int64_t start_ns, events;
} shadow_trigger_t;

typedef struct {
    int64_t next_ns;                        /* the next trigger */
    bool held_up;                           /* by the batch before it, beyond its point of the grid */
    int64_t batches;                        /* triggers that found events */
    int64_t last_batch;                     /* events of the latest of them... */
    int64_t last_ns;                        /* ...when it started... */
    bool last_held_up;                      /* ...and whether held up */
    int64_t events;                         /* that all of them took */
    shadow_trigger_t recent[SHADOW_RECENT]; /* the latest is [(batches - 1) % SHADOW_RECENT] */
    pending_t pending;
    histogram_t waits;
} shadow_t;

/* The first trigger is the grid point after now_ns. */
void shadow_start(shadow_t *shadow, const grid_t *grid, int64_t now_ns);

/* The grid has moved: the next trigger is its point after now_ns. What is pending stays. */
void shadow_align(shadow_t *shadow, const grid_t *grid, int64_t now_ns);

void shadow_arrive(shadow_t *shadow, chunk_t chunk);

/* Runs the next trigger that is due at or before now_ns and finds events, once. All arrivals up to now_ns
 * must be in. Returns false when there is none; triggers without events are passed over. `limit`: most events
 * a trigger takes, 0 = all. */
bool shadow_advance(shadow_t *shadow, const grid_t *grid, const batch_cost_t *cost, int64_t limit,
                    int64_t now_ns);

#endif
