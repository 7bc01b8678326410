/* Shapes and the arrivals made from them. */
/* links: traffic common */
#include "traffic/arrivals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

static const int64_t second_ns = INT64_C(1000000000);

static shape_t shape_of(const char *text)
{
    shape_t shape = {.baseline_per_s = 100, .burst_multiplier = 8, .burst_probability = 0.1};
    char error[256] = "";
    if (!shape_parse(text, &shape, error, sizeof error)) fail_msg("%s", error);
    return shape;
}

static uint64_t count_all(arrivals_t arrivals)
{
    uint64_t count = 0;
    int64_t before_ns = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival); count++) {
        assert_true(arrival.time_ns >= before_ns && arrival.time_ns < arrivals.end_ns);
        before_ns = arrival.time_ns;
    }
    arrival_t none;
    assert_false(arrivals_next(&arrivals, &none));
    return count;
}

static uint64_t count_between(arrivals_t arrivals, int64_t from_ns, int64_t to_ns)
{
    uint64_t count = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);)
        count += arrival.time_ns >= from_ns && arrival.time_ns < to_ns;
    return count;
}

static uint64_t hash_of(arrivals_t arrivals)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a over the times */
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);)
        hash = (hash ^ (uint64_t)arrival.time_ns) * UINT64_C(1099511628211);
    return hash;
}

static void test_steady_poisson_has_its_rate(void **state)
{
    (void)state;
    shape_t shape = shape_of("steady");
    arrivals_t arrivals;
    arrivals_of_shape(&arrivals, &shape, 1000 * second_ns, SPACING_POISSON, 5);
    double expected = 100 * 1000;
    assert_true(arrivals_expected_events(&arrivals) == expected);
    assert_true(fabs((double)count_all(arrivals) - expected) < 4 * sqrt(expected));

    /* Counts of a Poisson process in windows have a variance equal to their mean. */
    double squares = 0;
    uint64_t counts[1000] = {0};
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);)
        counts[arrival.time_ns / second_ns]++;
    for (int i = 0; i < 1000; i++)
        squares += ((double)counts[i] - 100) * ((double)counts[i] - 100);
    assert_true(squares / 1000 > 80 && squares / 1000 < 120);
}

static void test_phases_keep_their_totals(void **state)
{
    (void)state;
    shape_t shape = shape_of("phases=200x100,4000x20,200x30,5x70");
    assert_int_equal(shape_duration_ns(&shape), 220 * second_ns);
    arrivals_t regular, poisson;
    arrivals_of_shape(&regular, &shape, SHAPE_FOREVER_NS, SPACING_REGULAR, 1);
    arrivals_of_shape(&poisson, &shape, SHAPE_FOREVER_NS, SPACING_POISSON, 1);
    assert_int_equal(regular.end_ns, 220 * second_ns);
    assert_int_equal(count_all(regular), 106350);
    assert_true(fabs(arrivals_expected_events(&poisson) - 106350) < 1e-6);

    static const struct {
        int64_t from_s, to_s;
        double events;
    } phases[] = {{0, 100, 20000}, {100, 120, 80000}, {120, 150, 6000}, {150, 220, 350}};
    for (size_t i = 0; i < 4; i++) {
        int64_t from_ns = phases[i].from_s * second_ns, to_ns = phases[i].to_s * second_ns;
        assert_int_equal(count_between(regular, from_ns, to_ns), (uint64_t)phases[i].events);
        double count = (double)count_between(poisson, from_ns, to_ns);
        assert_true(fabs(count - phases[i].events) < 4 * sqrt(phases[i].events));
    }
}

static void test_regular_gaps_carry_over(void **state)
{
    (void)state;
    /* A third of an event in each phase: one event for every three phases, none lost to rounding. */
    char text[1024] = "phases=1x0.333333333";
    for (int i = 1; i < 30; i++)
        strcat(text, ",1x0.333333333");
    shape_t shape = shape_of(text);
    arrivals_t arrivals;
    arrivals_of_shape(&arrivals, &shape, SHAPE_FOREVER_NS, SPACING_REGULAR, 1);
    assert_int_equal(count_all(arrivals), 10);

    shape = shape_of("phases=0x5,10x1,0x5");
    arrivals_of_shape(&arrivals, &shape, SHAPE_FOREVER_NS, SPACING_REGULAR, 1);
    assert_int_equal(count_all(arrivals), 10);
    assert_int_equal(count_between(arrivals, 5 * second_ns, 6 * second_ns), 10);
    arrival_t arrival;
    assert_true(arrivals_next(&arrivals, &arrival));
    assert_int_equal(arrival.time_ns, 5 * second_ns + 50000000);
    assert_true(arrival.rate_per_s == 10);
}

static void test_duration_cuts(void **state)
{
    (void)state;
    shape_t shape = shape_of("phases=10x10,1000x10");
    arrivals_t arrivals;
    arrivals_of_shape(&arrivals, &shape, 5 * second_ns, SPACING_REGULAR, 1);
    assert_int_equal(count_all(arrivals), 50);
    assert_true(arrivals_expected_events(&arrivals) == 50);
    arrivals_of_shape(&arrivals, &shape, 50 * second_ns, SPACING_REGULAR, 1);
    assert_int_equal(count_all(arrivals), 10100);
}

static void test_seed_decides_everything(void **state)
{
    (void)state;
    shape_t shape = shape_of("burst");
    arrivals_t first, again, other;
    arrivals_of_shape(&first, &shape, 300 * second_ns, SPACING_POISSON, 42);
    arrivals_of_shape(&again, &shape, 300 * second_ns, SPACING_POISSON, 42);
    arrivals_of_shape(&other, &shape, 300 * second_ns, SPACING_POISSON, 43);
    assert_true(hash_of(first) == hash_of(again));
    assert_true(hash_of(first) != hash_of(other));
}

