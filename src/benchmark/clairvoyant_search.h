/*
 * The search behind clairvoyant.h: the schedule with the least waiting plus a price for each batch.
 *
 * All sums are whole numbers, so that ties are exact and every machine finds the same schedule: waiting is counted
 * in half-slots, of which an event of slot s taken at boundary j has waited 2 (j - s) - 1, and the price is a
 * fraction. "The fewest batches of equal schedules" is a price that is larger by too little to matter otherwise.
 *
 * States are (boundary j where a batch starts, boundary where the job is free again); of one j only those are kept
 * that no other beats in both cost and time. From j, the starts before it are looked at from the last one back. One
 * that costs no less at j than a later one is forgotten: it leaves more events to the batch, so that this is busy
 * for no less time, and each further slot makes the difference larger. So what is looked at is about the interval
 * of the optimum. A boundary without an event in the slot before it is a useful start only where the job has just
 * become free: else the same batch could start one slot sooner.
 *
 * Pure.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_CLAIRVOYANT_SEARCH_H
#define ADAPTIVESTREAM_BENCHMARK_CLAIRVOYANT_SEARCH_H

#include "benchmark/clairvoyant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct search_state search_state_t;
typedef struct search_origin search_origin_t;

typedef struct {
    clairvoyant_cost_t cost;
    int64_t slot_ns;
    int64_t last;           /* boundary where the last slot with an event ends; 0: there are no events */
    int64_t *before;        /* [0..last]: events before a boundary */
    int64_t *moments;       /* [0..last]: the sum of 2 s + 1 over those events, s being their slot */
    int64_t waited_by_one;  /* half-slots when one batch at `last` takes everything */
    uint8_t *due;           /* [0..last]: a state becomes free at this boundary */
    search_state_t *states; /* of the run under way, ascending by boundary, then by the time of being free */
    size_t state_count, state_room;
    search_origin_t *origins; /* [origin_begin..origin_end): the boundaries that later starts may follow */
    size_t origin_begin, origin_end, origin_room;
} search_t;

/* A corner of the hull. */
typedef struct {
    schedule_t schedule;
    int64_t waited; /* half-slots */
} corner_t;

/* Whether slots and events are few enough for the sums of a run. */
bool search_in_range(const slots_t *slots);

/* False when out of memory or out of range. Either way search_free() is due. */
bool search_prepare(search_t *search, const slots_t *slots, const clairvoyant_cost_t *cost);

void search_free(search_t *search);

/* Least parts * waited + price * batches, parts from 1 to 2^31, 0 <= price <= parts * waited_by_one; last > 0. False
 * when out of memory; *corner is then empty. */
bool search_run(search_t *search, int64_t parts, __int128 price, corner_t *corner);

/* One batch that takes everything: the best for a price of waited_by_one or more. */
bool search_one_batch(const search_t *search, corner_t *corner);

/* Half-slots of waiting in seconds. */
double search_seconds(const search_t *search, double half_slots);

#endif
