/*
 * Simple rules for when a batch starts, without a governor: at every boundary at which no batch runs they look at what
 * is pending. All of them need the job to have no trigger set, so that nothing else holds a batch back.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PLACEMENTS_H
#define ADAPTIVESTREAM_BENCHMARK_PLACEMENTS_H

#include "benchmark/schedule.h"
#include "benchmark/simulate.h"

/* A batch as soon as something is pending: Spark without a trigger. */
bool place_asap(const slots_t *slots, const batch_model_t *model, schedule_t *schedule);

/* Spark without a trigger and with minOffsetsPerTrigger and maxTriggerDelay: a batch as soon as `least` events are
 * pending or `delay_slots` (>= 1) have passed since the source last let a trigger through, be it an empty one
 * (KafkaMicroBatchStream.delayBatch, Spark 3.3 to 4.3). */
bool place_min_offsets(const slots_t *slots, const batch_model_t *model, int64_t least, size_t delay_slots,
                       schedule_t *schedule);

/* A batch as soon as the waiting of what is pending has come to `price_s` event-seconds. */
bool place_delay_cost(const slots_t *slots, const batch_model_t *model, double price_s, schedule_t *schedule);

#endif
