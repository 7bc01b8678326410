#include "advice/evidence.h"

#include <math.h>

/* Of a block after the next one: a half after 90. */
static const double kept = 0.9923;
static const int64_t least_blocks = 10;
/* Standard errors below the mean, until it is believed and after. */
static const double prove_errors = 1.5, keep_errors = 0.5;
/* A gain below this is not worth a wrong guess. */
static const double least_gain = 0.001;

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
        -scale->weight * exchange_score(exchange, p, (spent->waiting - free_spent->waiting) / price / scale->waiting,
                                        (spent->waited_s - free_spent->waited_s) / scale->waited_s,
                                        (spent->batches - free_spent->batches) / scale->batches);
    if (!isfinite(gain)) return;
    evidence->weight = evidence->weight * kept + 1;
    evidence->weight_squares = evidence->weight_squares * kept * kept + 1;
    evidence->sum = evidence->sum * kept + gain;
    evidence->squares = evidence->squares * kept + gain * gain;
    evidence->blocks++;
    if (evidence->blocks < least_blocks) return;
    const double errors = evidence->proven ? keep_errors : prove_errors;
    evidence->proven = evidence_gain(evidence) - errors * evidence_error(evidence) > (evidence->proven ? 0 : least_gain);
}

double evidence_gain(const evidence_t *evidence)
{
    return evidence->weight > 0 ? evidence->sum / evidence->weight : 0;
}

double evidence_error(const evidence_t *evidence)
{
    if (evidence->blocks < 2) return 1;
    const double mean = evidence_gain(evidence);
    const double variance = fmax(0, evidence->squares / evidence->weight - mean * mean);
    const double number = evidence->weight * evidence->weight / evidence->weight_squares;
    return sqrt(variance / fmax(number - 1, 1));
}

double evidence_bound(const evidence_t *evidence)
{
    return evidence_gain(evidence) - evidence_error(evidence);
}

double evidence_trust(const evidence_t *evidence)
{
    const double gain = evidence_gain(evidence);
    if (!evidence->proven || gain <= 0) return 0;
    /* Half a standard error away from 0: nothing; two and a half: all. */
    const double errors = gain / fmax(evidence_error(evidence), 1e-9);
    return fmax(0, fmin(1, (errors - 0.5) / 2));
}
