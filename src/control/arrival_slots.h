/*
 * How many events arrived in each slot of 100 ms of the wall clock, for the predictor: the rates of the last 30
 * seconds, and the slots it has not been told yet.
 *
 * Arrivals are known from cumulative totals at a few moments. What came between two of them is dealt at random over
 * that time (control/scatter.h says why not evenly). The last ARRIVAL_SLOTS slots are kept; a slot counts once it is over, and
 * the one in which the first total was seen does not, as only a part of it is known.
 *
 * Pure: time is an argument, nanoseconds on an axis whose multiples of 100 ms are the slots' bounds: since the epoch.
 */
#ifndef ADAPTIVESTREAM_CONTROL_ARRIVAL_SLOTS_H
#define ADAPTIVESTREAM_CONTROL_ARRIVAL_SLOTS_H

#include "common/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARRIVAL_SLOTS = 640, ARRIVAL_SLOT_MS = 100, ARRIVAL_SECONDS = 30 };

/* All 0 to begin with. */
typedef struct {
    bool started, seeded;
    int64_t seen_ns, seen_total; /* all arrivals up to here are known */
    int64_t first;               /* the oldest slot kept, as time / 100 ms; may be beyond `open` at first */
    int64_t open;                /* the slot of seen_ns, not over yet */
    int64_t unsent;              /* the first slot that arrival_slots_take() has not given */
    random_t random;             /* seeded at the first start; the same totals give the same counts */
    uint32_t counts[ARRIVAL_SLOTS]; /* of slot s: [s % ARRIVAL_SLOTS] */
} arrival_slots_t;

/* Forgets everything: the next total is a new beginning, before which nothing is known. */
void arrival_slots_restart(arrival_slots_t *slots);

/* At time_ns (not below 0) `total` events have come. A time before the latest one is taken as that one. A total below
 * the latest one tells nothing. */
void arrival_slots_observe(arrival_slots_t *slots, int64_t time_ns, int64_t total);

/* Events/s in each of the last 30 seconds that are over, oldest first; *end_ms is where the last one ends. False while
 * fewer are known. */
bool arrival_slots_rates(const arrival_slots_t *slots, double rates_per_s[ARRIVAL_SECONDS], int64_t *end_ms);

/* The slots that are over and were not taken before, oldest first, at most `room`; *start_ms is where the first one
 * begins. */
size_t arrival_slots_take(arrival_slots_t *slots, int64_t *counts, size_t room, int64_t *start_ms);

#endif
