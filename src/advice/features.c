#include "advice/features.h"

#include <math.h>

static const double most = 8;
enum { HOUR = RATE_AVERAGES - 1 };

double feature_of_forecast(const arrival_rate_t *arrivals, double blend_per_s, double rate_per_s)
{
    if (!isfinite(rate_per_s)) return 0;
    const double floor_per_s = arrival_rate_floor(arrival_rate_average(arrivals, HOUR));
    const double over_blend = log(fmax(rate_per_s, 0) + floor_per_s) - log(blend_per_s);
    return fmax(-most, fmin(most, over_blend));
}
