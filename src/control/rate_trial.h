/*
 * Does the average of the last tenth of a second help this stream? Where events come in runs it tells when a run has
 * ended; where they come one by one it is noise. Arrivals do not depend on when batches run, so both answers can be
 * tried on what really came: two make-believe queues, one with the quick average in its rate and one without, each
 * started by the rule for p = 1 at the same price. Their costs decide what share the quick average gets.
 *
 * A cost is waiting over the price, plus 1 a batch; an hour's memory. The quick average has to prove itself: below a
 * gain of 0.3 % its share is 0, from 0.8 % on it is 1.
 */
#ifndef ADAPTIVESTREAM_CONTROL_RATE_TRIAL_H
#define ADAPTIVESTREAM_CONTROL_RATE_TRIAL_H

#include "control/arrival_rate.h"

#include <stdint.h>

enum { TRIAL_SLOW, TRIAL_QUICK, TRIALS };

typedef struct {
    double events[TRIALS], waited_s[TRIALS]; /* pending in each make-believe queue; event-seconds */
    double costs[TRIALS];                    /* in batches' worth */
} rate_trial_t;

void rate_trial_start(rate_trial_t *trial);

/* Forgets what is pending, not what was learned. */
void rate_trial_clear(rate_trial_t *trial);

/* `events` arrived during the last `span_ns`; `rate` has learned of them already. price_s > 0: that of a batch in
 * event-seconds. */
void rate_trial_observe(rate_trial_t *trial, const arrival_rate_t *rate, int64_t events, int64_t span_ns,
                        double price_s);

/* 0 to 1. */
double rate_trial_share(const rate_trial_t *trial);

#endif
