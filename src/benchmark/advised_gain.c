#include "benchmark/advised_gain.h"

#include <math.h>

static bool run(const comparison_t *comparison, const advised_setting_t *advice, double budget,
                contender_result_t *result)
{
    comparison_t one = *comparison;
    schedule_t schedule;
    one.advice = advice;
    one.config.budget *= budget;
    const bool done = contender_run(&one, CONTENDER_ADAPTIVE, 0, &schedule, result);
    schedule_free(&schedule);
    return done;
}

bool advice_reference(const comparison_t *comparison, advice_reference_t *reference)
{
    enum { BUDGETS = 4 };
    static const double budgets[BUDGETS] = {0.95, 0.975, 1.025, 1.05};
    double x = 0, y = 0, xx = 0, xy = 0;
    if (!run(comparison, NULL, 1, &reference->free)) return false;
    for (int i = 0; i < BUDGETS; i++) {
        contender_result_t result;
        if (!run(comparison, NULL, budgets[i], &result)) return false;
        const double batches = log(fmax(1, (double)result.batches)), mean = log(fmax(1e-9, result.mean_s));
        x += batches / BUDGETS;
        y += mean / BUDGETS;
        xx += batches * batches / BUDGETS;
        xy += batches * mean / BUDGETS;
    }
    /* Where a budget does not change the batches, there is nothing to compare them by. */
    const double slope = xx - x * x > 1e-8 ? (xy - x * y) / (xx - x * x) : -1;
    reference->waited_over_batches = fmax(-3, fmin(-1. / 3, slope));
    return true;
}

bool advice_gain(const comparison_t *comparison, const advice_reference_t *reference, advice_gain_t *gain)
{
    if (!run(comparison, comparison->advice, 1, &gain->result)) return false;
    const contender_result_t *free_result = &reference->free;
    gain->ratio = 1;
    if (free_result->mean_s <= 0 || free_result->batches == 0 || gain->result.batches == 0) return true;
    const double batches = log((double)gain->result.batches / (double)free_result->batches);
    gain->ratio = gain->result.mean_s / free_result->mean_s * exp(-reference->waited_over_batches * batches);
    return true;
}