/* The same on every machine and in every version: results published with a seed stay reproducible. */
static void test_arrivals_are_pinned(void **state)
{
    (void)state;
    shape_t burst = shape_of("burst"), phases = shape_of("phases=200x10,4000x2,5x7.5");
    arrivals_t arrivals;
    arrivals_of_shape(&arrivals, &burst, 300 * second_ns, SPACING_POISSON, 1);
    assert_true(hash_of(arrivals) == UINT64_C(0x95a499b70ccc73f2));
    arrivals_of_shape(&arrivals, &phases, SHAPE_FOREVER_NS, SPACING_POISSON, 1);
    assert_true(hash_of(arrivals) == UINT64_C(0x4d3d624b14619144));
    arrivals_of_shape(&arrivals, &burst, 300 * second_ns, SPACING_REGULAR, 1);
    assert_true(hash_of(arrivals) == UINT64_C(0x1e5b14c369b4d8eb));
}

static void test_shorter_run_is_the_beginning(void **state)
{
    (void)state;
    shape_t shape = shape_of("burst");
    arrivals_t whole, part;
    arrivals_of_shape(&whole, &shape, 300 * second_ns, SPACING_POISSON, 3);
    arrivals_of_shape(&part, &shape, 47 * second_ns, SPACING_POISSON, 3);
    uint64_t count = 0;
    for (arrival_t a, b; arrivals_next(&part, &a); count++) {
        assert_true(arrivals_next(&whole, &b));
        assert_int_equal(a.time_ns, b.time_ns);
    }
    assert_true(count > 4000);
}

static void test_bursts_ramp_hold_ramp(void **state)
{
    (void)state;
    shape_t shape = shape_of("burst");
    shape.burst_probability = 1;
    shape_walk_t walk;
    stretch_t stretch;
    shape_walk_begin(&walk, &shape, 1);
    for (int second = 0; second < 90; second++) {
        assert_true(shape_walk_next(&walk, &stretch));
        assert_int_equal(stretch.start_ns, second * second_ns);
        assert_int_equal(stretch.end_ns, (second + 1) * second_ns);
        int phase = second % 30;
        double expected = phase < 10   ? 100 + 700.0 * phase / 9
                          : phase < 20 ? 800
                                       : 100 + 700.0 * (29 - phase) / 9;
        assert_true(fabs(stretch.rate_per_s - expected) < 1e-9);
    }
    shape.burst_probability = 0;
    shape_walk_begin(&walk, &shape, 1);
    for (int second = 0; second < 1000; second++) {
        assert_true(shape_walk_next(&walk, &stretch));
        assert_true(stretch.rate_per_s == 100);
    }
}

/* Idle stretches between bursts are geometric: at 0.1 a burst begins after 9 idle seconds on average. */
static void test_burst_probability(void **state)
{
    (void)state;
    enum { SECONDS = 200000 };
    shape_t shape = shape_of("burst");
    shape_walk_t walk;
    shape_walk_begin(&walk, &shape, 1);
    int idle = 0, bursts = 0, before = 0;
    for (int second = 0; second < SECONDS; second++) {
        stretch_t stretch;
        assert_true(shape_walk_next(&walk, &stretch));
        idle += walk.burst_second == 0;
        bursts += walk.burst_second == 1 && before != 1;
        before = walk.burst_second;
    }
    double mean_idle_s = (double)idle / bursts;
    assert_true(fabs(mean_idle_s - 9) < 5 * sqrt(90.0 / bursts));
}

static void test_shape_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *mentions;
    } wrong[] = {
        {"brust", "brust"},
        {"phases=", "RATExSECONDS"},
        {"phases=200", "'200'"},
        {"phases=200x", "'200x'"},
        {"phases=x5", "'x5'"},
        {"phases=200x5,", "''"},
        {"phases=200x5,-1x5", "'-1x5'"},
        {"phases=nanx5", "'nanx5'"},
        {"phases=200x0", "'200x0'"},
        {"phases=1e8x5", "'1e8x5'"},
        {"phases=5x1e300", "'5x1e300'"},
        {"phases=200 x5", "'200 x5'"},
        {"phases=5xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "5xxx"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        shape_t shape = {0};
        char error[256] = "";
        assert_false(shape_parse(wrong[i].text, &shape, error, sizeof error));
        if (strstr(error, wrong[i].mentions) == NULL) fail_msg("%s: %s", wrong[i].text, error);
    }
    char many[4 * (SHAPE_PHASES_MAXIMUM + 1) + 16] = "phases=1x1";
    for (int i = 0; i < SHAPE_PHASES_MAXIMUM; i++)
        strcat(many, ",1x1");
    shape_t shape = {0};
    char error[256] = "";
    assert_false(shape_parse(many, &shape, error, sizeof error));
    assert_non_null(strstr(error, "256"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steady_poisson_has_its_rate),
        cmocka_unit_test(test_phases_keep_their_totals),
        cmocka_unit_test(test_regular_gaps_carry_over),
        cmocka_unit_test(test_duration_cuts),
        cmocka_unit_test(test_seed_decides_everything),
        cmocka_unit_test(test_arrivals_are_pinned),
        cmocka_unit_test(test_shorter_run_is_the_beginning),
        cmocka_unit_test(test_bursts_ramp_hold_ramp),
        cmocka_unit_test(test_burst_probability),
        cmocka_unit_test(test_shape_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
