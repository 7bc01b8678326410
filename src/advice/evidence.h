/*
 * Whether deciding by a candidate pays, from what its paper run and the one without a forecast have spent, block by block.
 *
 * A block is judged by half the cost that the rule minimises, sum of wait^p + theta * batches, and half the mean wait at
 * equal batches, which is what users see (where waits are inversely proportional to batches, the mean of the relative
 * changes of both), each as a share of what the run without forecast spends. The mean over blocks fades with a half-life,
 * and its standard error says how far it can be trusted.
 */
#ifndef ADAPTIVESTREAM_ADVICE_EVIDENCE_H
#define ADAPTIVESTREAM_ADVICE_EVIDENCE_H

#include "advice/paper.h"

#include <stdbool.h>
#include <stdint.h>

/* What a block of the run without forecast costs on average. */
typedef struct {
    double weight, cost, waited_s, batches; /* faded sums; cost in batches' worth */
} scale_of_blocks_t;

void scale_add(scale_of_blocks_t *scale, const spent_t *free_spent, double price);

typedef struct {
    double weight, weight_squares, sum, squares; /* faded sums over blocks */
    int64_t blocks;
    bool proven; /* with hysteresis */
} evidence_t;

/* One more block: what the run without forecast and the candidate's spent in it. */
void evidence_add(evidence_t *evidence, const scale_of_blocks_t *scale, const spent_t *free_spent,
                  const spent_t *spent, double price);

/* The mean saving as a share, and its standard error; 0 and 1 before there are two blocks. */
double evidence_gain(const evidence_t *evidence);
double evidence_error(const evidence_t *evidence);

/* A lower bound of the gain. */
double evidence_bound(const evidence_t *evidence);

/* 0 to 1: how much of the advice to follow. */
double evidence_trust(const evidence_t *evidence);

#endif
