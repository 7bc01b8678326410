/*
 * One episode of synthetic traffic: how the rate rises above the base and comes back, a step a second.
 *
 * An episode is one or more peaks. Each rises from the base in equal steps, holds, falls in equal steps and
 * pauses at the base; any of these may be absent. The first peak reaches 2 to 10 times the base. All is drawn
 * uniformly from these ranges, lengths in whole seconds and the same for all peaks of an episode:
 *
 *               peaks   rise    hold    fall    pause   remarks
 *     noise       1      -       -       -       20-50   only the base
 *     ramp        1      6-20    5-20    6-20    -       gradual rise, hold, gradual fall
 *     wall        1      -       5-20    6-20    -       sudden jump, hold, gradual fall
 *     plateau     1      3-8     15-40   3-8     -       short rise, long hold, short fall
 *     cliff       1      6-20    5-20    -       -       gradual rise, hold, sudden fall
 *     double-peak 2      5-12    -       5-12    2-6     0.7 to 1 of the first
 *     sawtooth    3-8    5-20    -       -       -       0.9 to 1 of the first: rises with sudden falls
 *
 * Modelled on the original's training series; the ranges are our own reading of them.
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_EPISODE_H
#define ADAPTIVESTREAM_TRAFFIC_EPISODE_H

#include "common/random.h"

#include <stdbool.h>

typedef enum {
    EPISODE_NOISE,
    EPISODE_RAMP,
    EPISODE_WALL,
    EPISODE_PLATEAU,
    EPISODE_CLIFF,
    EPISODE_DOUBLE_PEAK,
    EPISODE_SAWTOOTH,
    EPISODE_KINDS
} episode_kind_t;

/* The highest first peak, in bases; no later one is higher. */
#define EPISODE_PEAK_MAXIMUM 10.0

/* Where an episode stands; zeroed, it is over. May be copied. */
typedef struct {
    episode_kind_t kind;
    int peaks_left; /* the present one included */
    int rise_s, hold_s, fall_s, pause_s;
    int second;    /* of the present peak; the next one is second + 1 */
    double top;    /* of the first peak, in bases */
    double height; /* of the present peak, in first peaks */
} episode_t;

void episode_begin(episode_t *episode, episode_kind_t kind, random_t *random);

/* The next second's rate in bases, 1 to EPISODE_PEAK_MAXIMUM; false when the episode is over. */
bool episode_next(episode_t *episode, random_t *random, double *bases);

/* One of the seven, as often as in the original's training series: noise 0.25, ramp 0.15, wall, plateau, cliff
 * and double-peak 0.1 each, sawtooth 0.2. */
episode_kind_t episode_draw_kind(random_t *random);

#endif
