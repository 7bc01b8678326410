#include "control/rate_trial.h"

#include <math.h>

static const double memory_s = 3600;
static const double prior = 200; /* costs to begin with, so that the first batches decide nothing */
static const double least_gain = 0.003, gain_per_share = 0.005;
static const double bound = 2;        /* rho, both ways */
static const double most_waiting = 4; /* prices a batch: a long silence of the source is no batch's fault */

void rate_trial_start(rate_trial_t *trial)
{
    *trial = (rate_trial_t){.costs = {prior, prior}};
}

void rate_trial_clear(rate_trial_t *trial)
{
    for (int i = 0; i < TRIALS; i++)
        trial->events[i] = trial->waited_s[i] = 0;
}

/* The rule of policy.h at p = 1, where A is the waiting and M the number of events. */
static int fires(double events, double waited_s, double price_s, double rate_per_s)
{
    if (events <= 0 || waited_s < price_s / bound) return 0;
    return waited_s >= price_s * bound || events * events >= 2 * rate_per_s * price_s;
}

void rate_trial_observe(rate_trial_t *trial, const arrival_rate_t *rate, int64_t events, int64_t span_ns,
                        double price_s)
{
    const double span_s = (double)span_ns * 1e-9;
    const double kept = exp(-span_s / memory_s);
    for (int i = 0; i < TRIALS; i++) {
        trial->waited_s[i] += (trial->events[i] + 0.5 * (double)events) * span_s;
        trial->events[i] += (double)events;
        trial->costs[i] *= kept;
        if (!fires(trial->events[i], trial->waited_s[i], price_s,
                   arrival_rate_blend(rate, i == TRIAL_QUICK ? 1 : 0)))
            continue;
        trial->costs[i] += 1 + fmin(trial->waited_s[i] / price_s, most_waiting);
        trial->events[i] = trial->waited_s[i] = 0;
    }
}

double rate_trial_share(const rate_trial_t *trial)
{
    const double slow = trial->costs[TRIAL_SLOW], quick = trial->costs[TRIAL_QUICK];
    if (slow + quick <= 0) return 0;
    return fmax(0, fmin(1, ((slow - quick) / (slow + quick) - least_gain) / gain_per_share));
}
