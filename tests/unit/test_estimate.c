/* What an adaptive trigger would bring: the figures on traffic whose answer is known, and the words for them. */
/* links: benchmark */
#include "benchmark/estimate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t trigger_ns = INT64_C(2000000000);
static const batch_model_t model = {.fixed_s = 0.25, .per_event_s = 20e-6};

/* `seconds` of traffic in slots of 100 ms: `low` events a slot, and `high` in the first `busy_s` of every `period_s`. */
static slots_t traffic(int seconds, int64_t low, int64_t high, int busy_s, int period_s)
{
    slots_t slots = {.slot_ns = 100000000, .count = (size_t)seconds * 10};
    slots.counts = calloc(slots.count, sizeof *slots.counts);
    assert_non_null(slots.counts);
    for (size_t i = 0; i < slots.count; i++) {
        slots.counts[i] = i / 10 % (size_t)period_s < (size_t)busy_s ? high : low;
        slots.events += slots.counts[i];
    }
    return slots;
}

static estimate_t estimate_of(slots_t slots, batch_model_t cost, goal_t goal)
{
    estimate_t result;
    const estimate_request_t request = {
        .slots = &slots, .trigger_ns = trigger_ns, .model = cost, .goal = goal};
    assert_true(estimate(&request, NULL, NULL, &result));
    slots_free(&slots);
    return result;
}

static void expect_words(const estimate_t *estimate, const char *first, const char *second)
{
    char text[1024];
    estimate_sentence(estimate, text, sizeof text);
    if (!strstr(text, first) || !strstr(text, second)) fail_msg("%s", text);
}

static void test_steady_traffic(void **state)
{
    (void)state;
    const estimate_t result = estimate_of(traffic(3600, 20, 20, 1, 1), model, GOAL_BALANCED);
    assert_int_equal(result.now.batches, 1800);
    assert_true(fabs(result.now.mean_s - 1) < 1e-9);
    assert_true(fabs(result.factor - 1) < 1e-9 && result.window_s == 2);
    assert_true(fabs(result.busy - 0.129) < 0.001 && result.overrun == 0);
    assert_int_equal(estimate_verdict(&result), VERDICT_NOT_WORTH_IT);
    expect_words(&result, "Not worth it: events would wait ",
                 "about as good as any that cannot know the future");
}

static void test_bursts(void **state)
{
    (void)state;
    const estimate_t result = estimate_of(traffic(3600, 20, 400, 20, 300), model, GOAL_BALANCED);
    assert_int_equal(estimate_verdict(&result), VERDICT_WORTH_IT);
    /* Windows of one trigger: 1/15 of them at 20 times the rate of the others. */
    const double root = sqrt(20.0) / 15 + 14.0 / 15;
    assert_true(fabs(result.factor - root * root / (20.0 / 15 + 14.0 / 15)) < 0.001);
    expect_words(&result, "Worth it: events would wait ", " less) ");
    assert_true(estimate_gain(&result, GOAL_BALANCED) > 0.2);
    for (int i = 0; i < ESTIMATE_CURVE; i++) {
        const estimate_point_t *point = &result.curve[i];
        assert_true(point->fixed_trigger_ns % 100000000 == 0);
        assert_true(fabs((double)point->fixed_trigger_ns * point->budget - (double)trigger_ns) < 0.05e9 * 2);
        assert_true(point->adaptive.mean_s < point->fixed.mean_s);
        assert_true(i == 0 || point->adaptive.batches > point[-1].adaptive.batches);
    }
    assert_true(result.curve[2].adaptive.mean_s == result.goals[GOAL_BALANCED].mean_s);
    assert_true(result.curve[2].fixed.mean_s == result.now.mean_s);
}

static void test_few_events_widen_the_windows(void **state)
{
    (void)state;
    slots_t slots = traffic(3600, 0, 1, 1, 1);
    for (size_t i = 0; i < slots.count; i++)
        if (i % 5 > 0) slots.counts[i] = 0;
    slots.events = (int64_t)slots.count / 5; /* 2 a second */
    const estimate_t result = estimate_of(slots, model, GOAL_BALANCED);
    assert_true(result.window_s == 10);
    assert_true(fabs(result.factor - 1) < 1e-9);
}

