#include "control/arrival_slots.h"

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
    slots->started = true;
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

/* Of `events` in `span_ns`, how many came in its first `part_ns`: whole ones, and all of them at its end. */
static int64_t come_by(int64_t events, int64_t part_ns, int64_t span_ns)
{
    return part_ns >= span_ns ? events : (int64_t)((double)events * ((double)part_ns / (double)span_ns));
}

void arrival_slots_observe(arrival_slots_t *slots, int64_t time_ns, int64_t total)
{
    if (time_ns < 0) time_ns = 0;
    if (!slots->started) {
        start(slots, time_ns, total);
        return;
    }
    if (total < slots->seen_total) return;
    const int64_t events = total - slots->seen_total;
    const int64_t begin_ns = slots->seen_ns, last = time_ns / slot_ns;
    slots->seen_total = total;
    if (time_ns <= begin_ns) {
        add(count_of(slots, slots->open), events);
        return;
    }
    /* What lies further back than the ring holds is not worth a walk. */
    int64_t slot = slots->open, placed = 0;
    if (last - slot >= ARRIVAL_SLOTS) {
        slot = last - ARRIVAL_SLOTS + 1;
        placed = come_by(events, slot * slot_ns - begin_ns, time_ns - begin_ns);
    }
    for (; slot <= last; slot++) {
        const int64_t end_ns = slot == last ? time_ns : (slot + 1) * slot_ns;
        const int64_t come = come_by(events, end_ns - begin_ns, time_ns - begin_ns);
        if (slot != slots->open) *count_of(slots, slot) = 0;
        add(count_of(slots, slot), come - placed);
        placed = come;
    }
    slots->seen_ns = time_ns;
    slots->open = last;
    if (slots->first < last - ARRIVAL_SLOTS + 1) slots->first = last - ARRIVAL_SLOTS + 1;
    if (slots->unsent < slots->first) slots->unsent = slots->first;
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
