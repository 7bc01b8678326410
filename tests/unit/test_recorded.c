/* What the law promises on recorded traffic (tests/data/traces/README.md): the first four hours of each trace
 * at a trigger of 2 s, against the job's own trigger. Every figure has room above what
 * docs/decisions/0014-quick-average-and-tail.md reports. */
/* links: benchmark traffic control common */
#include "benchmark/comparison.h"
#include "traffic/slots.h"
#include "traffic/trace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TRACES = 5 };

static const struct {
    const char *path;
    int64_t bin_ms;
} traces[TRACES] = {
    {PROJECT_SOURCE "/tests/data/traces/nasa_http.csv.gz", 1000},
    {PROJECT_SOURCE "/tests/data/traces/twitter_stream.csv.gz", 1000},
    {PROJECT_SOURCE "/tests/data/traces/llm_code.csv.gz", 100},
    {PROJECT_SOURCE "/tests/data/traces/btc_feed.csv.gz", 100},
    {PROJECT_SOURCE "/tests/data/traces/tweets_tvshow.csv.gz", 100},
};

/* Over those of the fixed trigger. */
typedef struct {
    double mean, p95, p99, batches;
} ratios_t;

static slots_t load(int trace_index, double scale, int64_t slot_ns)
{
    char error[512];
    trace_t trace;
    slots_t slots;
    assert_true(trace_load(traces[trace_index].path, traces[trace_index].bin_ms * 1000000, &trace, error,
                           sizeof error));
    assert_true(trace_rescale(&trace, scale, 1, error, sizeof error));
    assert_true(slots_of_trace(&trace, slot_ns, INT64_C(4) * 3600 * 1000000000, 1, &slots));
    trace_free(&trace);
    return slots;
}

static contender_result_t run(const comparison_t *comparison, contender_t contender)
{
    contender_result_t result;
    schedule_t schedule;
    assert_true(contender_run(comparison, contender, 0, &schedule, &result));
    schedule_free(&schedule);
    return result;
}

static ratios_t ratios_on(int trace_index, goal_t goal, double scale)
{
    const int64_t trigger_ns = 2000000000;
    const slots_t slots = load(trace_index, scale, comparison_slot_ns(trigger_ns));
    options_t options;
    options_defaults(&options);
    options.goal = goal;
    const comparison_t comparison = {.slots = &slots,
                                     .config = governor_config_of(&options, trigger_ns),
                                     .model = {.fixed_s = 0.25, .per_event_s = 20e-6}};
    const contender_result_t fixed = run(&comparison, CONTENDER_FIXED),
                             ours = run(&comparison, CONTENDER_ADAPTIVE);
    slots_free((slots_t *)&slots);
    return (ratios_t){ours.mean_s / fixed.mean_s, ours.p95_s / fixed.p95_s, ours.p99_s / fixed.p99_s,
                      (double)ours.batches / (double)fixed.batches};
}

static void recorded_traffic_waits_less_at_its_budget(void **state)
{
    (void)state;
    const struct {
        goal_t goal;
        double mean, p95, p99, batches, most_batches; /* geometric means, and the most on any trace */
    } bounds[] = {
        {GOAL_BALANCED, 0.890, 0.985, 1.16, 1.013, 1.042},
        {GOAL_LATENCY, 0.872, 1.06, 1.30, 1.012, 1.042},
        {GOAL_STRICT, 0.902, 0.985, 1.00, 1.019, 1.042},
        {GOAL_COST, 1.005, 1.185, 1.44, 0.906, 0.985},
    };
    for (size_t i = 0; i < 2 * sizeof bounds / sizeof *bounds; i++) {
        const double scale = i % 2 ? 10 : 1;
        double mean = 0, p95 = 0, p99 = 0, batches = 0, most_batches = 0;
        for (int k = 0; k < TRACES; k++) {
            const ratios_t ratios = ratios_on(k, bounds[i / 2].goal, scale);
            mean += log(ratios.mean) / TRACES;
            p95 += log(ratios.p95) / TRACES;
            p99 += log(ratios.p99) / TRACES;
            batches += log(ratios.batches) / TRACES;
            most_batches = fmax(most_batches, ratios.batches);
            if (bounds[i / 2].goal == GOAL_STRICT)
                assert_true(ratios.p95 <= 1 + 1e-9 && ratios.p99 <= 1 + 1e-9);
        }
        print_message("%s x%.0f: mean %.3f, p95 %.3f, p99 %.3f, batches %.3f, at most %.3f\n",
                      goal_names[bounds[i / 2].goal], scale, exp(mean), exp(p95), exp(p99), exp(batches),
                      most_batches);
        assert_true(exp(mean) <= bounds[i / 2].mean);
        assert_true(exp(p95) <= bounds[i / 2].p95 + 1e-9);
        assert_true(exp(p99) <= bounds[i / 2].p99 + 1e-9);
        assert_true(exp(batches) <= bounds[i / 2].batches);
        assert_true(most_batches <= bounds[i / 2].most_batches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_traffic_waits_less_at_its_budget)};
    return cmocka_run_group_tests_name("recorded traffic", tests, NULL, NULL);
}
