/*
 * The inside of an advisor, for the files that make it up: advisor.c hears and advises, advisor_state.c saves and
 * restores, advisor_explain.c says why. Nobody else includes this.
 */
#ifndef ADAPTIVESTREAM_ADVICE_ADVISOR_PARTS_H
#define ADAPTIVESTREAM_ADVICE_ADVISOR_PARTS_H

#include "advice/advisor.h"
#include "advice/evidence.h"
#include "advice/features.h"
#include "advice/learner.h"
#include "advice/memory.h"
#include "advice/paper.h"

/* Advice is kept until the slots of its second are known: so many seconds late they may be. */
enum { TOLD_SECONDS = 128 };

typedef struct {
    int64_t second;
    double factors[FORECASTER_KINDS]; /* effective rates over the blend of the time */
} told_t;

struct advisor {
    advisor_config_t config;
    bool able; /* the query is one that advice can be given on */
    replay_setting_t setting;

    bool started;
    int64_t total;       /* events so far */
    int64_t known_slots; /* in a row */
    arrival_rate_t arrivals;
    batch_cost_t cost;
    forecaster_t *forecasters[FORECASTER_KINDS]; /* owned; NULL: not asked */

    bool candidates[ADVICE_CANDIDATES]; /* who takes part */
    paper_t free, papers[ADVICE_CANDIDATES];
    told_t told[TOLD_SECONDS];
    learner_t learner;

    int64_t block_seconds, block_end; /* the latter: the second in which the present block ends */
    spent_t free_before, before[ADVICE_CANDIDATES];
    scale_of_blocks_t scale;
    evidence_t evidence[ADVICE_CANDIDATES];
    advice_kind_t in_use;
    int64_t blocks_in_use; /* since in_use changed */

    int64_t advised_second;
    advice_t advice;
    memory_t memory;
};

/* Whether what was learnt under one of them holds under the other: for the same trigger, goal and budget. */
bool advisor_learns_the_same(const governor_config_t *a, const governor_config_t *b);

#endif
