/*
 * What the arrivals so far look like, for the learner: logarithms of averages over several times, relative to the blend
 * of the forecast-free rule (control/arrival_rate.h), so that weights of 0 are that rule and the scale of the traffic
 * does not matter.
 *
 *     0      1
 *     1..7   averages of 0.3, 1, 3, 10, 60, 600, 3600 s over the blend
 *     8      the time since the last event, in mean gaps of the hour: 0.3 * log(1 + .)
 *     9      whether there is more or less than before: product of features 1 and 5, each squashed by tanh
 *     10..   what each forecaster says of the next second, over the blend
 */
#ifndef ADAPTIVESTREAM_ADVICE_FEATURES_H
#define ADAPTIVESTREAM_ADVICE_FEATURES_H

#include "control/arrival_rate.h"
#include "forecast/forecaster.h"

#include <stdint.h>

enum {
    FEATURE_AVERAGES = 7,
    FEATURES_OF_ARRIVALS = FEATURE_AVERAGES + 3,
    FEATURES = FEATURES_OF_ARRIVALS + FORECASTER_KINDS
};

typedef struct {
    double sums[FEATURE_AVERAGES];    /* events/s times gathered weight */
    double weights[FEATURE_AVERAGES]; /* 0 to 1 */
    double kept[FEATURE_AVERAGES];    /* of a sum after a slot */
    arrival_rate_t blend;
    int64_t quiet_slots; /* since the last event */
} features_t;

void features_begin(features_t *features);

/* `events` arrived in the next slot of 100 ms. */
void features_slot(features_t *features, int64_t events);

/* The first FEATURES_OF_ARRIVALS of them; returns the logarithm of the blend. */
double features_of_arrivals(const features_t *features, double values[FEATURES_OF_ARRIVALS]);

/* One of the others, from a forecast that may be any number. Within +-8; 0 where it is no number. */
double features_of_forecast(const features_t *features, double rate_per_s);

#endif
