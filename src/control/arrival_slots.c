#include "control/arrival_slots.h"

#include "control/scatter.h"

enum { SLOTS_A_SECOND = 1000 / ARRIVAL_SLOT_MS };
static const int64_t slot_ns = ARRIVAL_SLOT_MS * INT64_C(1000000);

static uint32_t *count_of(arrival_slots_t *slots, int64_t slot)
{
    return &slots->counts[slot % ARRIVAL_SLOTS];
}

void arrival_slots_restart(arrival_slots_t *slots)
{
    slots->started = false;
}

static void start(arrival_slots_t *slots, int64_t time_ns, int64_t total)
{
    if (!slots->seeded) random_seed(&slots->random, 1, 0);
    slots->started = slots->seeded = true;
    slots->seen_ns = time_ns;
    slots->seen_total = total;
    slots->open = time_ns / slot_ns;
    slots->first = slots->unsent = slots->open + (time_ns % slot_ns != 0);
    *count_of(slots, slots->open) = 0;
}

static void add(uint32_t *count, int64_t events)
{
    *count = events > (int64_t)(UINT32_MAX - *count) ? UINT32_MAX : *count + (uint32_t)events;
}

/* Of what is dealt: what lies further back than the ring holds is let go. */
static void take_in(void *context, int64_t slot, int64_t events)
{
    arrival_slots_t *slots = context;
    if (slot > slots->open - ARRIVAL_SLOTS) add(count_of(slots, slot), events);
}

/* Up to slot `last`, which is now the open one, nothing has come yet. */
static void open_slots(arrival_slots_t *slots, int64_t last)
{
    const int64_t oldest = last - ARRIVAL_SLOTS + 1;
    for (int64_t slot = slots->open + 1 > oldest ? slots->open + 1 : oldest; slot <= last; slot++)
        *count_of(slots, slot) = 0;
    slots->open = last;
    if (slots->first < oldest) slots->first = oldest;
    if (slots->unsent < slots->first) slots->unsent = slots->first;
}

void arrival_slots_observe(arrival_slots_t *slots, int64_t time_ns, int64_t total)
{
    if (time_ns < 0) time_ns = 0;
    if (!slots->started) {
        start(slots, time_ns, total);
        return;
    }
    if (total < slots->seen_total) return;
    const int64_t events = total - slots->seen_total, begin_ns = slots->seen_ns;
    slots->seen_total = total;
    if (time_ns <= begin_ns) {
        add(count_of(slots, slots->open), events);
        return;
    }
    open_slots(slots, time_ns / slot_ns);
    scatter_events(&slots->random, slot_ns, begin_ns, time_ns, events, take_in, slots);
    slots->seen_ns = time_ns;
}

bool arrival_slots_rates(const arrival_slots_t *slots, double rates_per_s[ARRIVAL_SECONDS], int64_t *end_ms)
{
    const int64_t begin = slots->open - ARRIVAL_SECONDS * SLOTS_A_SECOND;
    if (!slots->started || begin < slots->first) return false;
    for (int64_t second = 0; second < ARRIVAL_SECONDS; second++) {
        rates_per_s[second] = 0;
        for (int64_t slot = begin + second * SLOTS_A_SECOND; slot < begin + (second + 1) * SLOTS_A_SECOND;
             slot++)
            rates_per_s[second] += slots->counts[slot % ARRIVAL_SLOTS];
    }
    *end_ms = slots->open * ARRIVAL_SLOT_MS;
    return true;
}

size_t arrival_slots_take(arrival_slots_t *slots, int64_t *counts, size_t room, int64_t *start_ms)
{
    size_t count = 0;
    if (!slots->started) return 0;
    *start_ms = slots->unsent * ARRIVAL_SLOT_MS;
    for (; slots->unsent < slots->open && count < room; slots->unsent++)
        counts[count++] = *count_of(slots, slots->unsent);
    return count;
}
