/*
 * The price of a batch, paced so that the query makes about as many batches as its own trigger would (times
 * the budget), without knowing the future:
 *
 *     theta = beta^-(p+1) * kappa * T0^p * p/(p+1) * m^(p+1) * exp((p+1) * clip(x, -1, 1))
 *     x     = D * min(gap / (beta * tau), 0.02)
 *
 * m is the running mean of n^(1/(p+1)) over the shadow's non-empty triggers: at that price and a constant
 * rate r = n/T0, the steady interval ((p+1)/p * theta/r)^(1/(p+1)) is kappa^(1/(p+1)) * e^x * T0/beta. Of a
 * trigger that was held up n is its share in T0 of the time since the one before, so that an hour does not wait longer for a
 * backlog's few and huge batches.
 *
 * D is the debt: own batches minus beta times the shadow's; for the goal `cost` the waiting saved so far, in
 * batches' worth of the shadow's waiting, so that the price rises until the waiting is the shadow's. gap is
 * the mean time between two batches of the shadow, so beta * tau/gap batches are due within tau, and intervals
 * longer by the share x pay D back in about that time. tau is long for a debt, since it is what a burst gains
 * by, and short for a credit, which is of no use unspent. One batch moves the interval by 2 % at most. A gap
 * counts ten minutes at most, so that a night without events does not call in the next day's debts at once.
 *
 * Debt and credit are kept within C = the triggers of ten minutes, at least 120 batches.
 */
#ifndef ADAPTIVESTREAM_CONTROL_PRICE_H
#define ADAPTIVESTREAM_CONTROL_PRICE_H

#include "control/policy.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double trigger_s, budget;
    double limit;       /* C, batches */
    int64_t memory;     /* triggers in the running means: those of an hour, at least 200 */
    double mean_root;   /* m */
    double mean_gap_s;  /* between the starts of the shadow's non-empty triggers */
    int64_t triggers;   /* of the shadow, non-empty, up to `memory` */
    int64_t trigger_ns; /* when the latest of them started */
    double debt;        /* own - beta * shadow batches, at or above -C */
} price_t;

void price_start(price_t *price, double trigger_s, double budget);

void price_own_batch(price_t *price);

/* The shadow ran a trigger with `events` at start_ns; `held_up`: as soon as the batch before it was over, after its point of the
 * grid, so that its events came since that one's start. */
void price_shadow_batch(price_t *price, int64_t start_ns, bool held_up, int64_t events, double p);

/* True when one more batch could take the query past its budget by more than C: the hard guard. */
bool price_guarded(const price_t *price);

/* theta in s^p; 0 until the shadow has run once. `pace` is D. */
double price_theta(const price_t *price, const rule_t *rule, double pace);

/* What a batch is worth at p = 1, about, in event-seconds, without discount and debt; 0 until the shadow has run
 * often enough. `p` is that of the running mean. */
double price_linear_s(const price_t *price, double p);

#endif
