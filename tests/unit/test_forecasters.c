/* The forecasters behind their interface, on the series that the original was judged by. */
/* links: forecast traffic common */
#include "forecast/forecaster.h"

#include "forecast/classic.h"
#include "forecast/evaluate.h"
#include "forecast/ridge.h"
#include "near.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { TEST_FROM = 127, LINES = 150, TEST_WINDOWS = 6210 };

static series_set_t set;
static windows_t test;

static int load(void **state)
{
    (void)state;
    char error[512] = "";
    if (!series_load(PROJECT_SOURCE "/tests/data/seven_shapes.csv.gz", &set, error, sizeof error))
        fail_msg("%s", error);
    return set.count == LINES && windows_of(&set, TEST_FROM, LINES, MODEL_HISTORY, &test) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    windows_free(&test);
    series_set_free(&set);
    return 0;
}

static double error_of(forecaster_kind_t kind)
{
    forecaster_t *forecaster = forecaster_create(kind, NULL);
    assert_non_null(forecaster);
    const evaluation_t result = evaluate_forecaster(forecaster, &test, true);
    forecaster_destroy(forecaster);
    assert_int_equal(result.all.windows, TEST_WINDOWS);
    assert_false(result.has_quantiles);
    return result.all.error;
}

/* The three numbers of tests/data/README.md, which others found with programs of their own. */
static void test_known_errors(void **state)
{
    (void)state;
    assert_int_equal(test.count, TEST_WINDOWS);
    assert_near(error_of(FORECASTER_LAST), 45.91, 0.005);
    assert_near(error_of(FORECASTER_EMA), 55.30, 0.005);
    double sum = 0;
    for (size_t i = 0; i < test.count; i++)
        sum += fabs(classic_ema(test.items[i], MODEL_HISTORY, 0.3) - test.items[i][MODEL_HISTORY]);
    assert_near(sum / TEST_WINDOWS, 85.8, 0.05);
}

/* Windows: all of them, in order, the value to be forecast behind each. */
static void test_windows(void **state)
{
    (void)state;
    assert_ptr_equal(test.items[0], set.items[TEST_FROM].rates_per_s);
    assert_ptr_equal(test.items[269], set.items[TEST_FROM].rates_per_s + 269);
    assert_ptr_equal(test.items[270], set.items[TEST_FROM + 1].rates_per_s);
    windows_t none;
    assert_true(windows_of(&set, 0, LINES, 300, &none));
    assert_int_equal(none.count, 0);
    windows_free(&none);
}

