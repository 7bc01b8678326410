/*
 * The bound: when batches would have to start if all arrivals were known beforehand.
 *
 * Model, the same as the simulator's: the events of slot i arrive in its middle; a batch starts on a boundary
 * between two slots, takes all that has arrived, n > 0 events, and occupies the job for a + b * n seconds,
 * rounded up to whole slots, during which no other batch can start; the wait of an event is batch start minus
 * arrival. Every event is taken. A batch may start at the boundary where the last slot ends, or later.
 *
 * What is minimised is the sum of the waits plus a price for each batch (Lagrange), by dynamic programming
 * over the boundaries, exactly; memory is linear in the number of slots. With a given number of batches the
 * best price is found by bisection. The schedules so found are the corners of the lower convex hull of
 * (batches, waiting), and the hull itself is a bound that no schedule whatever can beat.
 *
 * Pure: no clock, no threads.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_CLAIRVOYANT_H
#define ADAPTIVESTREAM_BENCHMARK_CLAIRVOYANT_H

#include "benchmark/schedule.h"
#include "traffic/slots.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double fixed_s;     /* a */
    double per_event_s; /* b */
} clairvoyant_cost_t;

/* The schedule with the least sum of waits + price_s * batches (price_s >= 0, event-seconds); of equal ones the one with
 * the fewest batches. False when out of memory; *schedule is then empty. */
bool clairvoyant_at_price(const slots_t *slots, const clairvoyant_cost_t *cost, double price_s,
                          schedule_t *schedule);

/* The best corner of the hull with at most `batches` batches (at least 1 is used when there are events), and in
 * *bound_s the hull at `batches` itself: a lower bound of the sum of waits, event-seconds, of any schedule with at
 * most that many batches. False when out of memory. */
bool clairvoyant_within(const slots_t *slots, const clairvoyant_cost_t *cost, int64_t batches,
                        schedule_t *schedule, double *bound_s);

#endif
