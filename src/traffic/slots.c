#include "traffic/slots.h"

#include "common/random.h"

#include <math.h>
#include <stdlib.h>

/* The random stream of slots, apart from the other uses of a seed. */
enum { SLOTS_STREAM = 7 };

/* A bin of more is dealt slot by slot, in time that does not grow with its events. */
enum { ONE_BY_ONE_MAXIMUM = 4096 };

static size_t slot_at(const slots_t *slots, double time_ns)
{
    const size_t slot = (size_t)(time_ns / (double)slots->slot_ns);
    return slot < slots->count ? slot : slots->count - 1;
}

/* How many each slot gets: of what is left for it and those behind it, its share by width. */
static void deal_by_slot(slots_t *slots, random_t *random, double from_ns, double width_ns, uint64_t events)
{
    const size_t first = slot_at(slots, from_ns), last = slot_at(slots, from_ns + width_ns * (1 - 1e-9));
    double left_ns = width_ns, at_ns = from_ns;
    for (size_t slot = first; slot < last && events > 0; slot++) {
        const double end_ns = (double)(slot + 1) * (double)slots->slot_ns;
        const uint64_t dealt = random_binomial(random, events, (end_ns - at_ns) / left_ns);
        slots->counts[slot] += (int64_t)dealt;
        events -= dealt;
        left_ns -= end_ns - at_ns;
        at_ns = end_ns;
    }
    slots->counts[last] += (int64_t)events;
}

/* Deals the events of one bin. The bin's end is exclusive: an event at the very boundary belongs to the next. */
static void deal(slots_t *slots, random_t *random, double from_ns, double width_ns, uint32_t events)
{
    const size_t first = slot_at(slots, from_ns);
    if (first == slot_at(slots, from_ns + width_ns * (1 - 1e-9))) {
        slots->counts[first] += events;
        return;
    }
    if (events > ONE_BY_ONE_MAXIMUM) {
        deal_by_slot(slots, random, from_ns, width_ns, events);
        return;
    }
    for (uint32_t i = 0; i < events; i++)
        slots->counts[slot_at(slots, from_ns + width_ns * random_uniform(random))]++;
}

bool slots_of_trace(const trace_t *trace, int64_t slot_ns, int64_t limit_ns, uint64_t seed, slots_t *slots)
{
    double bins = (double)trace->bin_count;
    if (limit_ns > 0) bins = fmin(bins, floor((double)limit_ns / trace->bin_ns));
    const double length_ns = bins * trace->bin_ns;
    *slots = (slots_t){.slot_ns = slot_ns, .count = (size_t)ceil(length_ns / (double)slot_ns - 1e-6)};
    slots->counts = calloc(slots->count ? slots->count : 1, sizeof *slots->counts);
    if (!slots->counts) return false;
    random_t random;
    random_seed(&random, seed, SLOTS_STREAM);
    for (size_t i = 0; i < (size_t)bins; i++) {
        if (trace->counts[i] == 0) continue;
        deal(slots, &random, (double)i * trace->bin_ns, trace->bin_ns, trace->counts[i]);
        slots->events += trace->counts[i];
    }
    return true;
}

void slots_free(slots_t *slots)
{
    free(slots->counts);
    *slots = (slots_t){0};
}