/* Only a history of nothing but zeros is silent, whatever comes after it. */
static void test_silent_windows(void **state)
{
    (void)state;
    const double rates[] = {0, 0, 5, 0, 0, 0, 7, 1};
    series_set_t few = {0};
    windows_t windows;
    assert_true(series_add(&few, rates, sizeof rates / sizeof *rates));
    assert_true(windows_of(&few, 0, 1, 2, &windows));
    assert_int_equal(windows.count, 6);
    windows_drop_silent(&windows);
    const size_t kept[] = {1, 2, 5}; /* 0, 3 and 4 are silent */
    assert_int_equal(windows.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(windows.items[i], few.items[0].rates_per_s + kept[i]);
    windows_free(&windows);
    series_set_free(&few);
}

static void test_transitions(void **state)
{
    (void)state;
    double window[MODEL_HISTORY + 1];
    for (int i = 0; i <= MODEL_HISTORY; i++)
        window[i] = 100;
    assert_false(window_is_transition(window, MODEL_HISTORY));
    window[MODEL_HISTORY] = 126;
    assert_true(window_is_transition(window, MODEL_HISTORY));
    window[MODEL_HISTORY] = 124;
    assert_false(window_is_transition(window, MODEL_HISTORY));
    window[MODEL_HISTORY] = 100;
    window[MODEL_HISTORY - 6] = 1000;
    assert_false(window_is_transition(window, MODEL_HISTORY));
    window[MODEL_HISTORY - 5] = 1000;
    assert_true(window_is_transition(window, MODEL_HISTORY));
    memset(window, 0, sizeof window);
    assert_false(window_is_transition(window, MODEL_HISTORY));
}

/* A constant stays constant, whatever forecasts it, and a straight line is what Holt's trend is for. */
static void test_constant_and_line(void **state)
{
    (void)state;
    double constant[MODEL_HISTORY], line[MODEL_HISTORY], falling[MODEL_HISTORY];
    for (int i = 0; i < MODEL_HISTORY; i++) {
        constant[i] = 7;
        line[i] = 100 + 10 * i;
        falling[i] = 10 * (MODEL_HISTORY - 1 - i);
    }
    for (int kind = 0; kind < FORECASTER_LSTM; kind++) {
        forecaster_t *forecaster = forecaster_create((forecaster_kind_t)kind, NULL);
        assert_near(forecaster_forecast(forecaster, constant, -1).rate_per_s, 7, 1e-9);
        assert_true(forecaster_forecast(forecaster, falling, -1).rate_per_s >= 0);
        forecaster_destroy(forecaster);
    }
    assert_near(classic_holt(line, MODEL_HISTORY, 0.9, 0.5), 100 + 10 * MODEL_HISTORY, 0.1);
    assert_near(classic_ema(line, MODEL_HISTORY, 1), line[MODEL_HISTORY - 1], 1e-9);
}

/* A wave whose next value is a sum of two before it: ridge finds it, the last value cannot. */
static void test_ridge_learns(void **state)
{
    (void)state;
    enum { SECONDS = 2000 };
    static double rates[SECONDS];
    for (int i = 0; i < SECONDS; i++)
        rates[i] = 100 + 50 * sin(0.7 * i);
    forecaster_t *forecaster = forecaster_create(FORECASTER_RIDGE, NULL);
    double error = 0;
    for (int i = 0; i + MODEL_HISTORY < SECONDS; i++) {
        const double truth = rates[i + MODEL_HISTORY];
        const double forecast = forecaster_forecast(forecaster, rates + i, i).rate_per_s;
        if (i < FORECASTER_RIDGE_WARM) assert_true(forecast == rates[i + MODEL_HISTORY - 1]);
        if (i > SECONDS / 2) error = fmax(error, fabs(forecast - truth));
        forecaster_observe(forecaster, rates + i, i, truth);
    }
    forecaster_destroy(forecaster);
    assert_true(error < 1);
}

/* The time of day as the only thing that tells what comes. */
static void test_ridge_uses_the_time_of_day(void **state)
{
    (void)state;
    ridge_t ridge;
    ridge_begin(&ridge);
    double history[MODEL_HISTORY];
    for (int i = 0; i < MODEL_HISTORY; i++)
        history[i] = i % 2 == 0 ? 90 : 110;
    for (int i = 0; i < 2000; i++) {
        ridge_observe(&ridge, history, 21600, 130);
        ridge_observe(&ridge, history, 64800, 90);
    }
    assert_near(ridge_forecast(&ridge, history, 21600), 130, 1);
    assert_near(ridge_forecast(&ridge, history, 64800), 90, 1);
    assert_near(ridge_forecast(&ridge, history, -1), 110, 1);
}

/* Nothing at all, then a million: no forecaster gives anything but a number. */
static void test_extremes(void **state)
{
    (void)state;
    double history[MODEL_HISTORY] = {0};
    for (int kind = 0; kind < FORECASTER_LSTM; kind++) {
        forecaster_t *forecaster = forecaster_create((forecaster_kind_t)kind, NULL);
        history[MODEL_HISTORY - 1] = 0;
        for (int i = 0; i < 2 * FORECASTER_RIDGE_WARM; i++) {
            assert_near(forecaster_forecast(forecaster, history, -1).rate_per_s, 0, 1e-6);
            forecaster_observe(forecaster, history, -1, 0);
        }
        forecaster_observe(forecaster, history, -1, 1e6);
        history[MODEL_HISTORY - 1] = 1e6;
        const double forecast = forecaster_forecast(forecaster, history, -1).rate_per_s;
        assert_true(isfinite(forecast) && forecast >= 0);
        forecaster_destroy(forecaster);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_errors),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_silent_windows),
        cmocka_unit_test(test_transitions),
        cmocka_unit_test(test_constant_and_line),
        cmocka_unit_test(test_ridge_learns),
        cmocka_unit_test(test_ridge_uses_the_time_of_day),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
