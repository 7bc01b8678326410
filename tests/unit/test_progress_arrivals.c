/* What a query's reports tell: its trigger, the cost of its batches, and when its events came. */
/* links: benchmark */
#include "benchmark/progress_arrivals.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "temporary_file.h"

#define SECOND_NS INT64_C(1000000000)

static const int64_t epoch_ms = INT64_C(1769860800000); /* 2026-01-31T12:00:00Z */
static char error[512];

static reported_trigger_t trigger_at(int64_t ms, int64_t duration_ms, int64_t rows, int64_t batch_id)
{
    return (reported_trigger_t){
        .trigger_ms = epoch_ms + ms, .duration_ms = duration_ms, .rows = rows, .batch_id = batch_id};
}

static job_facts_t facts_of(reported_trigger_t *triggers, size_t count)
{
    reported_query_t query = {.triggers = triggers, .count = count};
    for (size_t i = 0; i < count; i++)
        query.rows += triggers[i].rows;
    return progress_facts(&query);
}

/* `count` batches on the grid of `interval_ms`, every `stride`th trigger only, a few ms late each. */
static void expect_interval(int64_t interval_ms, int stride, int64_t duration_ms, int64_t expected_ms)
{
    enum { COUNT = 40 };
    reported_trigger_t triggers[COUNT];
    int64_t at = 1;
    for (int i = 0; i < COUNT; i++) {
        triggers[i] = trigger_at(at * interval_ms + i % 4, duration_ms, 10, i);
        at += 1 + (stride > 1 ? i * 7 % stride : 0);
    }
    const job_facts_t facts = facts_of(triggers, COUNT);
    if (facts.trigger_ns != expected_ms * 1000000)
        fail_msg("interval %d ms, stride %d: found %g ms", (int)interval_ms, stride,
                 (double)facts.trigger_ns / 1e6);
}

static void test_the_interval_is_found(void **state)
{
    (void)state;
    static const int64_t intervals_ms[] = {100,  250,   500,   1000,  1500,  2000,
                                           5000, 10000, 15000, 30000, 60000, 300000};
    for (size_t i = 0; i < sizeof intervals_ms / sizeof intervals_ms[0]; i++) {
        expect_interval(intervals_ms[i], 1, 60, intervals_ms[i]);
        /* Much is left out: the query is idle most of the time. */
        expect_interval(intervals_ms[i], 4, 60, intervals_ms[i]);
    }
}

static void test_a_job_without_an_interval(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    reported_trigger_t triggers[COUNT];
    int64_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        triggers[i] = trigger_at(at, 300 + i * 37 % 100, 10, i);
        at += triggers[i].duration_ms + 1;
    }
    assert_int_equal(facts_of(triggers, COUNT).trigger_ns, 0);
    /* The same with pauses, as when it has to wait for data. */
    for (int i = 0; i < COUNT; i++)
        triggers[i].trigger_ms += (int64_t)i * i * 13 % 1009 + 400 * i;
    assert_int_equal(facts_of(triggers, COUNT).trigger_ns, 0);
    assert_int_equal(facts_of(triggers, 4).trigger_ns, 0);
}

static void test_overruns_do_not_hide_the_interval(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    reported_trigger_t triggers[COUNT];
    int64_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        const int64_t duration = i % 5 == 0 ? 2700 : 150;
        triggers[i] = trigger_at(at, duration, 10, i);
        const int64_t end = at + duration;
        at = duration > 2000 ? end : (end / 2000 + 1) * 2000;
    }
    const job_facts_t facts = facts_of(triggers, COUNT);
    assert_int_equal(facts.trigger_ns, 2 * SECOND_NS);
    assert_true(facts.on_grid >= 0.8);
}

static void test_the_cost_of_batches(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    reported_trigger_t triggers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const int64_t rows = (i % 3 + 1) * (i % 3 + 1) * 1000;
        /* Every tenth takes ten times as long: compaction. */
        triggers[i] = trigger_at(2000 * i, (200 + rows / 50) * (i % 10 == 9 ? 10 : 1), rows, i);
    }
    job_facts_t facts = facts_of(triggers, COUNT);
    assert_true(facts.model_known);
    assert_true(fabs(facts.model.fixed_s - 0.2) < 0.002 && fabs(facts.model.per_event_s - 20e-6) < 0.5e-6);
    facts = facts_of(triggers, 2);
    assert_false(facts.model_known);
    for (int i = 0; i < COUNT; i++)
        triggers[i] = trigger_at(2000 * i, i % 2 ? 10 : 1000, i % 2 ? 1000 : 4000, i);
    facts = facts_of(triggers, COUNT);
    assert_true(facts.model.fixed_s == 0 && fabs(facts.model.per_event_s - 250e-6) < 1e-6);
    for (int i = 0; i < COUNT; i++)
        triggers[i].duration_ms = -1;
    assert_false(facts_of(triggers, COUNT).model_known);
}

