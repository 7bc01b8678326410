#include "control/plan.h"

#include <math.h>
#include <stdbool.h>

static const double least_confidence = 0.1;
static const double smoothing = 0.3;
static const double largest_change = 2;
static const double burst_ratio = 1.5;
static const double burst_divisor = 4;

static double clamp(double value, double lowest, double highest)
{
    return fmax(lowest, fmin(value, highest));
}

double plan_rate_step(double interval_s, double rate_per_s, double confidence, const plan_limits_t *limits)
{
    /* Written so that NaN is unknown too. */
    const bool known = confidence >= least_confidence && rate_per_s > 0 && isfinite(rate_per_s);
    if (!known) return limits->fallback_s;
    const double share = fmin(confidence, 1);
    const double raw_s =
        share * limits->window_events / fmax(rate_per_s, 1) + (1 - share) * limits->fallback_s;
    const double wanted_s = clamp(raw_s, limits->shortest_s, limits->longest_s);
    const double smoothed_s = smoothing * wanted_s + (1 - smoothing) * interval_s;
    return clamp(clamp(smoothed_s, interval_s / largest_change, interval_s * largest_change),
                 limits->shortest_s, limits->longest_s);
}

double plan_reactive_step(double trigger_s, double batch_per_s, double mean_per_s)
{
    return batch_per_s > burst_ratio * mean_per_s ? trigger_s / burst_divisor : trigger_s;
}

int64_t plan_due_ns(double interval_s, int64_t origin_ns, int64_t start_ns)
{
    const int64_t interval_ns = (int64_t)(interval_s * 1e9);
    const int64_t offset_ns = (start_ns - origin_ns) % interval_ns;
    return start_ns + interval_ns - (offset_ns < 0 ? offset_ns + interval_ns : offset_ns);
}
