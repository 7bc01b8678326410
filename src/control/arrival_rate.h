/*
 * The arrival rate as the forecast-free rule sees it: exponential averages over 0.1 s, 3 s, 60 s and an hour,
 * blended to
 *
 *     r = product over tau of (ema_tau + 0.01 mean + 0.05/s)^w      tau = 0.1, 3, 60 s   w = 0.4 s, 0.4, 0.6 - 0.4 s
 *
 * s is the share of the quick average, which rate_trial.h learns: it tells when a run of events has ended, and is
 * noise where events do not come in runs.
 * A geometric blend: a burst raises it within a slot, and after a silence it falls slowly. The added terms
 * keep it away from zero, where one event would look like an infinite surprise. Each average is divided by
 * the weight it has gathered, so that it is unbiased from the first observation on.
 */
#ifndef ADAPTIVESTREAM_CONTROL_ARRIVAL_RATE_H
#define ADAPTIVESTREAM_CONTROL_ARRIVAL_RATE_H

#include <stdint.h>

enum { RATE_AVERAGES = 4 };

typedef struct {
    double sums[RATE_AVERAGES];    /* events/s times gathered weight */
    double weights[RATE_AVERAGES]; /* 0 to 1 */
} arrival_rate_t;

/* `events` arrived during the last `span_ns` (> 0; shorter spans than 1 us are taken as 1 us). */
void arrival_rate_observe(arrival_rate_t *rate, int64_t events, int64_t span_ns);

/* r in events/s, always > 0. quick_share: s, 0 to 1. */
double arrival_rate_blend(const arrival_rate_t *rate, double quick_share);

/* The same with something added to each exponent. */
double arrival_rate_changed(const arrival_rate_t *rate, double quick_share,
                            const double changes[RATE_AVERAGES]);

/* What it is made of: time constants; one of the averages, events/s, 0 before anything was observed; what is added to each,
 * at this average of an hour; the exponents w, the hour's being 0; and the product with other exponents. */
extern const double arrival_rate_times_s[RATE_AVERAGES];
double arrival_rate_average(const arrival_rate_t *rate, int index);
double arrival_rate_floor(double mean_per_s);
void arrival_rate_exponents(double quick_share, double exponents[RATE_AVERAGES]);
double arrival_rate_weighted(const arrival_rate_t *rate, const double exponents[RATE_AVERAGES]);

/* A rate for a whole interval planned ahead, events/s, always > 0: the average of the last seconds (3 s), with
 * next to nothing added. What keeps the blend above from being too low in quiet times would here make
 * intervals too short, as nothing else ends or prolongs them. */
double arrival_rate_plain(const arrival_rate_t *rate);

/* Averages of the last seconds (3 s) and of the last hour, events/s; 0 before anything was observed. */
double arrival_rate_recent(const arrival_rate_t *rate);
double arrival_rate_mean(const arrival_rate_t *rate);

#endif
