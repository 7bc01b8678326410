#include "forecast/classic.h"

#include <math.h>

double classic_ema(const double *history, size_t count, double weight)
{
    double mean = history[0];
    for (size_t i = 1; i < count; i++)
        mean = weight * history[i] + (1 - weight) * mean;
    return mean;
}

double classic_holt(const double *history, size_t count, double level_weight, double trend_weight)
{
    double level = history[0], trend = 0;
    for (size_t i = 1; i < count; i++) {
        const double before = level;
        level = level_weight * history[i] + (1 - level_weight) * (level + trend);
        trend = trend_weight * (level - before) + (1 - trend_weight) * trend;
    }
    return fmax(level + trend, 0);
}
