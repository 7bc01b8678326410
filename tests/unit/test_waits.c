/* The join of batches and events, against figures worked out by hand and by a plain recomputation. */
/* links: benchmark */
#include "benchmark/waits.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PARTITIONS = 3, MOST_BATCHES = 40 };

static topic_events_t one_partition(event_t *events, size_t count)
{
    static partition_events_t partition;
    partition = (partition_events_t){.partition = 7, .events = events, .count = count};
    return (topic_events_t){&partition, 1};
}

static void test_figures_by_hand(void **state)
{
    (void)state;
    event_t events[] = {{10, 1000}, {11, 1100}, {12, 1900}, {13, 2500}};
    offset_range_t first = {7, 10, 13}, second = {7, 13, 14};
    batch_t list[] = {{.id = 1, .trigger_ms = 2000, .rows = 3, .ranges = &first, .range_count = 1},
                      {.id = 2, .trigger_ms = 4000, .rows = 1, .ranges = &second, .range_count = 1}};
    topic_events_t topic = one_partition(events, 4);
    waits_t waits;
    wait_figures_t figures;
    assert_true(waits_join(&(batches_t){list, 2}, &topic, &waits));
    assert_int_equal(waits.count, 4);
    assert_int_equal(waits.missing + waits.before + waits.repeated, 0);
    assert_int_equal(waits.rows, 4);

    /* Waits 1000, 900, 100, 1500. */
    assert_true(waits_figures(&waits, NULL, 0, &figures));
    assert_int_equal(figures.batches, 2);
    assert_int_equal(figures.events, 4);
    assert_true(figures.mean_ms == 875.0);
    assert_int_equal(figures.p50_ms, 900);
    assert_int_equal(figures.p95_ms, 1500);
    assert_int_equal(figures.max_ms, 1500);

    span_t spans[] = {{0, 1100}, {1900, 2500}}; /* ends are excluded, begins included */
    assert_true(waits_figures(&waits, spans, 2, &figures));
    assert_int_equal(figures.batches, 1);
    assert_int_equal(figures.events, 2);
    assert_true(figures.mean_ms == 550.0);
    assert_int_equal(figures.p50_ms, 100);

    span_t nowhere = {9000, 9999};
    assert_true(waits_figures(&waits, &nowhere, 1, &figures));
    assert_int_equal(figures.events, 0);
    assert_int_equal(figures.batches, 0);
    waits_free(&waits);
}

static void test_gaps_and_repeats_are_reported(void **state)
{
    (void)state;
    /* Offset 14 does not exist (a transaction marker): a hole, not a missing event. */
    event_t events[] = {{10, 100}, {11, 200}, {12, 300}, {13, 400}, {15, 500}, {16, 600}, {17, 700}};
    offset_range_t first = {7, 11, 13}, second = {7, 12, 13}, third = {7, 14, 16};
    batch_t list[] = {{.id = 1, .trigger_ms = 1000, .ranges = &first, .range_count = 1},
                      {.id = 2, .trigger_ms = 2000, .ranges = &second, .range_count = 1},
                      {.id = 3, .trigger_ms = 3000, .ranges = &third, .range_count = 1}};
    topic_events_t topic = one_partition(events, 7);
    waits_t waits;
    assert_true(waits_join(&(batches_t){list, 3}, &topic, &waits));
    assert_int_equal(waits.before, 1);   /* 10 */
    assert_int_equal(waits.missing, 3);  /* 13 between two batches; 16 and 17 after the last */
    assert_int_equal(waits.repeated, 1); /* 12; the first batch counts */
    assert_int_equal(waits.count, 3);    /* 11, 12, 15 */
    assert_int_equal(waits.events[1].wait_ms, 700);
    assert_int_equal(waits.batch_count, 2); /* the batch that only repeated has no event of its own */
    waits_free(&waits);
}

static void test_a_partition_never_taken_is_missing(void **state)
{
    (void)state;
    event_t events[] = {{0, 100}, {1, 200}};
    topic_events_t topic = one_partition(events, 2);
    waits_t waits;
    int64_t first_ms = 0;
    assert_true(waits_join(&(batches_t){NULL, 0}, &topic, &waits));
    assert_int_equal(waits.missing, 2);
    assert_int_equal(waits.count, 0);
    assert_true(topic_events_first_ms(&topic, &first_ms));
    assert_int_equal(first_ms, 100);
    waits_free(&waits);
    assert_false(topic_events_first_ms(&(topic_events_t){0}, &first_ms));
}

static void test_a_first_batch_without_start_takes_from_the_beginning(void **state)
{
    (void)state;
    event_t events[] = {{5, 100}, {6, 200}, {7, 300}};
    offset_range_t range = {7, OFFSET_BEGINNING, 7};
    batch_t list[] = {{.id = 0, .trigger_ms = 250, .ranges = &range, .range_count = 1}};
    topic_events_t topic = one_partition(events, 3);
    waits_t waits;
    assert_true(waits_join(&(batches_t){list, 1}, &topic, &waits));
    assert_int_equal(waits.count, 2);
    assert_int_equal(waits.events[1].wait_ms, 50);
    assert_int_equal(waits.missing, 1);
    waits_free(&waits);
}

