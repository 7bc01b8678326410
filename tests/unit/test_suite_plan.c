/* The plan of a benchmark: what its lines mean, what is refused, and in which order it is run. */
/* links: benchmark */
#include "benchmark/suite_plan.h"
#include "benchmark/suite_steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static suite_settings_t settings;
static suite_plan_t plan;
static char error[1024];

static bool make(const char *text)
{
    settings = (suite_settings_t){0};
    error[0] = '\0';
    return suite_settings_read(&settings, "p.plan", text, strlen(text), error, sizeof error) &&
           suite_plan_make(&settings, &plan, error, sizeof error);
}

static void assert_refused(const char *text, const char *why)
{
    if (make(text)) fail_msg("accepted: %s", text);
    if (!strstr(error, why)) fail_msg("of %s it says: %s", text, error);
}

static void test_an_empty_plan_is_a_plan(void **state)
{
    (void)state;
    assert_true(make(""));
    assert_int_equal(plan.arm_count, 7);
    assert_int_equal(plan.workload_count, 4);
    assert_int_equal(plan.job_count, 1);
    assert_int_equal(plan.repetitions, 3);
    assert_string_equal(plan.reference, "fixed_2s");
    assert_string_equal(plan.workloads[0].name, "phases");
    assert_true(plan.workloads[0].seconds == 440);
}

static void test_every_known_arm_and_workload_can_be_read(void **state)
{
    (void)state;
    const char *text, *name;
    suite_workload_t workload;
    for (size_t i = 0; (name = suite_known_workload(i, &text)) != NULL; i++)
        assert_true(suite_workload_parse(name, text, &workload, error, sizeof error));
    suite_arm_t arm;
    for (size_t i = 0; (name = suite_known_arm(i, &text)) != NULL; i++)
        if (!suite_arm_parse(name, text, "", &arm, error, sizeof error)) fail_msg("%s: %s", name, error);
}

static void test_definitions_of_ones_own(void **state)
{
    (void)state;
    assert_true(make("# a comment\n\n arms = fixed_2s,mine \nreference=fixed_2s\nagent=warmup=5s\n"
                     "arm.mine=trigger=2s agent=goal=latency,budget=0.5\r\n"
                     "arm.fixed_2s=trigger=3s\n"
                     "workloads=t,s\nworkload.t=trace=llm_code bin=100ms speed=5 seconds=60\n"
                     "workload.s=shape=phases=10x2,20x3 repeat=4"));
    assert_true(plan.arms[0].trigger_ns == INT64_C(3000000000) && !plan.arms[0].governed);
    assert_true(plan.arms[1].governed);
    assert_string_equal(plan.arms[1].agent, "goal=latency,budget=0.5,warmup=5s");
    assert_true(plan.workloads[0].bin_ns == 100000000 && plan.workloads[0].speed == 5);
    assert_string_equal(plan.workloads[0].trace, "llm_code");
    assert_true(plan.workloads[1].seconds == 20);
    assert_string_equal(plan.workloads[1].shape, "phases=10x2,20x3");
}

static void test_a_later_line_wins(void **state)
{
    (void)state;
    assert_true(make("repetitions=2\nrepetitions=5\n"));
    assert_int_equal(plan.repetitions, 5);
    settings = (suite_settings_t){0};
    suite_settings_quick(&settings);
    assert_true(suite_settings_add(&settings, "repetitions", "2", error, sizeof error));
    assert_true(suite_plan_make(&settings, &plan, error, sizeof error));
    assert_int_equal(plan.repetitions, 2);
}

static void test_quick_is_quick(void **state)
{
    (void)state;
    suite_steps_t steps;
    settings = (suite_settings_t){0};
    suite_settings_quick(&settings);
    assert_true(suite_plan_make(&settings, &plan, error, sizeof error));
    assert_true(suite_steps_make(&plan, &steps));
    double seconds = 0;
    for (size_t i = 0; i < steps.count; i++)
        seconds +=
            plan.workloads[steps.steps[i].workload].seconds + 90; /* a slow machine's start and warm-up */
    assert_true(seconds <= 600);
    suite_steps_free(&steps);
}

