/* Arrivals counted in bins from readings of a total: what each bin gets, and which are said to be filled. */
/* links: traffic common */
#include "common/random.h"
#include "traffic/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { BIN = 1000, START = 7 * BIN };

/* The next bins have these counts, and are all filled or all not; then there is none. */
static void check_bins(recording_t *recording, size_t count, const int64_t *counts, bool filled)
{
    recorded_bin_t bin;
    assert_int_equal(recording_due(recording), count);
    for (size_t i = 0; i < count; i++) {
        assert_true(recording_next(recording, &bin));
        assert_int_equal(bin.count, counts[i]);
        assert_int_equal(bin.filled, filled);
    }
    assert_false(recording_next(recording, &bin));
    assert_false(recording_next(recording, &bin));
    assert_int_equal(recording_due(recording), 0);
}

#define CHECK_BINS(recording, filled, ...)                                                                   \
    check_bins(recording, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__},      \
               filled)

static recording_t begun_at(int64_t time)
{
    recording_t recording;
    recording_begin(&recording, BIN, time);
    return recording;
}

static void test_readings_at_the_ends(void **state)
{
    (void)state;
    recording_t recording = begun_at(START);
    recording_add(&recording, START + BIN, 5);
    CHECK_BINS(&recording, false, 5);
    recording_add(&recording, START + 2 * BIN, 0);
    CHECK_BINS(&recording, false, 0);
    recording_add(&recording, START + 3 * BIN, 1000000000000);
    CHECK_BINS(&recording, false, 1000000000000);
    assert_int_equal(recording.end_ns, START + 3 * BIN);
    assert_int_equal(recording.pending, 0);
}

static void test_what_came_after_the_end_is_the_next_bins(void **state)
{
    (void)state;
    recording_t recording = begun_at(START);
    recording_add(&recording, START + 1200, 120); /* 0.1 a unit of time: 100 before the end */
    CHECK_BINS(&recording, false, 100);
    assert_int_equal(recording.pending, 20);
    recording_add(&recording, START + 2100, 90);
    CHECK_BINS(&recording, false, 20 + 80);
}

static void test_lone_events_stay_in_their_bins(void **state)
{
    (void)state;
    recording_t recording = begun_at(START + 3);
    recording_add(&recording, START + BIN + 3, 1);
    CHECK_BINS(&recording, false, 1);
    recording_add(&recording, START + 2 * BIN + 1, 0);
    CHECK_BINS(&recording, false, 0);
    recording_add(&recording, START + 3 * BIN + 4, 100);
    CHECK_BINS(&recording, false, 100);
    assert_int_equal(recording.pending, 0);
}

static void test_missed_ends_share_evenly(void **state)
{
    (void)state;
    recording_t recording = begun_at(START);
    recording_add(&recording, START + 4 * BIN, 10);
    CHECK_BINS(&recording, true, 3, 2, 3, 2); /* 2.5 each, in whole numbers */
    recording_add(&recording, START + 5 * BIN, 7);
    CHECK_BINS(&recording, false, 7);
}

static void test_a_late_reading_fills_both_bins_of_its_end(void **state)
{
    (void)state;
    recording_t recording = begun_at(START);
    recording_add(&recording, START + BIN + BIN / 4, 125);
    CHECK_BINS(&recording, false, 100);
    recording_add(&recording, START + 2 * BIN + BIN / 4 + 1, 100);
    recorded_bin_t bin;
    assert_true(recording_next(&recording, &bin));
    assert_true(bin.filled);
    assert_false(recording_next(&recording, &bin));
    recording_add(&recording, START + 3 * BIN, 100);
    assert_true(recording_next(&recording, &bin));
    assert_true(bin.filled);
    assert_false(recording_next(&recording, &bin));
}

static void test_readings_within_a_bin(void **state)
{
    (void)state;
    recording_t recording = begun_at(START + 10);
    assert_int_equal(recording.end_ns, START);
    assert_true(recording.end_read);
    recording_add(&recording, START + 300, 3);
    check_bins(&recording, 0, NULL, false);
    recording_add(&recording, START + 600, 4);
    check_bins(&recording, 0, NULL, false);
    recording_add(&recording, START + BIN, 5);
    CHECK_BINS(&recording, false, 12);
}

static void test_a_beginning_that_is_late_is_said(void **state)
{
    (void)state;
    recording_t recording = begun_at(START + BIN / 2);
    recording_add(&recording, START + BIN, 5);
    CHECK_BINS(&recording, true, 5);
}

static void test_a_clock_that_was_set_back(void **state)
{
    (void)state;
    recording_t recording = begun_at(START + 100);
    recording_add(&recording, START - 5 * BIN, 6);
    check_bins(&recording, 0, NULL, false);
    recording_add(&recording, START + 100, 1);
    check_bins(&recording, 0, NULL, false);
    recording_add(&recording, START + BIN, 3);
    CHECK_BINS(&recording, false, 10);
}

/* Whatever the readings: nothing is lost, nothing invented, and no bin runs ahead of what was read. */
static void test_sums_are_true(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 4, 0);
    for (int round = 0; round < 300; round++) {
        int64_t now = START + (int64_t)random_below(&random, BIN), arrived = 0, in_bins = 0, bins = 0;
        recording_t recording = begun_at(now);
        int64_t first = recording.end_ns;
        for (int reading = 0; reading < 50; reading++) {
            int64_t events = (int64_t)random_below(&random, random_below(&random, 2) ? 5 : 5000000);
            now += (int64_t)random_below(&random, random_below(&random, 4) ? BIN : 20 * BIN);
            arrived += events;
            recording_add(&recording, now, events);
            for (recorded_bin_t bin; recording_next(&recording, &bin); bins++) {
                assert_true(bin.count >= 0);
                in_bins += bin.count;
                assert_true(in_bins <= arrived);
            }
            assert_int_equal(in_bins + recording.pending, arrived);
            assert_int_equal(recording.end_ns, now - now % BIN);
            assert_int_equal(recording.end_ns, first + bins * BIN);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readings_at_the_ends),
        cmocka_unit_test(test_what_came_after_the_end_is_the_next_bins),
        cmocka_unit_test(test_lone_events_stay_in_their_bins),
        cmocka_unit_test(test_missed_ends_share_evenly),
        cmocka_unit_test(test_a_late_reading_fills_both_bins_of_its_end),
        cmocka_unit_test(test_readings_within_a_bin),
        cmocka_unit_test(test_a_beginning_that_is_late_is_said),
        cmocka_unit_test(test_a_clock_that_was_set_back),
        cmocka_unit_test(test_sums_are_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
