/*
 * The price of a batch, paced so that the query makes about as many batches as its own trigger would (times
 * the budget), without knowing the future:
 *
 *     theta = beta^-(p+1) * kappa * T0^p * p/(p+1) * m^(p+1) * exp(clip(k * D, -3, 3))
 *
 * m is the running mean of n^(1/(p+1)) over the shadow's non-empty triggers: at that price and a constant
 * rate r = n/T0, the steady interval ((p+1)/p * theta/r)^(1/(p+1)) is kappa^(1/(p+1)) * T0/beta. D is the
 * debt: own batches minus beta times the shadow's; for the goal `cost` the waiting saved so far, in batches'
 * worth of the shadow's waiting, so that the price rises until the waiting is the shadow's.
 */
#ifndef ADAPTIVESTREAM_CONTROL_PRICE_H
#define ADAPTIVESTREAM_CONTROL_PRICE_H

#include "control/policy.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double mean_root; /* m */
    int64_t triggers; /* of the shadow, non-empty */
    double debt;      /* own - beta * shadow batches, kept at or above debt_lowest */
} price_t;

extern const double debt_lowest;  /* -300: older credit is forgotten */
extern const double debt_highest; /* C = 120: the hard guard */

void price_own_batch(price_t *price);

/* The shadow ran a trigger with `events`. */
void price_shadow_batch(price_t *price, int64_t events, double budget, double p);

/* True when one more batch could take the query past its budget by more than C. */
bool price_guarded(const price_t *price);

/* theta in s^p; 0 until the shadow has run once. `pace` is D. */
double price_theta(const price_t *price, const rule_t *rule, double trigger_s, double budget, double pace);

#endif
