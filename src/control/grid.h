/*
 * The time grid of a query: Spark fires at multiples of the trigger interval since the epoch
 * (ProcessingTimeExecutor.nextBatchTime: now / interval * interval + interval), and our slots divide each of
 * those cells into equal parts, so that every trigger point is also a slot boundary.
 */
#ifndef ADAPTIVESTREAM_CONTROL_GRID_H
#define ADAPTIVESTREAM_CONTROL_GRID_H

#include <stdint.h>

typedef struct {
    int64_t origin_ns;  /* any grid point */
    int64_t trigger_ns; /* > 0 */
    int64_t slots;      /* per trigger interval, >= 1 */
} grid_t;

/* Slots near `slot_ns`; with 0 the default: a twentieth of the trigger, within 25 ms and 1 s. */
grid_t grid_make(int64_t origin_ns, int64_t trigger_ns, int64_t slot_ns);

int64_t grid_slot_ns(const grid_t *grid);

/* The first point of the grid of `parts` equal parts per trigger interval that lies after `time_ns`. parts =
 * 1 gives Spark's next trigger, parts = grid->slots the next slot boundary. */
int64_t grid_after(const grid_t *grid, int64_t parts, int64_t time_ns);

/* The last slot boundary at or before `time_ns`. */
int64_t grid_slot_before(const grid_t *grid, int64_t time_ns);

#endif
