/* The random source: the published generator, the distributions drawn from it, and powers for them. */
/* links: common */
#include "common/power.h"
#include "common/random.h"
#include "poisson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { DRAWS = 200000 };

/* From the state 1, 2, 3, 4: the first numbers of the authors' C code. */
static void test_published_sequence(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
    };
    random_t random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(random_bits(&random) == expected[i]);
}

static void test_seeds_and_streams_differ(void **state)
{
    (void)state;
    random_t a, b, c, again;
    random_seed(&a, 1, 1);
    random_seed(&again, 1, 1);
    random_seed(&b, 2, 1);
    random_seed(&c, 1, 2);
    assert_memory_equal(&a, &again, sizeof a);
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
    assert_memory_not_equal(&b, &c, sizeof b);
}

/* Mean and variance of DRAWS draws must lie within five standard errors. */
static void check_moments(double sum, double sum_of_squares, double mean, double variance,
                          double fourth_moment)
{
    double measured_mean = sum / DRAWS;
    double measured_variance = sum_of_squares / DRAWS - measured_mean * measured_mean;
    assert_true(fabs(measured_mean - mean) < 5 * sqrt(variance / DRAWS));
    assert_true(fabs(measured_variance - variance) < 5 * sqrt((fourth_moment - variance * variance) / DRAWS));
}

static void test_uniform(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 7, 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = random_uniform(&random);
        assert_true(x >= 0 && x < 1);
        sum += x;
        squares += x * x;
    }
    check_moments(sum, squares, 0.5, 1.0 / 12, 1.0 / 80);
}

static void test_exponential(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 7, 0);
    double sum = 0, squares = 0;
    int above_two = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = random_exponential(&random);
        assert_true(x >= 0);
        sum += x;
        squares += x * x;
        above_two += x > 2;
    }
    check_moments(sum, squares, 1, 1, 9);
    double tail = exp(-2);
    assert_true(fabs((double)above_two / DRAWS - tail) < 5 * sqrt(tail * (1 - tail) / DRAWS));
}

static void test_normal(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 7, 0);
    double sum = 0, squares = 0;
    int above_one = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = random_normal(&random);
        sum += x;
        squares += x * x;
        above_one += x > 1;
    }
    check_moments(sum, squares, 0, 1, 3);
    double tail = erfc(1 / sqrt(2)) / 2;
    assert_true(fabs((double)above_one / DRAWS - tail) < 5 * sqrt(tail * (1 - tail) / DRAWS));
}

static void test_power(void **state)
{
    (void)state;
    assert_true(power(10, 3) == 1000);
    assert_true(power(7, 0) == 1);
    assert_true(power(2, 0.5) == sqrt(2));
    random_t random;
    random_seed(&random, 7, 0);
    for (int i = 0; i < 10000; i++) {
        double base = 1 + 1e6 * random_uniform(&random), exponent = 10 * random_uniform(&random);
        double expected = pow(base, exponent);
        assert_true(fabs(power(base, exponent) - expected) < 1e-12 * expected);
    }
}

static void test_poisson(void **state)
{
    (void)state;
    static const double means[] = {0.3, 4, 20};
    for (size_t m = 0; m < sizeof means / sizeof means[0]; m++) {
        random_t random;
        random_seed(&random, 7, m);
        double sum = 0, squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double x = (double)poisson(&random, means[m]);
            sum += x;
            squares += x * x;
        }
        check_moments(sum, squares, means[m], means[m], means[m] + 3 * means[m] * means[m]);
    }
    random_t random;
    random_seed(&random, 7, 9);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(poisson(&random, 0), 0);
}

static void test_binomial(void **state)
{
    (void)state;
    /* On both sides of where the normal takes over, of one half, and of few trials. */
    static const struct {
        uint64_t count;
        double chance;
    } cases[] = {{10, 0.3}, {5000, 0.01}, {5000, 0.99}, {1000000, 0.0009}, {1000000000, 0.1}, {3, 0.5}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const double count = (double)cases[c].count, chance = cases[c].chance;
        const double mean = count * chance, variance = mean * (1 - chance);
        random_t random;
        random_seed(&random, 7, c);
        double sum = 0, squares = 0;
        enum { FEW = 20000 };
        for (int i = 0; i < FEW; i++) {
            const uint64_t drawn = random_binomial(&random, cases[c].count, chance);
            assert_true(drawn <= cases[c].count);
            const double off = (double)drawn - mean;
            sum += off;
            squares += off * off;
        }
        assert_true(fabs(sum / FEW) < 5 * sqrt(variance / FEW));
        assert_true(fabs(squares / FEW / variance - 1) < 0.06);
    }
    random_t random;
    random_seed(&random, 7, 9);
    assert_int_equal(random_binomial(&random, 7, 0), 0);
    assert_int_equal(random_binomial(&random, 7, 1), 7);
    assert_int_equal(random_binomial(&random, 0, 0.5), 0);
    /* Two trials: 0, 1 and 2 as often as they should. */
    int counts[3] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[random_binomial(&random, 2, 0.25)]++;
    assert_true(fabs((double)counts[0] / DRAWS - 0.5625) < 5 * sqrt(0.25 / DRAWS));
    assert_true(fabs((double)counts[2] / DRAWS - 0.0625) < 5 * sqrt(0.06 / DRAWS));
}

static void test_below(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 7, 0);
    int counts[6] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_true(fabs(counts[i] - DRAWS / 6.0) < 5 * sqrt(DRAWS * 5.0 / 36));
    assert_int_equal(random_below(&random, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_sequence),
        cmocka_unit_test(test_seeds_and_streams_differ),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_poisson),
        cmocka_unit_test(test_binomial),
        cmocka_unit_test(test_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
