/*
 * When the batches of a simulated job start, and what that means for the waits. Batches start on boundaries
 * between slots and take all that has arrived: slots 0 to k-1 at boundary k. An event of slot i arrives in its
 * middle, so at boundary k it has waited k - i - 1/2 slots.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SCHEDULE_H
#define ADAPTIVESTREAM_BENCHMARK_SCHEDULE_H

#include "traffic/slots.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t *starts; /* owned: schedule_free(); boundaries, ascending; may lie beyond the last slot */
    size_t batches;
    size_t room;
} schedule_t;

/* False when out of memory; the schedule is then as before. */
bool schedule_append(schedule_t *schedule, size_t start);
void schedule_free(schedule_t *schedule);

typedef struct {
    double mean_s, p50_s, p95_s, p99_s, max_s; /* by events; nearest rank, exact */
} schedule_waits_t;

/* Every event of `slots` must be taken by a batch. All zero when there are no events. `longer`, when not NULL, is called
 * with every wait that occurs, ascending, and the share of the events that wait longer: the curve to draw. False when
 * out of memory. */
typedef void schedule_longer_t(void *context, double wait_s, double share);
bool schedule_waits(const schedule_t *schedule, const slots_t *slots, schedule_longer_t *longer,
                    void *context, schedule_waits_t *waits);

/* Whole slots that a batch of `events` occupies the job: fixed_s + per_event_s * events in whole nanoseconds, as the simulator
 * has it, rounded up. At 0 the job is free at once, but the next batch still needs an event of its own. */
int64_t batch_slots(double fixed_s, double per_event_s, int64_t events, int64_t slot_ns);

#endif
