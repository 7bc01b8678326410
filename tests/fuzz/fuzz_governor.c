/* Any sequence of calls, with wild times and totals: no crash, no decision that is not a number, no sleep
 * into the past. */
/* links: control common */
#include "control/governor.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    const uint8_t *data;
    size_t left;
} input_t;

static uint8_t take(input_t *input)
{
    if (input->left == 0) return 0;
    input->left--;
    return *input->data++;
}

/* Mostly small steps, now and then a huge or a negative one. */
static int64_t take_number(input_t *input)
{
    const int64_t mantissa = (int8_t)take(input);
    return mantissa * ((int64_t)1 << take(input) % 48);
}

static void check(const decision_t *decision, int64_t now_ns)
{
    if (!isfinite(decision->waiting) || !isfinite(decision->growth) || !isfinite(decision->price) ||
        !isfinite(decision->rate_per_s) || !isfinite(decision->interval_s) || decision->pending < 0)
        abort();
    if (!decision->fire && decision->wake_ns < now_ns && decision->reason != REASON_BLIND) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t input = {data, size};
    const governor_config_t config = {
        .trigger_ns = 1000000 * (1 + ((int64_t)take(&input) << take(&input) % 12)),
        .origin_ns = take_number(&input),
        .goal = (goal_t)(take(&input) % GOAL_COUNT),
        .policy = (policy_t)(take(&input) % (2 * POLICY_COUNT) % POLICY_COUNT),
        .budget = 0.1 + take(&input) / 32.0,
        .slot_ns = take(&input) % 2 ? 0 : 1000000 * (1 + (int64_t)take(&input) * 16),
        .min_interval_ns = 1000000 * (int64_t)take(&input),
        .max_interval_ns = 30000000000,
        .max_wait_ns = take(&input) % 4 ? 0 : 1000000 * (1 + (int64_t)take(&input)),
        .warmup_ns = 1000000 * (int64_t)take(&input),
        .rows_only = take(&input) % 4 == 0,
        .update_period_ns = 1000000 * (int64_t)take(&input),
        .fallback_ns = 1000000 * (int64_t)take(&input),
    };
    governor_t *governor = governor_create(&config);
    if (!governor) return 0;
    int64_t now_ns = 0, total = 0;
    governor_start(governor, now_ns, total, total);
    while (input.left > 0) {
        const uint8_t call = take(&input) % 16;
        const int64_t step = take_number(&input);
        const int64_t before_ns = now_ns;
        if (now_ns + step < (int64_t)1 << 52) now_ns += step;
        switch (call) {
        case 0:
            governor_align(governor, take_number(&input));
            break;
        case 1:
            governor_set_source_limit(governor, take_number(&input));
            break;
        case 2:
            governor_set_forecast(governor, (double)step, take(&input) / 128.0);
            break;
        case 3:
            governor_start(governor, now_ns, total, total);
            break;
        case 4:
        case 5:
            governor_trigger(governor, before_ns, now_ns, total + take_number(&input) % 1000);
            break;
        case 6:
        case 7:
        case 8:
        case 9: {
            const decision_t decision =
                governor_decide(governor, now_ns, now_ns + take_number(&input), take(&input) % 8 == 0);
            check(&decision, now_ns);
            break;
        }
        default:
            if (llabs(total) < (int64_t)1 << 40) total += take_number(&input) % ((int64_t)1 << 30);
            governor_probe(governor, now_ns, total);
        }
    }
    governor_stats_t stats;
    governor_stats(governor, &stats);
    if (!isfinite(stats.own.mean_s) || !isfinite(stats.debt_batches)) abort();
    governor_destroy(governor);
    return 0;
}