static void test_what_is_wrong_is_named(void **state)
{
    (void)state;
    assert_refused("repetition=3", "p.plan:1: unknown key 'repetition'; did you mean 'repetitions'?");
    assert_refused("\nno line of a plan", "p.plan:2: not KEY=VALUE");
    assert_refused("repetitions=0", "repetitions=0: must be a whole number from 1 to 100");
    assert_refused("busy_others=2", "busy_others=2: must be a number from 0 to 1");
    assert_refused("arms=fixed_2s,balancd", "did you mean 'balanced'?");
    assert_refused("arms=fixed_2s,", "arms=fixed_2s,");
    assert_refused("arms=", "arms=");
    assert_refused("arms=fixed_2s,fixed_2s", "names that differ");
    assert_refused("arms=balanced", "reference=fixed_2s: must be one of the arms");
    assert_refused("arms=asap\nreference=asap", "an arm with a trigger");
    assert_refused("jobs=mop", "unknown job 'mop'");
    assert_refused("arm.x=trigger=2s agent=goal=fast\narms=fixed_2s,x", "arm.x: goal=fast");
    assert_refused("arm.x=agent=\narms=fixed_2s,x", "arm.x: trigger=DURATION or trigger=asap is missing");
    assert_refused("arm.x=trigger=2s colour=red\narms=fixed_2s,x", "unknown word 'colour'");
    assert_refused("arm.x=trigger=asap min-offsets=5\narms=fixed_2s,x", "needs max-delay");
    assert_refused("arm.x=trigger=2s max-delay=5s\narms=fixed_2s,x", "max-delay belongs to");
    assert_refused("arm.x=trigger=asap reactive=1s\narms=fixed_2s,x", "reactive needs a trigger");
    assert_refused("workload.x=seconds=3\nworkloads=x", "either shape=... or trace=...");
    assert_refused("workload.x=shape=steady\nworkloads=x", "seconds=N is missing");
    assert_refused("workload.x=shape=spiral seconds=3\nworkloads=x", "workload.x: ");
    assert_refused("workload.x=shape=steady repeat=2 seconds=9\nworkloads=x", "repeat belongs to");
    assert_refused("workload.a/b=shape=steady seconds=3\nworkloads=a/b", "letters, digits");
}

static bool same_steps(const suite_steps_t *left, const suite_steps_t *right)
{
    return left->count == right->count &&
           memcmp(left->steps, right->steps, left->count * sizeof *left->steps) == 0;
}

static void test_each_run_once_in_an_order_of_the_seed(void **state)
{
    (void)state;
    suite_steps_t steps, again, other;
    assert_true(make("arms=fixed_2s,fixed_5s,asap,balanced,latency\njobs=map,files\nside_by_side=2\n"));
    assert_true(suite_steps_make(&plan, &steps));
    assert_true(suite_steps_make(&plan, &again));
    assert_true(same_steps(&steps, &again));
    plan.seed = 2;
    assert_true(suite_steps_make(&plan, &other));
    assert_false(same_steps(&steps, &other));
    int seen[2][4][5][3] = {0};
    size_t pairs = 0;
    for (size_t i = 0; i < steps.count; i++) {
        const suite_step_t *step = &steps.steps[i];
        assert_in_range(step->arm_count, 1, 2);
        assert_int_equal(step->seed, step->repetition); /* seed 1 in repetition 1 */
        pairs += step->arm_count == 2;
        for (size_t k = 0; k < step->arm_count; k++) {
            seen[step->job][step->workload][step->arms[k]][step->repetition - 1]++;
            if (plan.arms[step->arms[k]].alone) assert_int_equal(step->arm_count, 1);
        }
        if (i > 0) assert_true(steps.steps[i - 1].repetition <= step->repetition);
    }
    for (size_t i = 0; i < sizeof seen / sizeof(int); i++)
        assert_int_equal(((int *)seen)[i], 1);
    assert_int_equal(pairs, 2 * 4 * 3 * 2); /* four arms that may be beside others, in each of the scenes */
    suite_steps_free(&steps);
    suite_steps_free(&again);
    suite_steps_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_plan_is_a_plan),
        cmocka_unit_test(test_every_known_arm_and_workload_can_be_read),
        cmocka_unit_test(test_definitions_of_ones_own),
        cmocka_unit_test(test_a_later_line_wins),
        cmocka_unit_test(test_quick_is_quick),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_each_run_once_in_an_order_of_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
