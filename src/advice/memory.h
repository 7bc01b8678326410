/*
 * The last two hours of a stream: what arrived, slot by slot, and, second by second, what was known when the advice for
 * that second was given. Fixed memory, 500 KB.
 *
 * Slots and seconds are numbered from time 0 on; slot i is [i, i + 1) * 100 ms.
 */
#ifndef ADAPTIVESTREAM_ADVICE_MEMORY_H
#define ADAPTIVESTREAM_ADVICE_MEMORY_H

#include "advice/features.h"

#include <stdbool.h>
#include <stdint.h>

enum { SLOTS_PER_SECOND = 10, MEMORY_SECONDS = 7200, MEMORY_SLOTS = MEMORY_SECONDS * SLOTS_PER_SECOND };

typedef struct {
    float log_price;                     /* theta; NAN: nothing is known of this second */
    float quick_share;                   /* of the blend */
    float averages_per_s[RATE_AVERAGES]; /* of the arrivals, as the blend has them */
    int16_t forecasts[FORECASTER_KINDS]; /* feature_of_forecast(), in 1/2048 */
} snapshot_t;

typedef struct {
    int64_t first_slot, end_slot; /* known are the slots first_slot to end_slot - 1 */
    int64_t last_second;          /* the latest snapshot's */
    uint32_t counts[MEMORY_SLOTS];
    snapshot_t snapshots[MEMORY_SECONDS];
} memory_t;

/* Forgets everything; the next slot is `slot`. */
void memory_begin(memory_t *memory, int64_t slot);

void memory_add_slot(memory_t *memory, int64_t events);

static inline int64_t memory_events(const memory_t *memory, int64_t slot)
{
    return memory->counts[(uint64_t)slot % MEMORY_SLOTS];
}

/* Seconds must rise. log_price may be NAN. */
void memory_add_snapshot(memory_t *memory, int64_t second, double log_price, double quick_share,
                         const arrival_rate_t *arrivals, const double forecasts[FORECASTER_KINDS]);

/* Of one of the last MEMORY_SECONDS. */
static inline const snapshot_t *memory_snapshot(const memory_t *memory, int64_t second)
{
    return &memory->snapshots[(uint64_t)second % MEMORY_SECONDS];
}

/* feature_of_forecast() as it was. */
double snapshot_forecast(const snapshot_t *snapshot, int forecaster);

#endif