static void test_excess_leaves_out_the_running_batch(void **state)
{
    (void)state;
    /* The first batch runs from 2000 to 2600; 1000 comes before any, 2100 and 2600 during it and at its
     * end. */
    event_t events[] = {{10, 1000}, {11, 2100}, {12, 2600}, {13, 3900}};
    offset_range_t first = {7, 10, 11}, second = {7, 11, 14};
    batch_t list[] = {
        {.id = 1, .trigger_ms = 2000, .end_ms = 2600, .rows = 1, .ranges = &first, .range_count = 1},
        {.id = 2, .trigger_ms = 4000, .rows = 3, .ranges = &second, .range_count = 1}};
    topic_events_t topic = one_partition(events, 4);
    waits_t waits;
    assert_true(waits_join(&(batches_t){list, 2}, &topic, &waits));
    const int64_t waits_ms[] = {1000, 1900, 1400, 100}, left_ms[] = {0, 500, 0, 0};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(waits.events[i].wait_ms, waits_ms[i]);
        assert_int_equal(waits.events[i].left_ms, left_ms[i]);
    }
    wait_excess_t excess = waits_excess(&waits, 1399);
    assert_int_equal(excess.events, 2); /* 1900 - 500 and 1400 */
    assert_int_equal(excess.largest_ms, 1);
    excess = waits_excess(&waits, 1400);
    assert_int_equal(excess.events, 0);
    assert_int_equal(excess.largest_ms, 0);
    assert_int_equal(waits_excess(&waits, 1500).largest_ms, -100);
    waits_free(&waits);
}

/* Events and batches at random; the plain recomputation looks at every event and every batch. */
static void random_case(unsigned seed)
{
    srand(seed);
    event_t events[PARTITIONS][200];
    partition_events_t partitions[PARTITIONS];
    offset_range_t ranges[MOST_BATCHES][PARTITIONS];
    batch_t list[MOST_BATCHES];
    int64_t next[PARTITIONS], cursor[PARTITIONS] = {0};
    for (int p = 0; p < PARTITIONS; p++) {
        size_t count = (size_t)(rand() % 200);
        int64_t offset = rand() % 50, time_ms = 0;
        for (size_t i = 0; i < count; i++) {
            offset += 1 + (rand() % 10 == 0);
            time_ms += rand() % 30;
            events[p][i] = (event_t){offset, time_ms};
        }
        partitions[p] = (partition_events_t){.partition = p, .events = events[p], .count = count};
        next[p] = count ? events[p][0].offset : 0;
    }
    for (int b = 0; b < MOST_BATCHES; b++) {
        list[b] =
            (batch_t){.id = b, .trigger_ms = (b + 1) * 100, .ranges = ranges[b], .range_count = PARTITIONS};
        for (int p = 0; p < PARTITIONS; p++) {
            int64_t end = b == MOST_BATCHES - 1 ? 1000000 : next[p] + rand() % 15;
            ranges[b][p] = (offset_range_t){p, next[p], end};
            next[p] = end;
        }
    }
    topic_events_t topic = {partitions, PARTITIONS};
    waits_t waits;
    wait_figures_t figures;
    assert_true(waits_join(&(batches_t){list, MOST_BATCHES}, &topic, &waits));
    assert_true(waits_figures(&waits, NULL, 0, &figures));

    double sum_ms = 0;
    int64_t count = 0, at_most_p95 = 0, below_p95 = 0, max_ms = INT64_MIN;
    for (int p = 0; p < PARTITIONS; p++) {
        for (size_t i = 0; i < partitions[p].count; i++, count++) {
            while (events[p][i].offset >= ranges[cursor[p]][p].end)
                cursor[p]++;
            int64_t wait_ms = list[cursor[p]].trigger_ms - events[p][i].time_ms;
            sum_ms += (double)wait_ms;
            at_most_p95 += wait_ms <= figures.p95_ms;
            below_p95 += wait_ms < figures.p95_ms;
            if (wait_ms > max_ms) max_ms = wait_ms;
        }
    }
    assert_int_equal(waits.missing + waits.before + waits.repeated, 0);
    assert_int_equal(figures.events, count);
    if (count > 0) {
        assert_true(fabs(figures.mean_ms - sum_ms / (double)count) < 1e-6);
        assert_int_equal(figures.max_ms, max_ms);
        assert_true(at_most_p95 * 100 >= count * 95);
        assert_true(below_p95 * 100 < count * 95);
    }
    waits_free(&waits);
}

static void test_against_plain_recomputation(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++)
        random_case(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_by_hand),
        cmocka_unit_test(test_gaps_and_repeats_are_reported),
        cmocka_unit_test(test_a_partition_never_taken_is_missing),
        cmocka_unit_test(test_a_first_batch_without_start_takes_from_the_beginning),
        cmocka_unit_test(test_excess_leaves_out_the_running_batch),
        cmocka_unit_test(test_against_plain_recomputation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
