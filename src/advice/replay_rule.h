/*
 * What the rule of control/policy.h would have spent on the arrivals in the memory, had its effective rate been given by
 * weights of the features: a simulation of some 6 ns a slot, so that weights can be sought by trying many.
 *
 * It looks at every slot, keeps to the longest wait and to the bounds of the rule, takes prices as they were and batches
 * as they were learned to take, and leaves out what does not depend on the rate: guard, backlog, floor. Sums of age^1.5
 * are taken from those of age and age^2, exactly where the ages are evenly spread.
 */
#ifndef ADAPTIVESTREAM_ADVICE_REPLAY_RULE_H
#define ADAPTIVESTREAM_ADVICE_REPLAY_RULE_H

#include "advice/memory.h"
#include "control/batch_cost.h"
#include "control/policy.h"

#include <stdint.h>

typedef struct {
    double cost;     /* waiting / price + batches, in batches' worth */
    double waited_s; /* event-seconds */
    double batches;
} replayed_t;

/* The seconds from `from` to `to` - 1, which the memory holds. Without weights (NULL) they count as 0. */
replayed_t replay_rule(const memory_t *memory, const rule_t *rule, const batch_cost_t *cost, double max_wait_s,
                       int64_t from, int64_t to, const float *weights);

/* Below 1 where `replayed` is better than `reference`; see evidence.h for what better means. 1 when there is nothing to compare. */
double replay_score(const replayed_t *replayed, const replayed_t *reference);

#endif
