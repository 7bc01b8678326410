/*
 * Synthetic traffic: the target rate of events over time, as consecutive stretches of constant rate.
 *
 *   burst    The traffic of the original generator. `baseline_per_s`, and in each second outside a burst a
 * burst begins with probability `burst_probability`. A burst lasts 30 s: ten seconds up in equal steps from
 * the baseline to burst_multiplier times it, ten seconds there, ten seconds down. At the default of 0.1
 * bursts are 10 s apart on average. Unlike the original's, a burst may be cut off by the end of the run, so
 * that a shorter run is exactly the beginning of a longer one; and no Gaussian noise is added to the rate,
 * since Poisson arrivals bring that much themselves. steady   `baseline_per_s` throughout. phases
 * "phases=200x100,4000x20": 200 events/s for 100 s, then 4000 events/s for 20 s. Ends by itself.
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_SHAPE_H
#define ADAPTIVESTREAM_TRAFFIC_SHAPE_H

#include "common/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHAPE_PHASES_MAXIMUM = 256 };

/* The highest rate a shape may reach, events/s: beyond it times in whole nanoseconds are too coarse. */
#define SHAPE_RATE_MAXIMUM_PER_S 1e7

/* The end of a stretch that never ends, ns. */
#define SHAPE_FOREVER_NS (INT64_C(1) << 62)

typedef enum { SHAPE_BURST, SHAPE_STEADY, SHAPE_PHASES } shape_kind_t;

typedef struct {
    double rate_per_s;
    int64_t duration_ns;
} phase_t;

typedef struct {
    shape_kind_t kind;
    double baseline_per_s;    /* burst, steady */
    double burst_multiplier;  /* burst; >= 1 */
    double burst_probability; /* burst; 0 to 1, per second outside a burst */
    size_t phase_count;
    phase_t phases[SHAPE_PHASES_MAXIMUM];
} shape_t;

/* Constant rate from start_ns (inclusive) to end_ns (exclusive) since the start of the run. */
typedef struct {
    int64_t start_ns;
    int64_t end_ns;
    double rate_per_s;
} stretch_t;

/* Where a walk along a shape stands. May be copied. */
typedef struct {
    const shape_t *shape;
    random_t random;
    int64_t time_ns;
    size_t phase;     /* phases: the next one */
    int burst_second; /* burst: 0 outside, else 1 to 30 */
} shape_walk_t;

/* Reads "burst", "steady" or "phases=RATExSECONDS,..." into kind and phases and leaves the other members
 * alone. On failure `error` holds one sentence that names the offending part and what is allowed. */
bool shape_parse(const char *text, shape_t *shape, char *error, size_t error_size);

/* The shape's own length; SHAPE_FOREVER_NS for burst and steady. */
int64_t shape_duration_ns(const shape_t *shape);

/* Begins at time 0. `shape` must outlive the walk. */
void shape_walk_begin(shape_walk_t *walk, const shape_t *shape, uint64_t seed);

/* The next stretch; false at the end. */
bool shape_walk_next(shape_walk_t *walk, stretch_t *stretch);

#endif
