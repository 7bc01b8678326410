/*
 * What the rule of control/policy.h would have spent on the arrivals in the memory, had its effective rate been made by
 * other weights (policy_weights.h): a simulation fast enough for weights to be sought by trying many.
 *
 * It sleeps and looks as the governor does (control/decide.c), keeps to the longest wait and to the bounds of the rule,
 * takes prices as they were and batches as they were learned to take. It leaves out what does not depend on the rate:
 * guard, backlog, floor. Sums of age^p are taken from those of age and age^2, exactly where the ages are evenly spread.
 */
#ifndef ADAPTIVESTREAM_ADVICE_REPLAY_RULE_H
#define ADAPTIVESTREAM_ADVICE_REPLAY_RULE_H

#include "advice/memory.h"
#include "advice/policy_weights.h"
#include "control/batch_cost.h"
#include "control/governor.h"
#include "control/policy.h"

#include <stdint.h>

/* A span between two looks beyond this is taken as one of this length. */
enum { REPLAY_LONGEST_SPAN = 300 };

/* The rule on one query; lengths in slots of 100 ms. */
typedef struct {
    rule_t rule;
    double max_wait_s;
    double tail_from_s;      /* the age from which on an event is late */
    double of_sum, of_rate;  /* for sums of age^p and age^(p-1) from those of age and age^2 */
    int64_t trigger, origin; /* T0; a point of its grid */
    int64_t step;            /* between the times at which it may look */
    int64_t sleep;           /* the longest between two looks... */
    int64_t idle_sleep;      /* ...and while nothing is pending */
    const batch_cost_t *cost;
    double kept[REPLAY_LONGEST_SPAN + 1][RATE_AVERAGES]; /* of an average after so many slots */
} replay_setting_t;

/* For a query of this configuration, whose trigger is 400 ms or more. */
replay_setting_t replay_setting_of(const governor_config_t *config, int64_t max_wait_ns,
                                   const batch_cost_t *cost);

typedef struct {
    double waiting;  /* sum of wait^p in prices, so in batches' worth */
    double waited_s; /* event-seconds */
    double batches;
} replayed_t;

/* The seconds from `from` to `to` - 1, which the memory holds. Weights NULL: the rule without a forecast. `forecaster`: whose
 * forecasts are believed in. Prices are taken times `dearer`. */
replayed_t replay_rule(const memory_t *memory, const replay_setting_t *setting, int64_t from, int64_t to,
                       const policy_weights_t *weights, int forecaster, double dearer);

/* What one batch more or less, as a share of all, does to the waiting of the rule: d log waiting / d log batches, negative.
 * So runs with different numbers of batches can be compared. */
typedef struct {
    double waiting, waited;
} exchange_t;

exchange_t exchange_unknown(double p); /* that of steady arrivals: -p and -1 */

/* From replays without weights at two prices. */
exchange_t exchange_between(const replayed_t *cheaper, const replayed_t *dearer, double p);

/* How much longer waits are than the reference's, at equal batches, as a share: of the mean wait, which users see, and for
 * a quarter of the p-norm, which the rule minimises. Below 0 is better. The arguments are changes as shares of the
 * reference. */
double exchange_score(const exchange_t *exchange, double p, double waiting, double waited, double batches);

/* The same of two replays; 0 when there is nothing to compare. */
double replay_score(const replayed_t *replayed, const replayed_t *reference, const exchange_t *exchange,
                    double p);

#endif
