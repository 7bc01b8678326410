#include "advice/memory.h"

#include <math.h>
#include <string.h>

static const double feature_steps = 2048;

void memory_begin(memory_t *memory, int64_t slot)
{
    memory->first_slot = memory->end_slot = slot;
    memory->last_second = slot / SLOTS_PER_SECOND - 1;
    for (int i = 0; i < MEMORY_SECONDS; i++)
        memory->snapshots[i].log_price = NAN;
}

void memory_add_slot(memory_t *memory, int64_t events)
{
    const int64_t most = UINT32_MAX;
    memory->counts[(uint64_t)memory->end_slot % MEMORY_SLOTS] = (uint32_t)(events > most ? most : events);
    memory->end_slot++;
    if (memory->end_slot - memory->first_slot > MEMORY_SLOTS)
        memory->first_slot = memory->end_slot - MEMORY_SLOTS;
}

static int16_t packed(double value)
{
    return (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value * feature_steps)));
}

void memory_add_snapshot(memory_t *memory, int64_t second, double log_price, double quick_share,
                         const arrival_rate_t *arrivals, const double forecasts[FORECASTER_KINDS])
{
    int64_t missed = memory->last_second + 1;
    if (missed < second - MEMORY_SECONDS) missed = second - MEMORY_SECONDS;
    for (; missed < second; missed++)
        memory->snapshots[(uint64_t)missed % MEMORY_SECONDS].log_price = NAN;
    snapshot_t *snapshot = &memory->snapshots[(uint64_t)second % MEMORY_SECONDS];
    snapshot->log_price = (float)log_price;
    snapshot->quick_share = (float)quick_share;
    for (int i = 0; i < RATE_AVERAGES; i++)
        snapshot->averages_per_s[i] = (float)arrival_rate_average(arrivals, i);
    for (int i = 0; i < FORECASTER_KINDS; i++)
        snapshot->forecasts[i] = packed(forecasts[i]);
    memory->last_second = second;
}

double snapshot_forecast(const snapshot_t *snapshot, int forecaster)
{
    return snapshot->forecasts[forecaster] / feature_steps;
}
