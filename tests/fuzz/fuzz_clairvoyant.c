/* Any arrivals, costs and prices: what comes out is a schedule, and no other schedule, made of the same input, is
 * better than it or than the bound. */
/* links: benchmark traffic common */
#include "benchmark/clairvoyant.h"

#include "../unit/at_price.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_SLOTS = 96 };
#define ROUNDING 1e-12

typedef struct {
    const uint8_t *data;
    size_t left;
} input_t;

static uint8_t take(input_t *input)
{
    if (input->left == 0) return 0;
    input->left--;
    return *input->data++;
}

static void check(int holds)
{
    if (!holds) abort();
}

/* Mostly a few tenths of slots, now and then nothing, ages, or not a number. */
static double take_seconds(input_t *input, double slot_s)
{
    const uint8_t size = take(input), kind = take(input);
    if (kind % 16 == 0) return 0;
    if (kind % 64 == 1) return ldexp(size, kind * 4);
    if (kind == 255) return size % 2 ? NAN : -slot_s;
    return slot_s * size / (1 << kind % 12);
}

/* Mostly few events or none, now and then very many; at times more than are taken. */
static void take_slots(input_t *input, int shift, int64_t *counts, slots_t *slots)
{
    for (size_t i = 0; i < slots->count; i++) {
        const uint8_t byte = take(input);
        if (byte < 128)
            counts[i] = byte % 8;
        else if (byte < 224)
            counts[i] = 0;
        else
            counts[i] = (int64_t)(byte % 32 + 1) << shift;
    }
    for (size_t i = 0; i < slots->count && slots->events < INT64_C(1) << 60; i++)
        slots->events += counts[i];
}

static double waits(const slots_t *slots, int64_t from, int64_t start, int64_t *events)
{
    double slots_waited = 0;
    *events = 0;
    for (int64_t s = from; s < start && s < (int64_t)slots->count; s++) {
        slots_waited += (double)slots->counts[s] * ((double)(start - s) - 0.5);
        *events += slots->counts[s];
    }
    return slots_waited * (double)slots->slot_ns * 1e-9;
}

static void check_feasible(const slots_t *slots, const clairvoyant_cost_t *cost, const schedule_t *schedule)
{
    int64_t from = 0, free = 0, taken = 0, events;
    double waited_s = 0;
    for (size_t i = 0; i < schedule->batches; i++) {
        const int64_t start = (int64_t)schedule->starts[i];
        check(start > from && start >= free);
        waited_s += waits(slots, from, start, &events);
        check(events > 0);
        taken += events;
        free = start + batch_slots(cost->fixed_s, cost->per_event_s, events, slots->slot_ns);
        from = start;
    }
    check(taken == slots->events);
    check(fabs(schedule_waited_s(schedule, slots) - waited_s) <= ROUNDING * waited_s);
}

/* Starts where the input says so and the job is free; at the end as soon as possible. */
static double another(input_t *input, const slots_t *slots, const clairvoyant_cost_t *cost, int64_t *batches)
{
    int64_t from = 0, free = 0, taken = 0, events;
    double waited_s = 0;
    const uint8_t often = take(input);
    *batches = 0;
    for (int64_t j = 1; taken < slots->events; j++) {
        const bool ended = j >= (int64_t)slots->count;
        if (ended && j < free) j = free;
        if (j < free || (!ended && take(input) > often)) continue;
        const double more_s = waits(slots, from, j, &events);
        if (events == 0) continue;
        waited_s += more_s;
        taken += events;
        free = j + batch_slots(cost->fixed_s, cost->per_event_s, events, slots->slot_ns);
        from = j;
        ++*batches;
    }
    return waited_s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t input = {data, size};
    int64_t counts[MOST_SLOTS], batches;
    slots_t slots = {.counts = counts, .count = take(&input) % (MOST_SLOTS + 1)};
    slots.slot_ns = take(&input);
    slots.slot_ns <<= take(&input) % 50;
    const double slot_s = (double)slots.slot_ns * 1e-9, fixed_s = take_seconds(&input, slot_s);
    const double per_event_s = take_seconds(&input, slot_s);
    const int shift = take(&input) % 56;
    const double price_s = ldexp(take_seconds(&input, slot_s), shift);
    const clairvoyant_cost_t cost = {fixed_s,
                                     take(&input) % 8 ? ldexp(per_event_s, -shift - 4) : per_event_s};
    take_slots(&input, shift, counts, &slots);

    schedule_t at_price, within;
    double bound_s;
    const bool good = clairvoyant_at_price(&slots, &cost, price_s, &at_price);
    if (!good) check(at_price.starts == NULL && at_price.batches == 0);
    if (!clairvoyant_within(&slots, &cost, 1, &within, &bound_s)) {
        check(!good && within.starts == NULL && within.batches == 0);
        return 0;
    }
    schedule_free(&within);
    const double waited_s = another(&input, &slots, &cost, &batches);
    check(clairvoyant_within(&slots, &cost, batches, &within, &bound_s));
    check_feasible(&slots, &cost, &within);
    check((int64_t)within.batches <= batches);
    check(bound_s <= waited_s * (1 + ROUNDING) && bound_s <= schedule_waited_s(&within, &slots));
    if (good) {
        check_feasible(&slots, &cost, &at_price);
        /* The price was rounded. */
        const double rounding_s = slot_s * ldexp((double)slots.count, -27);
        const double least_s =
            schedule_waited_s(&at_price, &slots) + fmin(price_s, 1e200) * (double)at_price.batches;
        check(least_s <= (waited_s + fmin(price_s, 1e200) * (double)batches) * (1 + ROUNDING) + rounding_s);
    }
    schedule_free(&at_price);
    schedule_free(&within);
    return 0;
}
