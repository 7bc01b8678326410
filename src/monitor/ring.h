/*
 * Figures over time in fixed memory: an array of buckets holds several rings, each of one width, finest first. A bucket remembers
 * its index, time / width, so that a place that a later time has taken is known from one that is still its own.
 */
#ifndef ADAPTIVESTREAM_MONITOR_RING_H
#define ADAPTIVESTREAM_MONITOR_RING_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t width_ms;
    size_t first, count; /* buckets of the array */
} ring_t;

static inline int64_t ring_span_ms(const ring_t *ring)
{
    return ring->width_ms * (int64_t)ring->count;
}

/* Where in the array the bucket of this index has its place. */
static inline size_t ring_place(const ring_t *ring, int64_t index)
{
    return ring->first + (size_t)index % ring->count;
}

/* The finest of `count` rings that reaches `range_ms` back; the coarsest one where none does. */
static inline size_t ring_reaching(const ring_t rings[], size_t count, int64_t range_ms)
{
    size_t level = 0;
    while (level + 1 < count && ring_span_ms(&rings[level]) < range_ms)
        level++;
    return level;
}

#endif
