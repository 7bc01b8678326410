/*
 * Arrivals counted in slots of equal width, as simulation and clairvoyant look at them: the events of slot i
 * arrive in its middle, and whatever starts does so on a boundary between two slots.
 *
 * Pure.
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_SLOTS_H
#define ADAPTIVESTREAM_TRAFFIC_SLOTS_H

#include "traffic/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t *counts; /* owned: slots_free(); the events of slot i arrive at (i + 1/2) * slot_ns */
    size_t count;
    int64_t slot_ns;
    int64_t events; /* their sum */
} slots_t;

/* Counts the first `limit_ns` of a trace (0: all of it) in slots of `slot_ns`. The events of a bin that spans
 * several slots are dealt to them at random, as if each by itself, the same way for the same seed; a bin inside one
 * slot keeps its events together. The last slot may be cut off by the end of the trace. False when out of
 * memory. */
bool slots_of_trace(const trace_t *trace, int64_t slot_ns, int64_t limit_ns, uint64_t seed, slots_t *slots);

void slots_free(slots_t *slots);

#endif
