#include "control/shadow.h"

void shadow_start(shadow_t *shadow, const grid_t *grid, int64_t now_ns)
{
    shadow_align(shadow, grid, now_ns);
    shadow->pending.length = 0;
    shadow->pending.events = 0;
}

void shadow_align(shadow_t *shadow, const grid_t *grid, int64_t now_ns)
{
    shadow->next_ns = grid_after(grid, 1, now_ns);
    shadow->held_up = false;
}

void shadow_arrive(shadow_t *shadow, chunk_t chunk)
{
    pending_push(&shadow->pending, chunk);
}

/* Events that had arrived by `time_ns`. Chunks are in order of time. */
static int64_t arrived(const pending_t *pending, int64_t time_ns)
{
    int64_t events = 0;
    for (int i = 0; i < pending->length; i++) {
        const chunk_t *chunk = &pending->chunks[(pending->head + i) % PENDING_CHUNKS];
        if (chunk->time_ns > time_ns) break;
        events += chunk->events;
    }
    return events;
}

bool shadow_advance(shadow_t *shadow, const grid_t *grid, const batch_cost_t *cost, int64_t limit,
                    int64_t now_ns)
{
    const chunk_t *oldest = pending_oldest(&shadow->pending);
    if (!oldest) return false;
    /* Pass over the triggers that come before the oldest event at once: after a quiet night there are many. */
    if (oldest->time_ns > shadow->next_ns) shadow_align(shadow, grid, oldest->time_ns - 1);
    if (shadow->next_ns > now_ns) return false;

    int64_t events = arrived(&shadow->pending, shadow->next_ns);
    if (limit > 0 && events > limit) events = limit;
    pending_take(&shadow->pending, events, shadow->next_ns, &shadow->waits);
    shadow->recent[shadow->batches++ % SHADOW_RECENT] =
        (shadow_trigger_t){.start_ns = shadow->next_ns, .events = events};
    shadow->events += events;
    shadow->last_batch = events;
    shadow->last_ns = shadow->next_ns;
    shadow->last_held_up = shadow->held_up;

    const int64_t end_ns = shadow->next_ns + (int64_t)(batch_cost_seconds(cost, events) * 1e9);
    const int64_t grid_ns = grid_after(grid, 1, shadow->next_ns);
    shadow->held_up = end_ns > grid_ns;
    shadow->next_ns = shadow->held_up ? end_ns : grid_ns;
    return true;
}
