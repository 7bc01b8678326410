#include "benchmark/schedule.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1024 };

bool schedule_append(schedule_t *schedule, size_t start)
{
    if (schedule->batches == schedule->room) {
        const size_t room = schedule->room ? 2 * schedule->room : FIRST_ROOM;
        size_t *starts = realloc(schedule->starts, room * sizeof *starts);
        if (!starts) return false;
        schedule->starts = starts;
        schedule->room = room;
    }
    schedule->starts[schedule->batches++] = start;
    return true;
}

void schedule_free(schedule_t *schedule)
{
    free(schedule->starts);
    *schedule = (schedule_t){0};
}

/* Events by the number of boundaries they see until their batch: 1 is the boundary at the end of their slot. */
static int64_t *count_by_wait(const schedule_t *schedule, const slots_t *slots, size_t longest)
{
    int64_t *events = calloc(longest + 1, sizeof *events);
    if (!events) return NULL;
    size_t slot = 0;
    for (size_t batch = 0; batch < schedule->batches; batch++)
        for (; slot < slots->count && slot < schedule->starts[batch]; slot++)
            events[schedule->starts[batch] - slot] += slots->counts[slot];
    return events;
}

static size_t longest_gap(const schedule_t *schedule)
{
    size_t longest = 0;
    for (size_t i = 0; i < schedule->batches; i++) {
        const size_t gap = schedule->starts[i] - (i > 0 ? schedule->starts[i - 1] : 0);
        if (gap > longest) longest = gap;
    }
    return longest;
}

bool schedule_waits(const schedule_t *schedule, const slots_t *slots, schedule_longer_t *longer,
                    void *context, schedule_waits_t *waits)
{
    *waits = (schedule_waits_t){0};
    if (slots->events == 0) return true;
    const size_t longest = longest_gap(schedule);
    int64_t *events = count_by_wait(schedule, slots, longest);
    if (!events) return false;
    const double slot_s = (double)slots->slot_ns * 1e-9, all = (double)slots->events;
    double before = 0, sum_s = 0;
    for (size_t i = 0; i <= longest; i++) {
        if (events[i] == 0) continue;
        const double wait_s = ((double)i - 0.5) * slot_s;
        const double until = before + (double)events[i];
        sum_s += wait_s * (double)events[i];
        if (before < 0.50 * all && until >= 0.50 * all) waits->p50_s = wait_s;
        if (before < 0.95 * all && until >= 0.95 * all) waits->p95_s = wait_s;
        if (before < 0.99 * all && until >= 0.99 * all) waits->p99_s = wait_s;
        waits->max_s = wait_s;
        before = until;
        if (longer) longer(context, wait_s, 1 - until / all);
    }
    waits->mean_s = sum_s / all;
    free(events);
    return true;
}

int64_t batch_slots(double fixed_s, double per_event_s, int64_t events, int64_t slot_ns)
{
    /* So long that a single event that waits for it makes any schedule worse than one batch; far from an overflow. */
    const int64_t longest = INT64_C(1) << 61;
    const double ns = (fixed_s + per_event_s * (double)events) * 1e9;
    const double slots = ns / (double)slot_ns;
    if (slots >= (double)longest) return longest;
    if (ns >= (double)INT64_MAX) return (int64_t)slots;
    return (int64_t)ns / slot_ns + ((int64_t)ns % slot_ns > 0);
}
