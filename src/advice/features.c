#include "advice/features.h"

#include <math.h>

static const double times_s[FEATURE_AVERAGES] = {0.3, 1, 3, 10, 60, 600, 3600};
enum { SHORTEST = 0, MINUTE = 4, HOUR = 6 };

static const double slot_s = 0.1;
static const int64_t slot_ns = 100000000;
static const double most_of_a_forecast = 8;

void features_begin(features_t *features)
{
    *features = (features_t){0};
    for (int i = 0; i < FEATURE_AVERAGES; i++)
        features->kept[i] = exp(-slot_s / times_s[i]);
}

void features_slot(features_t *features, int64_t events)
{
    const double events_per_s = (double)events / slot_s;
    for (int i = 0; i < FEATURE_AVERAGES; i++) {
        const double kept = features->kept[i];
        features->sums[i] = events_per_s * (1 - kept) + features->sums[i] * kept;
        features->weights[i] = (1 - kept) + features->weights[i] * kept;
    }
    arrival_rate_observe(&features->blend, events, slot_ns);
    features->quiet_slots = events > 0 ? 0 : features->quiet_slots + 1;
}

static double average(const features_t *features, int index)
{
    return features->weights[index] > 0 ? features->sums[index] / features->weights[index] : 0;
}

/* As the blend has it: keeps logarithms away from where one event would be an infinite surprise. */
static double floor_per_s(const features_t *features)
{
    return 0.02 * average(features, HOUR) + 0.05;
}

double features_of_arrivals(const features_t *features, double values[FEATURES_OF_ARRIVALS])
{
    const double log_blend = log(arrival_rate_blend(&features->blend));
    const double least_per_s = floor_per_s(features);
    values[0] = 1;
    for (int i = 0; i < FEATURE_AVERAGES; i++)
        values[1 + i] = log(average(features, i) + least_per_s) - log_blend;
    const double quiet_s = (double)features->quiet_slots * slot_s;
    values[8] = 0.3 * log1p(quiet_s * average(features, HOUR));
    values[9] = tanh(values[1 + SHORTEST]) * tanh(values[1 + MINUTE]);
    return log_blend;
}

double features_of_forecast(const features_t *features, double rate_per_s)
{
    if (!isfinite(rate_per_s)) return 0;
    const double logarithm = log(fmax(rate_per_s, 0) + floor_per_s(features));
    const double over_blend = logarithm - log(arrival_rate_blend(&features->blend));
    return fmax(-most_of_a_forecast, fmin(most_of_a_forecast, over_blend));
}
