#include "benchmark/phases.h"

#include <stdio.h>
#include <stdlib.h>

void phases_free(measured_phases_t *phases)
{
    for (size_t i = 0; i < phases->count; i++)
        free(phases->items[i].spans);
    free(phases->items);
    *phases = (measured_phases_t){0};
}

static bool allocate(measured_phases_t *phases, size_t count, size_t repeat)
{
    *phases = (measured_phases_t){.items = calloc(count, sizeof *phases->items)};
    if (!phases->items) return false;
    for (; phases->count < count; phases->count++) {
        measured_phase_t *phase = &phases->items[phases->count];
        phase->spans = calloc(repeat, sizeof *phase->spans);
        if (!phase->spans) {
            phases_free(phases);
            return false;
        }
    }
    return true;
}

bool phases_locate(const shape_t *shape, int64_t start_ms, int repeat, measured_phases_t *phases)
{
    if (!allocate(phases, shape->phase_count, (size_t)repeat)) return false;
    /* Summed in nanoseconds: rounding each phase to a millisecond would let many repetitions drift. */
    int64_t at_ns = 0;
    span_t *last = NULL;
    for (int round = 0; round < repeat; round++) {
        for (size_t i = 0; i < phases->count; i++) {
            measured_phase_t *phase = &phases->items[i];
            double seconds = (double)shape->phases[i].duration_ns / 1e9;
            snprintf(phase->name, sizeof phase->name, "%g/s x %g s", shape->phases[i].rate_per_s, seconds);
            last = &phase->spans[phase->span_count++];
            last->from_ms = start_ms + at_ns / 1000000;
            at_ns += shape->phases[i].duration_ns;
            last->to_ms = start_ms + at_ns / 1000000;
        }
    }
    phases->end_ms = start_ms + at_ns / 1000000;
    if (last) last->to_ms = INT64_MAX;
    return true;
}