static void test_counts(void **state)
{
    (void)state;
    reported_trigger_t triggers[] = {
        trigger_at(2000, 100, 5, 0),    trigger_at(4000, 100, 5, 1),  trigger_at(14000, 2, 0, 2),
        trigger_at(16000, 100, 5, 2),   trigger_at(18000, 100, 5, 6), trigger_at(900000, 100, 5, 50),
        trigger_at(902000, 100, 5, 51),
    };
    triggers[1].behind = true;
    triggers[5].run = triggers[6].run = 1;
    const job_facts_t facts = facts_of(triggers, 7);
    assert_int_equal(facts.batches, 6);
    assert_int_equal(facts.rows, 30);
    assert_int_equal(facts.missing, 3); /* 3, 4, 5; a new run may begin anywhere */
    assert_int_equal(facts.behind, 1);
    assert_true(fabs(facts.seconds - 18) < 1e-9);
}

static void expect_slots(reported_trigger_t *triggers, size_t count, int64_t trigger_ns, int64_t slot_ns,
                         int64_t limit_ns, int64_t left_out, const char *expected)
{
    char all[256] = "";
    const reported_query_t query = {.triggers = triggers, .count = count};
    const job_facts_t facts = {.trigger_ns = trigger_ns};
    slots_t slots;
    progress_slots_t outcome;
    int64_t sum = 0;
    assert_true(progress_slots_of(&query, &facts, trigger_ns > 0 ? trigger_ns : 2 * SECOND_NS, slot_ns,
                                  limit_ns, &slots, &outcome));
    for (size_t i = 0; i < slots.count; i++) {
        snprintf(all + strlen(all), sizeof all - strlen(all), "%" PRId64 " ", slots.counts[i]);
        sum += slots.counts[i];
    }
    assert_string_equal(all, expected);
    assert_int_equal(slots.events, sum);
    assert_int_equal(outcome.left_out, left_out);
    slots_free(&slots);
}

static void test_rows_are_spread_since_the_trigger_before(void **state)
{
    (void)state;
    reported_trigger_t steady[] = {trigger_at(2000, 100, 7, 0), trigger_at(4000, 100, 8, 1),
                                   trigger_at(6000, 100, 2, 2)};
    expect_slots(steady, 3, 2 * SECOND_NS, SECOND_NS / 2, 0, 7, "2 2 2 2 0 1 0 1 ");
    expect_slots(steady, 3, 2 * SECOND_NS, SECOND_NS / 2, SECOND_NS, 7, "2 2 ");
    /* Between 4 s and 12 s triggers found nothing, so that the events came after 10 s. */
    reported_trigger_t idle[] = {trigger_at(2000, 100, 7, 0), trigger_at(4000, 100, 2, 1),
                                 trigger_at(12000, 100, 4, 2)};
    expect_slots(idle, 3, 2 * SECOND_NS, SECOND_NS, 0, 7, "1 1 0 0 0 0 0 0 2 2 ");
    /* ...but not where a batch ran all the time. */
    idle[1].duration_ms = 7000;
    expect_slots(idle, 3, 2 * SECOND_NS, SECOND_NS, 0, 7, "1 1 0 1 0 1 0 1 0 1 ");
    /* ...nor where it is not known how often the source was looked at. */
    idle[1].duration_ms = 100;
    expect_slots(idle, 3, 0, SECOND_NS, 0, 7, "1 1 0 1 0 1 0 1 0 1 ");
}

static void test_runs_follow_each_other(void **state)
{
    (void)state;
    reported_trigger_t triggers[] = {
        trigger_at(2003, 100, 7, 0),
        trigger_at(4003, 100, 2, 1),
        trigger_at(86404000, 100, 100, 2),
        trigger_at(86406000, 100, 2, 3),
    };
    triggers[2].run = triggers[3].run = 1;
    expect_slots(triggers, 4, 2 * SECOND_NS, SECOND_NS, 0, 107, "1 1 0 0 1 1 ");
}

