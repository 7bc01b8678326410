/*
 * The arrival rate as the forecast-free rule sees it: exponential averages over 0.3 s, 3 s, 60 s and an hour,
 * blended to
 *
 *     r = product over tau of (ema_tau + 0.02 mean + 0.05/s)^w      tau = 0.3, 3, 60 s   w = 0.3, 0.3, 0.4
 *
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

/* r in events/s, always > 0. */
double arrival_rate_blend(const arrival_rate_t *rate);

extern const double arrival_rate_times_s[RATE_AVERAGES];

/* The exponents w of the blend, by time constant: 0.3, 3, 60 s, an hour (0). Their sum is 1. */
extern const double arrival_rate_weights[RATE_AVERAGES];

/* The same with other exponents. */
double arrival_rate_weighted(const arrival_rate_t *rate, const double weights[RATE_AVERAGES]);

/* One of the averages, events/s; 0 before anything was observed. */
double arrival_rate_average(const arrival_rate_t *rate, int index);

/* A rate for a whole interval planned ahead, events/s, always > 0: the average of the last seconds (3 s), with
 * next to nothing added. What keeps the blend above from being too low in quiet times would here make
 * intervals too short, as nothing else ends or prolongs them. */
double arrival_rate_plain(const arrival_rate_t *rate);

/* Averages of the last seconds (3 s) and of the last hour, events/s; 0 before anything was observed. */
double arrival_rate_recent(const arrival_rate_t *rate);
double arrival_rate_mean(const arrival_rate_t *rate);

#endif
