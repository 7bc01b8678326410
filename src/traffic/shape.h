/*
 * Synthetic traffic: the target rate of events over time, as consecutive stretches of constant rate.
 *
 * burst    The traffic of the original generator: `baseline_per_s`, and in each second outside a burst a
 *          burst begins with probability `burst_probability`. A burst lasts 30 s: ten seconds up in equal
 *          steps from the baseline to burst_multiplier times it, ten seconds there, ten seconds down. At the
 *          default of 0.1 bursts are 10 s apart on average. Unlike the original's, a burst may be cut off by
 *          the end of the run. Gaussian noise of deviation `noise_per_s` may be added, as below; `generate`
 *          leaves it out, since Poisson arrivals bring that much themselves.
 * steady   `baseline_per_s` throughout.
 * phases   "phases=200x100,4000x20": 200 events/s for 100 s, then 4000 events/s for 20 s. Ends by itself.
 * noise, ramp, wall, plateau, cliff, double-peak, sawtooth
 *          Episodes of one kind (traffic/episode.h) without end, all drawn anew, each after 5 to 20 s at the
 *          baseline. A step a second. Peaks reach 2 to 10 times the baseline. To the rate of every second
 *          Gaussian noise of standard deviation `noise_per_s` is added; the sum is kept within 0 and
 *          SHAPE_RATE_MAXIMUM_PER_S. The original's training series are 300 s long, of base 100 and noise 10.
 * mixed    Episodes of all seven kinds, drawn as often as in the original's training series, one directly
 *          after the other: a series of the kind that the original trains on.
 *
 * The seed decides everything. A shorter run is exactly the beginning of a longer one, and the noise does not
 * change which episodes are drawn.
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_SHAPE_H
#define ADAPTIVESTREAM_TRAFFIC_SHAPE_H

#include "common/random.h"
#include "traffic/episode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHAPE_PHASES_MAXIMUM = 256 };

/* The highest rate a shape may reach, events/s: beyond it times in whole nanoseconds are too coarse. */
#define SHAPE_RATE_MAXIMUM_PER_S 1e7

/* The end of a stretch that never ends, ns. */
#define SHAPE_FOREVER_NS (INT64_C(1) << 62)

/* What shape_log_uniform_baseline_per_s() may give, events/s: the original's 10^U(1, 5.7). */
#define SHAPE_LOG_UNIFORM_MINIMUM_PER_S 10.0
#define SHAPE_LOG_UNIFORM_MAXIMUM_PER_S 501187.24

/* The seven from SHAPE_NOISE on stand in the order of episode_kind_t. */
typedef enum {
    SHAPE_BURST,
    SHAPE_STEADY,
    SHAPE_PHASES,
    SHAPE_NOISE,
    SHAPE_RAMP,
    SHAPE_WALL,
    SHAPE_PLATEAU,
    SHAPE_CLIFF,
    SHAPE_DOUBLE_PEAK,
    SHAPE_SAWTOOTH,
    SHAPE_MIXED,
    SHAPE_KINDS
} shape_kind_t;

typedef struct {
    double rate_per_s;
    int64_t duration_ns;
} phase_t;

typedef struct {
    shape_kind_t kind;
    double baseline_per_s;    /* all but phases; >= 0 */
    double burst_multiplier;  /* burst; >= 1 */
    double burst_probability; /* burst; 0 to 1, per second outside a burst */
    double noise_per_s;       /* burst and shapes of episodes; >= 0 */
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
    random_t noise; /* burst, episodes */
    int64_t time_ns;
    size_t phase;     /* phases: the next one */
    int burst_second; /* burst: 0 outside, else 1 to 30 */
    int quiet_s;      /* episodes: seconds at the baseline before the episode */
    episode_t episode;
} shape_walk_t;

/* Reads a shape's name, or "phases=RATExSECONDS,...", into kind and phases and leaves the other members
 * alone. On failure `error` holds one sentence that names the offending part and what is allowed. */
bool shape_parse(const char *text, shape_t *shape, char *error, size_t error_size);

/* Whether the shape is made of episodes: noise to mixed. */
bool shape_has_episodes(const shape_t *shape);

/* Whether the shape heeds noise_per_s: bursts and episodes. */
bool shape_has_noise(const shape_t *shape);

/* The shape's own length; SHAPE_FOREVER_NS for all but phases. */
int64_t shape_duration_ns(const shape_t *shape);

/* The baseline of this seed in the original's log-uniform series: 10 to the power of a uniform 1 to 5.7. */
double shape_log_uniform_baseline_per_s(uint64_t seed);

/* Begins at time 0. `shape` must outlive the walk. */
void shape_walk_begin(shape_walk_t *walk, const shape_t *shape, uint64_t seed);

/* The next stretch; false at the end. */
bool shape_walk_next(shape_walk_t *walk, stretch_t *stretch);

/* The mean rate in each of the first `seconds` seconds, events/s; 0 after the end of phases. */
void shape_series(const shape_t *shape, uint64_t seed, double *rates_per_s, size_t seconds);

#endif