static void test_too_long_a_time_is_refused(void **state)
{
    (void)state;
    reported_trigger_t triggers[] = {trigger_at(-epoch_ms, 100, 7, 0), trigger_at(0, 100, 7, 1)};
    const reported_query_t query = {.triggers = triggers, .count = 2};
    const job_facts_t facts = {.trigger_ns = SECOND_NS};
    slots_t slots;
    progress_slots_t outcome;
    assert_false(progress_slots_of(&query, &facts, SECOND_NS, SECOND_NS / 20, 0, &slots, &outcome));
    assert_null(slots.counts);
    assert_true(progress_slots_of(&query, &facts, SECOND_NS, SECOND_NS / 20, SECOND_NS, &slots, &outcome));
    assert_int_equal(slots.count, 20);
    assert_true(outcome.cut);
    slots_free(&slots);
}

static bool read_text(const char *text, progress_history_t *history)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return progress_history_read(path, history, error, sizeof error);
}

#define REPORT(id, run, name, second, rows)                                                                  \
    "{\"id\":\"" id "\",\"runId\":\"" run "\",\"name\":" name ",\"timestamp\":\"2026-01-31T12:00:" second    \
    ".000Z\",\"batchId\":1,\"sources\":[{\"numInputRows\":" rows "}]}\n"

static void test_queries_are_told_apart(void **state)
{
    (void)state;
    progress_history_t history;
    assert_true(
        read_text(REPORT("a", "r1", "\"orders\"", "04", "1") REPORT("b", "r2", "null", "04", "10")
                      REPORT("a", "r1", "\"orders\"", "02", "2") REPORT("c", "r3", "\"orders\"", "00", "4")
                          REPORT("b", "r2", "null", "06", "20") REPORT("a", "r1", "\"orders\"", "04", "1"),
                  &history));
    assert_int_equal(history.count, 3);
    const reported_query_t *orders = progress_history_find(&history, "orders");
    assert_non_null(orders);
    assert_ptr_equal(progress_history_find(&history, "a"), orders);
    assert_int_equal(orders->count, 2);
    assert_int_equal(orders->rows, 3);
    assert_int_equal(orders->triggers[0].rows, 2);
    assert_int_equal(orders->triggers[1].rows, 1);
    assert_int_equal(progress_history_find(&history, "b")->rows, 30);
    /* The name alone says nothing: two sessions may each have their orders. */
    assert_int_equal(progress_history_find(&history, "c")->rows, 4);
    assert_int_equal(progress_history_named(&history, "orders"), 2);
    assert_null(progress_history_find(&history, "d"));
    progress_history_free(&history);
}

/* Restart after restart, reported in turns: each keeps its number. */
static void test_many_runs(void **state)
{
    (void)state;
    enum { RUNS = 3000, TURNS = 3 };
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (int turn = 0; turn < TURNS; turn++)
        for (int run = 0; run < RUNS; run++)
            assert_true(
                fprintf(file,
                        "{\"id\":\"a\",\"runId\":\"run-%d\",\"name\":\"orders\",\"timestamp\":"
                        "\"2026-01-31T12:00:0%d.000Z\",\"batchId\":1,\"sources\":[{\"numInputRows\":%d}]}\n",
                        run, turn, run + 1) > 0);
    assert_int_equal(fclose(file), 0);
    progress_history_t history;
    assert_true(progress_history_read(path, &history, error, sizeof error));
    assert_int_equal(history.count, 1);
    const reported_query_t *orders = &history.queries[0];
    assert_int_equal(orders->count, RUNS * TURNS);
    for (size_t i = 0; i < orders->count; i++) {
        assert_int_equal(orders->triggers[i].run, i / TURNS);
        assert_int_equal(orders->triggers[i].rows, i / TURNS + 1);
    }
    progress_history_free(&history);
}

static void test_a_file_without_reports(void **state)
{
    (void)state;
    progress_history_t history;
    assert_false(read_text("words\n", &history));
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, "no query's progress in it"));
    assert_false(read_text(REPORT("a", "r", "null", "04", "1") "{\"batchId\" 2}\n", &history));
    assert_non_null(strstr(error, ":2: "));
    assert_int_equal(history.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_interval_is_found),
        cmocka_unit_test(test_a_job_without_an_interval),
        cmocka_unit_test(test_overruns_do_not_hide_the_interval),
        cmocka_unit_test(test_the_cost_of_batches),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_rows_are_spread_since_the_trigger_before),
        cmocka_unit_test(test_runs_follow_each_other),
        cmocka_unit_test(test_too_long_a_time_is_refused),
        cmocka_unit_test(test_queries_are_told_apart),
        cmocka_unit_test(test_many_runs),
        cmocka_unit_test(test_a_file_without_reports),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
