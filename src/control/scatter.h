/*
 * Events that arrived somewhere between two looks at a source, dealt to slots for those who replay them.
 *
 * At random, not evenly: an event that comes alone would always stand in the middle between two looks, and whoever replays
 * what was seen would learn of arrivals as regular as the looks (decision 13).
 */
#ifndef ADAPTIVESTREAM_CONTROL_SCATTER_H
#define ADAPTIVESTREAM_CONTROL_SCATTER_H

#include "common/random.h"

#include <stdint.h>

/* Receives the events of one slot, in order of time, none twice; slots without events are left out. */
typedef void scatter_sink_t(void *context, int64_t slot, int64_t events);

/* `events` arrived in (from_ns, to_ns]: deals them to the slots of `slot_ns` (slot i: [i, i + 1) * slot_ns). More than 512 are
 * dealt evenly, which is then hardly different and takes less time. */
void scatter_events(random_t *random, int64_t slot_ns, int64_t from_ns, int64_t to_ns, int64_t events,
                    scatter_sink_t *sink, void *context);

#endif
