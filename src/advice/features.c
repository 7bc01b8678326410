#include "advice/features.h"

#include <math.h>

static const double most = 8;
enum { HOUR = RATE_AVERAGES - 1 };

double feature_of_forecast(const arrival_rate_t *arrivals, double rate_per_s)
{
    if (!isfinite(rate_per_s)) return 0;
    const double floor_per_s = 0.02 * arrival_rate_average(arrivals, HOUR) + 0.05;
    const double over_blend = log(fmax(rate_per_s, 0) + floor_per_s) - log(arrival_rate_blend(arrivals));
    return fmax(-most, fmin(most, over_blend));
}
