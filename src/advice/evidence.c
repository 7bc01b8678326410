#include "advice/evidence.h"

#include <math.h>

/* Of a block after the next one: a half after 90. */
static const double kept = 0.9923;
static const int64_t least_blocks = 10;
/* Standard errors between 0 and the gain: to be believed, to stay so, and beyond that to be followed in full. */
static const double prove_errors = 2, keep_errors = 1, full_errors = 1.5;
/* A gain below this is not worth a wrong guess. */
static const double least_gain = 0.001;

typedef struct {
    double gain, error;
} estimate_t;

/* Of the blocks alone; error 1 before there are enough. */
static estimate_t estimate_of_blocks(const evidence_t *evidence)
{
    if (evidence->blocks < least_blocks) return (estimate_t){.gain = 0, .error = 1};
    const double mean = evidence->sum / evidence->weight;
    const double variance = fmax(0, evidence->squares / evidence->weight - mean * mean);
    const double number = evidence->weight * evidence->weight / evidence->weight_squares;
    return (estimate_t){.gain = mean, .error = fmax(1e-6, sqrt(variance / fmax(number - 1, 1)))};
}

/* Blocks and the judgement before them, weighed by their precision. */
static estimate_t combined(const evidence_t *evidence)
{
    const estimate_t blocks = estimate_of_blocks(evidence);
    if (evidence->prior_error <= 0) return blocks;
    const double of_prior = 1 / (evidence->prior_error * evidence->prior_error);
    const double of_blocks = 1 / (blocks.error * blocks.error);
    return (estimate_t){.gain = (evidence->prior_gain * of_prior + blocks.gain * of_blocks) /
                                (of_prior + of_blocks),
                        .error = 1 / sqrt(of_prior + of_blocks)};
}

static void prove(evidence_t *evidence)
{
    const estimate_t estimate = combined(evidence);
    const double errors = evidence->proven ? keep_errors : prove_errors;
    evidence->proven = estimate.gain > errors * estimate.error + (evidence->proven ? 0 : least_gain);
}

void scale_add(scale_of_blocks_t *scale, const spent_t *free_spent, double price)
{
    scale->weight = scale->weight * kept + 1;
    scale->waiting = scale->waiting * kept + free_spent->waiting / price;
    scale->waited_s = scale->waited_s * kept + free_spent->waited_s;
    scale->batches = scale->batches * kept + free_spent->batches;
}

void evidence_add(evidence_t *evidence, const scale_of_blocks_t *scale, const spent_t *free_spent,
                  const spent_t *spent, double price, const exchange_t *exchange, double p)
{
    if (!(scale->waiting > 0) || !(scale->waited_s > 0) || !(scale->batches > 0)) return;
    const double gain =
        -scale->weight * exchange_score(exchange, p,
                                        (spent->waiting - free_spent->waiting) / price / scale->waiting,
                                        (spent->waited_s - free_spent->waited_s) / scale->waited_s,
                                        (spent->batches - free_spent->batches) / scale->batches);
    if (!isfinite(gain)) return;
    evidence->weight = evidence->weight * kept + 1;
    evidence->weight_squares = evidence->weight_squares * kept * kept + 1;
    evidence->sum = evidence->sum * kept + gain;
    evidence->squares = evidence->squares * kept + gain * gain;
    evidence->blocks++;
    prove(evidence);
}

void evidence_set_prior(evidence_t *evidence, double gain, double error)
{
    evidence->prior_gain = gain;
    evidence->prior_error = error;
    prove(evidence);
}

double evidence_gain(const evidence_t *evidence)
{
    return combined(evidence).gain;
}

double evidence_error(const evidence_t *evidence)
{
    return combined(evidence).error;
}

double evidence_bound(const evidence_t *evidence)
{
    const estimate_t estimate = combined(evidence);
    return estimate.gain - estimate.error;
}

double evidence_trust(const evidence_t *evidence)
{
    const estimate_t estimate = combined(evidence);
    if (!evidence->proven || estimate.gain <= 0) return 0;
    return fmax(0, fmin(1, (estimate.gain / estimate.error - keep_errors) / full_errors));
}
