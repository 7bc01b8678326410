#include "control/pending.h"

#include <math.h>
#include <stddef.h>

enum { SPREAD_STEPS = 4096 }; /* most chunks of one spread */

static chunk_t *at(pending_t *pending, int index)
{
    return &pending->chunks[(pending->head + index) % PENDING_CHUNKS];
}

static chunk_t merged(const chunk_t *older, const chunk_t *newer)
{
    const double share = (double)newer->events / (double)(older->events + newer->events);
    return (chunk_t){
        .time_ns = older->time_ns + (int64_t)(share * (double)(newer->time_ns - older->time_ns)),
        .since_ns = older->since_ns,
        .events = older->events + newer->events,
    };
}

static void halve(pending_t *pending)
{
    for (int i = 0; i < PENDING_CHUNKS / 2; i++)
        *at(pending, i) = merged(at(pending, 2 * i), at(pending, 2 * i + 1));
    pending->length = PENDING_CHUNKS / 2;
}

void pending_push(pending_t *pending, chunk_t chunk)
{
    if (chunk.events <= 0) return;
    if (pending->length == PENDING_CHUNKS) halve(pending);
    *at(pending, pending->length++) = chunk;
    pending->events += chunk.events;
}

void pending_take(pending_t *pending, int64_t events, int64_t now_ns, histogram_t *waits)
{
    while (events > 0 && pending->length > 0) {
        chunk_t *oldest = at(pending, 0);
        const int64_t taken = events < oldest->events ? events : oldest->events;
        histogram_add(waits, (double)(now_ns - oldest->time_ns) * 1e-9, taken);
        events -= taken;
        pending->events -= taken;
        oldest->events -= taken;
        if (oldest->events > 0) return;
        pending->head = (pending->head + 1) % PENDING_CHUNKS;
        pending->length--;
    }
}

const chunk_t *pending_oldest(const pending_t *pending)
{
    return pending->length > 0 ? &pending->chunks[pending->head] : NULL;
}

double power_less_one(double x, double p)
{
    /* pow() would cost more than all the rest of a decision. */
    if (p == 1) return 1;
    if (p == 2) return x;
    const double root = sqrt(x);
    return p == 1.5 ? root : p == 1.25 ? sqrt(root) : root * sqrt(root);
}

void pending_profile(const pending_t *pending, int64_t now_ns, profile_t *profile)
{
    double eldest = 0, events = 0,
           ages = 0; /* of the group being filled: ages is their sum over its events */
    profile->count = 0;
    for (int i = 0; i < pending->length; i++) {
        const chunk_t *chunk = &pending->chunks[(pending->head + i) % PENDING_CHUNKS];
        const double age = fmax(0, (double)(now_ns - chunk->time_ns) * 1e-9);
        const double of_chunk = (double)chunk->events;
        if (events > 0 && age < eldest * 7 / 8 && profile->count < PROFILE_GROUPS - 1) {
            profile->age_s[profile->count] = ages / events;
            profile->events[profile->count++] = events;
            events = ages = 0;
        }
        if (events == 0) eldest = age;
        events += of_chunk;
        ages += of_chunk * age;
    }
    if (events == 0) return;
    profile->age_s[profile->count] = ages / events;
    profile->events[profile->count++] = events;
}

waiting_t profile_waiting(const profile_t *profile, double later_s, double p)
{
    double sum_p = 0, sum_less = 0; /* sums of age^p and age^(p-1) */
    for (int i = 0; i < profile->count; i++) {
        const double age = profile->age_s[i] + later_s;
        const double less = profile->events[i] * power_less_one(age, p);
        sum_less += less;
        sum_p += less * age;
    }
    return (waiting_t){.waiting = sum_p, .growth = p * sum_less};
}

waiting_t profile_tail(const profile_t *profile, double later_s, double p, double from_s)
{
    double late = 0, over_s = 0; /* events past from_s, and by how much in all */
    for (int i = 0; i < profile->count; i++) {
        const double over = profile->age_s[i] + later_s - from_s;
        if (over <= 0) break; /* oldest first */
        late += profile->events[i];
        over_s += profile->events[i] * over;
    }
    const double slope = p * power_less_one(from_s, p);
    return (waiting_t){.waiting = slope * over_s, .growth = slope * late};
}

void spread_events(const grid_t *grid, int64_t from_ns, int64_t to_ns, int64_t events, chunk_sink_t *sink,
                   void *context)
{
    const __int128 length = to_ns - from_ns;
    const int64_t coarse_ns =
        length > (__int128)SPREAD_STEPS * grid_slot_ns(grid) ? (int64_t)(length / SPREAD_STEPS) : 0;
    int64_t dealt = 0, left_ns = from_ns;
    while (left_ns < to_ns && dealt < events) {
        int64_t right_ns = grid_after(grid, grid->slots, left_ns + coarse_ns);
        if (right_ns > to_ns) right_ns = to_ns;
        /* Event i of n is placed at (i + 1/2) / n of the way: this many lie at or before right_ns. */
        const int64_t due = (int64_t)(((__int128)events * (right_ns - from_ns) * 2 + length) / (2 * length));
        if (due > dealt) {
            const int64_t middle_ns = left_ns + (right_ns - left_ns) / 2;
            sink(context, (chunk_t){.time_ns = middle_ns, .since_ns = from_ns, .events = due - dealt});
            dealt = due;
        }
        left_ns = right_ns;
    }
    if (dealt < events)
        sink(context, (chunk_t){.time_ns = to_ns, .since_ns = from_ns, .events = events - dealt});
}
