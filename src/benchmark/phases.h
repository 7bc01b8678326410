/*
 * Where the phases of a run lay in time, so that waits can be split by them.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PHASES_H
#define ADAPTIVESTREAM_BENCHMARK_PHASES_H

#include "benchmark/waits.h"
#include "traffic/shape.h"

enum { PHASE_NAME_SIZE = 48 };

typedef struct {
    char name[PHASE_NAME_SIZE]; /* "4000/s x 20 s" */
    span_t *spans;              /* one for each repetition */
    size_t span_count;
} measured_phase_t;

typedef struct {
    measured_phase_t *items;
    size_t count;
    int64_t end_ms;
} measured_phases_t;

/* The phases of `shape` (kind SHAPE_PHASES) that began at start_ms, `repeat` times in a row; one entry for
 * each phase of the shape, with the spans of all its repetitions. The last span reaches on for ever, so that
 * an event stamped on the run's very end belongs to it. False when out of memory. */
bool phases_locate(const shape_t *shape, int64_t start_ms, int repeat, measured_phases_t *phases);
void phases_free(measured_phases_t *phases);

#endif
