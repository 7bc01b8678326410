/*
 * Learns on the stream itself how the effective rate follows from what is known: for each candidate the weights with which
 * the rule would have cost the least on the arrivals remembered (replay_rule.h), found by search (search.h).
 *
 * A round for one candidate: weights are sought on the older three quarters of the memory, and are put to use only if on the
 * newest quarter, which the search has not seen, they are better than those in use and than none, by more than a standard
 * error. Weights in use that there have become worse than none are dropped. The next round follows when there are ten minutes of new arrivals.
 *
 * See policy_weights.h for what is sought.
 */
#ifndef ADAPTIVESTREAM_ADVICE_LEARNER_H
#define ADAPTIVESTREAM_ADVICE_LEARNER_H

#include "advice/kinds.h"
#include "advice/memory.h"
#include "advice/replay_rule.h"
#include "advice/search.h"

#include <stdbool.h>
#include <stdint.h>

/* What weights save against none on arrivals that they were not sought on, as evidence.h says, and the standard error. */
typedef struct {
    double gain, error; /* error 0: not judged */
} judgement_t;

typedef struct {
    policy_weights_t weights[ADVICE_CANDIDATES]; /* in use */
    judgement_t judged[ADVICE_CANDIDATES];       /* as they were put to use */
    int64_t promotions[ADVICE_CANDIDATES];
    bool begins
        [ADVICE_CANDIDATES]; /* set when weights other than none are put to use where none were: who keeps
                                       evidence begins it anew, and clears this */
    bool active[ADVICE_CANDIDATES]; /* who is to be learned for */

    bool running; /* a round */
    int candidate;
    int64_t from, split, to; /* seconds: sought on from..split, judged on split..to */
    int64_t due_second;      /* of the next rounds */
    replayed_t reference;    /* without weights, from..split */
    exchange_t exchange;     /* as the latest rounds found it */
    search_t search;
} learner_t;

/* All weights are those of the rule without a forecast. */
void learner_begin(learner_t *learner, double p);

/* Works on for about `operations` slots replayed; returns how many were, 0 when there is nothing to do. */
int64_t learner_work(learner_t *learner, const memory_t *memory, const replay_setting_t *setting,
                     int64_t operations);

#endif
