/* Any traffic, any cost of a batch, any trigger: no contender waits less than the bound at its own number of batches, and
 * each takes every event. */
/* links: benchmark control traffic common */
#include "benchmark/clairvoyant.h"
#include "benchmark/comparison.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 6, MOST_SLOTS = 300 };

static const double rounding = 1e-9;

static void check(int holds)
{
    if (!holds) abort();
}

/* Each byte is a slot: the lower half of its values are empty ones, the upper half grow exponentially. */
static int64_t events_of(uint8_t byte)
{
    return byte < 128 ? 0 : (int64_t)exp2((byte - 128) / 8.0);
}

static void check_contender(const comparison_t *comparison, contender_t contender, int64_t fixed_batches)
{
    contender_result_t result;
    schedule_t schedule, best;
    double bound_s;
    const clairvoyant_cost_t cost = {comparison->model.fixed_s, comparison->model.per_event_s};
    check(contender_run(comparison, contender, fixed_batches, &schedule, &result));
    check(clairvoyant_within(comparison->slots, &cost, result.batches, &best, &bound_s));
    const double events = (double)comparison->slots->events;
    if (events > 0) check(schedule.batches > 0 && schedule.starts[schedule.batches - 1] > 0);
    check(result.mean_s * events >= bound_s * (1 - rounding) - rounding);
    check((int64_t)best.batches <= (result.batches > 1 ? result.batches : 1));
    schedule_free(&schedule);
    schedule_free(&best);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER) return 0;
    int64_t counts[MOST_SLOTS];
    const size_t count = size - HEADER < MOST_SLOTS ? size - HEADER : MOST_SLOTS;
    const int64_t trigger_ns = (1 + data[0]) * INT64_C(100000000);
    slots_t slots = {.counts = counts, .count = count, .slot_ns = comparison_slot_ns(trigger_ns)};
    for (size_t i = 0; i < count; i++)
        slots.events += counts[i] = events_of(data[HEADER + i]);
    options_t options;
    options_defaults(&options);
    options.goal = (goal_t)(data[1] % GOAL_COUNT);
    options.budget = 0.1 + data[2] / 64.0;
    options.warmup_ns = data[5] % 2 ? 0 : options.warmup_ns;
    const comparison_t comparison = {
        .slots = &slots,
        .config = governor_config_of(&options, trigger_ns),
        .model = {.fixed_s = data[3] / 100.0, .per_event_s = data[4] * 1e-6},
        .equal_batches = data[5] & 2,
    };
    contender_result_t fixed;
    schedule_t schedule;
    check(contender_run(&comparison, CONTENDER_FIXED, 0, &schedule, &fixed));
    schedule_free(&schedule);
    for (int contender = 0; contender < CONTENDER_COUNT; contender++)
        check_contender(&comparison, (contender_t)contender, fixed.batches);
    return 0;
}
