/*
 * Whether deciding by a candidate pays, from what its paper run and the one without a forecast have spent, block by block.
 *
 * A block is judged by the mean of the relative changes of sum of wait^p, which the rule minimises, and of the mean wait,
 * which users see, both at equal batches: what batches are worth is learnt from replays (replay_rule.h). The mean over
 * blocks fades with a half-life, and its standard error says how far it can be trusted.
 */
#ifndef ADAPTIVESTREAM_ADVICE_EVIDENCE_H
#define ADAPTIVESTREAM_ADVICE_EVIDENCE_H

#include "advice/paper.h"
#include "advice/replay_rule.h"

#include <stdbool.h>
#include <stdint.h>

/* What a block of the run without forecast costs on average. */
typedef struct {
    double weight, waiting, waited_s, batches; /* faded sums; waiting in prices */
} scale_of_blocks_t;

void scale_add(scale_of_blocks_t *scale, const spent_t *free_spent, double price);

typedef struct {
    double weight, weight_squares, sum, squares; /* faded sums over blocks */
    int64_t blocks;
    double prior_gain, prior_error; /* of a judgement before the first block; error 0: there is none */
    bool proven;                    /* with hysteresis */
} evidence_t;

/* What was judged elsewhere counts as one observation with this standard error (> 0), in place of the one before. */
void evidence_set_prior(evidence_t *evidence, double gain, double error);

/* One more block: what the run without forecast and the candidate's spent in it. */
void evidence_add(evidence_t *evidence, const scale_of_blocks_t *scale, const spent_t *free_spent,
                  const spent_t *spent, double price, const exchange_t *exchange, double p);

/* The mean saving as a share, and its standard error; 0 and 1 before there are two blocks. */
double evidence_gain(const evidence_t *evidence);
double evidence_error(const evidence_t *evidence);

/* A lower bound of the gain. */
double evidence_bound(const evidence_t *evidence);

/* 0 to 1: how much of the advice to follow. */
double evidence_trust(const evidence_t *evidence);

#endif
