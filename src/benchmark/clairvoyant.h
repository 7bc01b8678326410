/*
 * The bound: when batches would have to start if all arrivals were known beforehand.
 *
 * Model, the same as the simulator's: the events of slot i arrive in its middle; a batch starts on a boundary
 * between two slots, takes all that has arrived, n > 0 events, and occupies the job for a + b * n seconds,
 * rounded up to whole slots, during which no other batch can start; the wait of an event is batch start minus
 * arrival. Every event is taken. A batch may start at the boundary where the last slot ends, or later.
 *
 * What is minimised is the sum of the waits plus a price for each batch (Lagrange), by dynamic programming
 * over the boundaries, exactly: see clairvoyant_search.h. The schedules so found are the corners of the lower
 * convex hull of (batches, waiting), and the hull itself is a bound that no schedule whatever can beat. The two
 * corners around a number of batches are found by the method of M. Eisner and D. Severance, "Mathematical
 * techniques for efficient record segmentation in large shared databases", JACM 23(4), 1976: the next price is
 * the slope between the nearest corners known, until nothing lies below the line through them.
 *
 * Memory is linear in the number of slots times the number of busy times that differ, a few as long as the job
 * keeps up: where arrivals overrun it for long (b * events per second > 1), that number grows with the jam.
 *
 * Pure: no clock, no threads.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_CLAIRVOYANT_H
#define ADAPTIVESTREAM_BENCHMARK_CLAIRVOYANT_H

#include "benchmark/schedule.h"
#include "traffic/slots.h"

#include <stdbool.h>
#include <stdint.h>

/* Limits on slots: at most 2^31 of them up to the last event, and events * slots up to there at most 2^60. */
typedef struct {
    double fixed_s;     /* a >= 0, finite */
    double per_event_s; /* b >= 0, finite */
} clairvoyant_cost_t;

/* The best corner of the hull with at most `batches` batches (at least 1 is used when there are events), and in
 * *bound_s the hull at `batches` itself: a lower bound of the sum of waits, event-seconds, of any schedule with at
 * most that many batches. False when out of memory or an argument is out of range; *schedule is then empty. */
bool clairvoyant_within(const slots_t *slots, const clairvoyant_cost_t *cost, int64_t batches,
                        schedule_t *schedule, double *bound_s);

/* Whether the slots and their events are few enough to be counted in 64 bits: else the one above fails. */
bool clairvoyant_in_range(const slots_t *slots);

#endif
