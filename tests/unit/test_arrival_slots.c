/* Arrivals by slots of 100 ms: dealt at random, each given once, and nothing said of what is not known. */
/* links: control common */
#include "common/random.h"
#include "control/arrival_slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const int64_t ms = 1000000;
static const int64_t epoch_ms = INT64_C(1790000000000);

static void see(arrival_slots_t *slots, int64_t after_ms, int64_t total)
{
    arrival_slots_observe(slots, (epoch_ms + after_ms) * ms, total);
}

static int64_t sum(const int64_t *counts, size_t count)
{
    int64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += counts[i];
    return all;
}

static void deals_whole_events_between_two_looks(void **state)
{
    (void)state;
    arrival_slots_t slots = {0};
    int64_t counts[ARRIVAL_SLOTS], start_ms;
    see(&slots, 0, 500);
    see(&slots, 1000, 600);
    see(&slots, 1300, 605);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 13);
    assert_int_equal(start_ms, epoch_ms);
    assert_int_equal(sum(counts, 10), 100);
    assert_int_equal(sum(counts + 10, 3), 5);
    for (int i = 0; i < 10; i++)
        assert_in_range(counts[i], 1, 25);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 0);
    see(&slots, 1400, 605);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 1);
    assert_int_equal(start_ms, epoch_ms + 1300);
    assert_int_equal(counts[0], 0);
}

/* An event that comes alone must not always stand at the same place between two looks. */
static void events_that_come_alone_stand_anywhere(void **state)
{
    (void)state;
    arrival_slots_t slots = {0};
    int64_t of_place[10] = {0}, counts[ARRIVAL_SLOTS], start_ms;
    see(&slots, 0, 0);
    for (int i = 1; i <= 1000; i++) {
        see(&slots, i * 1000, i);
        const size_t count = arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms);
        assert_int_equal(count, 10);
        assert_int_equal(sum(counts, count), 1);
        for (size_t k = 0; k < count; k++)
            of_place[k] += counts[k];
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(of_place[i], 60, 150);
}

static void the_slot_of_the_first_total_is_not_known(void **state)
{
    (void)state;
    arrival_slots_t slots = {0};
    int64_t counts[ARRIVAL_SLOTS], start_ms;
    see(&slots, 50, 0);
    see(&slots, 99, 7);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 0);
    see(&slots, 200, 10107);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 1);
    assert_int_equal(start_ms, epoch_ms + 100);
    assert_in_range(counts[0], 10100 - 10100 / 50,
                    10100); /* some 100 of them came in the last ms of the first slot */
}

static void rates_need_thirty_seconds(void **state)
{
    (void)state;
    arrival_slots_t slots = {0};
    double rates[ARRIVAL_SECONDS];
    int64_t end_ms;
    assert_false(arrival_slots_rates(&slots, rates, &end_ms));
    see(&slots, 0, 0);
    see(&slots, 20000, 2000);
    see(&slots, 29999, 6000);
    assert_false(arrival_slots_rates(&slots, rates, &end_ms));
    see(&slots, 30010, 6000);
    assert_true(arrival_slots_rates(&slots, rates, &end_ms));
    assert_int_equal(end_ms, epoch_ms + 30000);
    for (int i = 0; i < 20; i++)
        assert_in_range((int64_t)rates[i], 99, 101);
    for (int i = 20; i < 30; i++)
        assert_true(rates[i] > 398 && rates[i] < 402);
}

static void a_long_gap_keeps_the_end(void **state)
{
    (void)state;
    arrival_slots_t slots = {0};
    int64_t counts[ARRIVAL_SLOTS], start_ms;
    double rates[ARRIVAL_SECONDS];
    see(&slots, 0, 0);
    see(&slots, 3600000, 360000);
    const size_t count = arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms);
    assert_int_equal(count, ARRIVAL_SLOTS - 1);
    assert_int_equal(start_ms, epoch_ms + 3600000 - (ARRIVAL_SLOTS - 1) * 100);
    for (size_t i = 0; i < count; i++)
        assert_in_range(counts[i], 9, 11);
    assert_true(arrival_slots_rates(&slots, rates, &start_ms));
}

static void what_runs_backwards_does_no_harm(void **state)
{
    (void)state;
    arrival_slots_t slots = {0};
    int64_t counts[ARRIVAL_SLOTS], start_ms;
    see(&slots, 1000, 50);
    see(&slots, 500, 60);  /* counts as now */
    see(&slots, 1100, 40); /* tells nothing */
    see(&slots, 1200, 60);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 2);
    assert_int_equal(counts[0], 10);
    assert_int_equal(counts[1], 0);
    arrival_slots_restart(&slots);
    see(&slots, 300, 5);
    see(&slots, 400, 9);
    assert_int_equal(arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms), 1);
    assert_int_equal(start_ms, epoch_ms + 300);
    assert_int_equal(counts[0], 4);
}

static void no_event_is_lost_or_doubled(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 3, 0);
    arrival_slots_t slots = {0};
    int64_t time_ms = 0, total = 0, given = 0, next_ms = epoch_ms;
    see(&slots, 0, 0);
    for (int i = 0; i < 20000; i++) {
        time_ms += (int64_t)random_below(&random, 3000);
        total += (int64_t)random_below(&random, 5000);
        see(&slots, time_ms, total);
        if (random_below(&random, 4) != 0) continue;
        int64_t counts[100], start_ms;
        size_t count;
        while ((count = arrival_slots_take(&slots, counts, 100, &start_ms)) > 0) {
            assert_int_equal(start_ms, next_ms);
            next_ms += (int64_t)count * 100;
            for (size_t k = 0; k < count; k++)
                given += counts[k];
        }
    }
    see(&slots, time_ms + 100, total);
    int64_t counts[ARRIVAL_SLOTS], start_ms;
    const size_t count = arrival_slots_take(&slots, counts, ARRIVAL_SLOTS, &start_ms);
    for (size_t k = 0; k < count; k++)
        given += counts[k];
    assert_int_equal(given, total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deals_whole_events_between_two_looks),
        cmocka_unit_test(events_that_come_alone_stand_anywhere),
        cmocka_unit_test(the_slot_of_the_first_total_is_not_known),
        cmocka_unit_test(rates_need_thirty_seconds),
        cmocka_unit_test(a_long_gap_keeps_the_end),
        cmocka_unit_test(what_runs_backwards_does_no_harm),
        cmocka_unit_test(no_event_is_lost_or_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
