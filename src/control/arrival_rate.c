#include "control/arrival_rate.h"

#include <math.h>

const double arrival_rate_times_s[RATE_AVERAGES] = {0.1, 3, 60, 3600};
static const double quick_exponent = 0.4, recent_exponent = 0.4;
enum { RECENT = 1, MEAN = RATE_AVERAGES - 1 };

static const double least_per_s = 0.05;
static const double least_of_mean = 0.01;

double arrival_rate_average(const arrival_rate_t *rate, int index)
{
    return rate->weights[index] > 0 ? rate->sums[index] / rate->weights[index] : 0;
}

void arrival_rate_observe(arrival_rate_t *rate, int64_t events, int64_t span_ns)
{
    const double span_s = fmax((double)span_ns * 1e-9, 1e-6);
    const double events_per_s = (double)events / span_s;
    for (int i = 0; i < RATE_AVERAGES; i++) {
        const double kept = exp(-span_s / arrival_rate_times_s[i]);
        rate->sums[i] = events_per_s * (1 - kept) + rate->sums[i] * kept;
        rate->weights[i] = (1 - kept) + rate->weights[i] * kept;
    }
}

double arrival_rate_floor(double mean_per_s)
{
    return least_of_mean * mean_per_s + least_per_s;
}

void arrival_rate_exponents(double quick_share, double exponents[RATE_AVERAGES])
{
    const double quick = quick_exponent * quick_share;
    exponents[0] = quick;
    exponents[1] = recent_exponent;
    exponents[2] = 1 - quick - recent_exponent;
    exponents[MEAN] = 0;
}

double arrival_rate_weighted(const arrival_rate_t *rate, const double exponents[RATE_AVERAGES])
{
    const double floor_per_s = arrival_rate_floor(arrival_rate_average(rate, MEAN));
    double logarithm = 0;
    for (int i = 0; i < RATE_AVERAGES; i++)
        if (i < MEAN || exponents[i] != 0)
            logarithm += exponents[i] * log(arrival_rate_average(rate, i) + floor_per_s);
    return exp(logarithm);
}

double arrival_rate_blend(const arrival_rate_t *rate, double quick_share)
{
    double exponents[RATE_AVERAGES];
    arrival_rate_exponents(quick_share, exponents);
    return arrival_rate_weighted(rate, exponents);
}

double arrival_rate_changed(const arrival_rate_t *rate, double quick_share,
                            const double changes[RATE_AVERAGES])
{
    double exponents[RATE_AVERAGES];
    arrival_rate_exponents(quick_share, exponents);
    for (int i = 0; i < RATE_AVERAGES; i++)
        exponents[i] += changes[i];
    return arrival_rate_weighted(rate, exponents);
}

double arrival_rate_plain(const arrival_rate_t *rate)
{
    return arrival_rate_average(rate, RECENT) + least_per_s;
}

double arrival_rate_recent(const arrival_rate_t *rate)
{
    return arrival_rate_average(rate, RECENT);
}

double arrival_rate_mean(const arrival_rate_t *rate)
{
    return arrival_rate_average(rate, MEAN);
}
