/* Medians and their bootstrapped intervals. */
/* links: benchmark */
#include "benchmark/statistics.h"

#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_medians(void **state)
{
    (void)state;
    assert_true(statistics_median((const double[]){3, 1, 2}, 3) == 2);
    assert_true(statistics_median((const double[]){4, 1, 2, 8}, 4) == 3);
    assert_true(statistics_median(NULL, 0) == 0);
}

static void test_an_interval_of_few_values_is_their_range(void **state)
{
    (void)state;
    const estimate_of_t three = statistics_estimate((const double[]){0.5, 0.7, 0.6}, 3);
    assert_int_equal(three.count, 3);
    assert_true(three.median == 0.6 && three.low == 0.5 && three.high == 0.7);
    const estimate_of_t one = statistics_estimate((const double[]){7}, 1);
    assert_true(one.median == 7 && one.low == 7 && one.high == 7);
    assert_int_equal(statistics_estimate(NULL, 0).count, 0);
}

/* Of 31 values the true median of the normal distribution lies inside about 95 % of the intervals. */
static void test_intervals_hold_what_they_promise(void **state)
{
    (void)state;
    enum { TRIALS = 120, VALUES = 31 };
    random_t random;
    random_seed(&random, 7, 0);
    int inside = 0;
    double width = 0;
    for (int i = 0; i < TRIALS; i++) {
        double values[VALUES];
        for (int k = 0; k < VALUES; k++)
            values[k] = random_normal(&random);
        const estimate_of_t estimate = statistics_estimate(values, VALUES);
        inside += estimate.low <= 0 && estimate.high >= 0;
        width += (estimate.high - estimate.low) / TRIALS;
    }
    assert_in_range(inside, TRIALS * 90 / 100, TRIALS * 99 / 100);
    assert_true(width > 0.6 && width < 1.1); /* 2 x 1.96 x 1.25 / sqrt(31) = 0.88 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_medians),
        cmocka_unit_test(test_an_interval_of_few_values_is_their_range),
        cmocka_unit_test(test_intervals_hold_what_they_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
