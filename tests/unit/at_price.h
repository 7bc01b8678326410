/* The clairvoyant's search at one price, and what a schedule waits: for its test and its fuzzer. */
#ifndef ADAPTIVESTREAM_TESTS_AT_PRICE_H
#define ADAPTIVESTREAM_TESTS_AT_PRICE_H

#include "benchmark/clairvoyant_search.h"

#include <math.h>

/* The sum of the waits, event-seconds. */
static inline double schedule_waited_s(const schedule_t *schedule, const slots_t *slots)
{
    int64_t half_slots = 0;
    size_t slot = 0;
    for (size_t batch = 0; batch < schedule->batches; batch++)
        for (; slot < slots->count && slot < schedule->starts[batch]; slot++)
            half_slots += slots->counts[slot] * (2 * (int64_t)(schedule->starts[batch] - slot) - 1);
    return (double)half_slots * ((double)slots->slot_ns * 0.5e-9);
}

/* A price is rounded to 2^-PRICE_BITS of an event times half a slot. */
enum { PRICE_BITS = 26 };

/* The schedule with the least sum of waits + price_s * batches (price_s >= 0, event-seconds, may be infinite; rounded to
 * 2^-26 of an event times half a slot); of equal ones one with the fewest batches. False when out of memory or an
 * argument is out of range; *schedule is then empty. */
static inline bool clairvoyant_at_price(const slots_t *slots, const clairvoyant_cost_t *cost, double price_s,
                                        schedule_t *schedule)
{
    search_t search;
    corner_t corner = {0};
    bool good = search_prepare(&search, slots, cost) && price_s >= 0;
    if (good && search.last > 0) {
        const double price = nearbyint(ldexp(price_s / search_seconds(&search, 1), PRICE_BITS));
        if (price < ldexp((double)search.waited_by_one, PRICE_BITS))
            good = search_run(&search, INT64_C(1) << PRICE_BITS, (__int128)price, &corner);
        else
            good = search_one_batch(&search, &corner);
    }
    search_free(&search);
    *schedule = corner.schedule;
    return good;
}

#endif