static void test_short_traffic(void **state)
{
    (void)state;
    estimate_t result = estimate_of(traffic(590, 20, 400, 20, 300), model, GOAL_BALANCED);
    assert_int_equal(estimate_verdict(&result), VERDICT_TOO_SHORT);
    expect_words(&result, "Too short to tell: 9.8 minutes of traffic", "busy and quiet");
    result = estimate_of(traffic(1, 20, 400, 1, 1), model, GOAL_COST);
    assert_int_equal(estimate_verdict(&result), VERDICT_TOO_SHORT);
}

static void test_overload(void **state)
{
    (void)state;
    const batch_model_t slow = {.fixed_s = 2.5, .per_event_s = 0};
    const estimate_t result = estimate_of(traffic(3600, 20, 20, 1, 1), slow, GOAL_BALANCED);
    assert_true(result.overrun > 0.99 && result.busy > 0.9);
    assert_int_equal(estimate_verdict(&result), VERDICT_OVERLOADED);
    expect_words(&result, "Not worth it: 100 % of the events", "longer than your trigger");
}

/* Figures that no traffic has to give. */
static estimate_t figures(double wait_ratio, double batch_ratio)
{
    estimate_t result = {.goal = GOAL_BALANCED, .trigger_ns = trigger_ns, .seconds = 3600};
    result.now = (contender_result_t){.batches = 1000, .mean_s = 1, .p99_s = 2};
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        result.goals[goal] = result.now;
        result.goals[goal].mean_s = wait_ratio;
        result.goals[goal].batches = (int64_t)(1000 * batch_ratio);
    }
    return result;
}

static void test_sentences(void **state)
{
    (void)state;
    estimate_t result = figures(0.62, 1);
    char text[1024];
    assert_string_equal(
        estimate_sentence(&result, text, sizeof text),
        "Worth it: events would wait 0.62 s instead of 1.00 s (38 % less) at the same number of batches.");
    assert_true(fabs(estimate_gain(&result, GOAL_BALANCED) - 0.38) < 1e-9);
    result.goals[GOAL_BALANCED].p99_s = 2.5;
    expect_words(&result, "One event in a hundred would wait 2.50 s or longer instead of 2.00 s",
                 "(goal strict: 2.00 s)");
    result.goals[GOAL_COST] = (contender_result_t){.batches = 800, .mean_s = 1};
    expect_words(&result, "Or goal cost: 20 % fewer batches, and events wait 1.00 s.", "");
    result.overrun = 0.2;
    expect_words(&result, "20 % of the events are in batches that take longer", "");

    result = figures(0.98, 1);
    assert_string_equal(
        estimate_sentence(&result, text, sizeof text),
        "Not worth it: events would wait 0.98 s instead of 1.00 s (2 % less) at the same number "
        "of batches; your trigger is already about as good as any that cannot know the future.");
    result.goals[GOAL_COST].batches = 800;
    expect_words(&result, "Not worth it with goal balanced: ",
                 "Worth it with goal cost: events would wait 0.98 s "
                 "instead of 1.00 s (2 % less) with 20 % fewer batches.");
    result = figures(0.9, 1.2);
    assert_int_equal(estimate_verdict(&result), VERDICT_NOT_WORTH_IT);
    expect_words(&result, "(10 % less) with 20 % more batches", "Not worth it");
}

static void test_a_small_buffer(void **state)
{
    (void)state;
    const estimate_t result = figures(0.62, 1);
    char text[12];
    assert_string_equal(estimate_sentence(&result, text, sizeof text), "Worth it: e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steady_traffic),
        cmocka_unit_test(test_bursts),
        cmocka_unit_test(test_few_events_widen_the_windows),
        cmocka_unit_test(test_short_traffic),
        cmocka_unit_test(test_overload),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_a_small_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
