/*
 * When events arrive: the times of a shape or a trace, one after the other, in order.
 *
 *     arrivals_t arrivals;
 *     arrivals_of_shape(&arrivals, &shape, duration_ns, SPACING_POISSON, seed);
 *     for (arrival_t arrival; arrivals_next(&arrivals, &arrival);) ...
 *
 * The same inputs give the same times on every machine. Nothing is allocated and nothing is kept but the
 * position, so a copy of an arrivals_t goes on independently from the same place.
 *
 * Spacing           shape                                     trace
 * SPACING_POISSON   a Poisson process of the target rate      exactly `count` events in each bin, at
 *                                                             independent uniform times
 * SPACING_REGULAR   equal gaps, no randomness; the number     `count` events in each bin at equal gaps
 *                   of events is the exact sum of rate x
 *                   time rounded to the nearest
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_ARRIVALS_H
#define ADAPTIVESTREAM_TRAFFIC_ARRIVALS_H

#include "common/random.h"
#include "traffic/shape.h"
#include "traffic/trace.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { SPACING_POISSON, SPACING_REGULAR, SPACING_COUNT } spacing_t;

extern const char *const spacing_names[SPACING_COUNT]; /* "poisson", "regular" */

typedef struct {
    int64_t time_ns;   /* since the start; never decreases */
    double rate_per_s; /* target rate at that time; for a trace the bin's count over its width */
} arrival_t;

typedef struct {
    int64_t end_ns; /* no arrival at or after this */
    spacing_t spacing;
    random_t random;
    const trace_t *trace; /* NULL for a shape */
    size_t bin;           /* trace: the next one */
    shape_walk_t walk;    /* shape */
    stretch_t stretch;    /* the stretch or bin being filled */
    uint64_t number;      /* events of it given so far */
    uint64_t count;       /* how many it has (unused for Poisson in a shape) */
    double carry;         /* regular in a shape: expected minus given events before the stretch */
    double sum, whole;    /* Poisson in a trace: exponential gaps so far, and of the whole bin */
    int64_t time_ns;      /* Poisson in a shape: the event before */
} arrivals_t;

/* At most duration_ns of the shape or trace (SHAPE_FOREVER_NS: its own length). The shape or trace must stay
 * unchanged as long as `arrivals` is in use. */
void arrivals_of_shape(arrivals_t *arrivals, const shape_t *shape, int64_t duration_ns, spacing_t spacing,
                       uint64_t seed);
void arrivals_of_trace(arrivals_t *arrivals, const trace_t *trace, int64_t duration_ns, spacing_t spacing,
                       uint64_t seed);

/* The next arrival; false at the end. */
bool arrivals_next(arrivals_t *arrivals, arrival_t *arrival);

/* The expected number of events from the beginning to the end, exact for a whole trace. Walks all stretches,
 * so it takes a moment for long runs; `arrivals` must not have been advanced. */
double arrivals_expected_events(const arrivals_t *arrivals);

#endif
