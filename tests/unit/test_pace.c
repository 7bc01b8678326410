/* When a run may say that it held its target, and when it may not. */
/* links: generator traffic common */
#include "generator/pace.h"
#include "generator/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t ms_ns = INT64_C(1000000);

/* An event that is handed over and acknowledged so many ms after its time. */
static void event(pace_t *pace, int64_t due_ns, int64_t sent_ms, int64_t acknowledged_ms)
{
    pace_plan(pace, due_ns);
    uintptr_t ticket = pace_ticket(due_ns, due_ns + sent_ms * ms_ns);
    pace_send(pace, due_ns + sent_ms * ms_ns);
    pace_acknowledge(pace, ticket, due_ns + acknowledged_ms * ms_ns);
}

/* `count` of them, spread over the second. */
static void events(pace_t *pace, int64_t second, int count, int64_t sent_ms, int64_t acknowledged_ms)
{
    for (int i = 0; i < count; i++)
        event(pace, second * second_ns + i * (second_ns / count), sent_ms, acknowledged_ms);
}

static pace_t pace_of(int64_t seconds)
{
    pace_t pace;
    assert_true(pace_begin(&pace, seconds * second_ns));
    return pace;
}

static void test_a_run_in_time_was_held(void **state)
{
    (void)state;
    pace_t pace = pace_of(3);
    events(&pace, 0, 1000, 0, 5);
    events(&pace, 1, 3, 100, 1000); /* the very limits */
    pace_verdict_t verdict = pace_judge(&pace, 3);
    assert_int_equal(verdict.seconds, 3); /* the last one has no events, and nothing to miss */
    assert_int_equal(verdict.missed, 0);
    assert_int_equal(pace.seconds[0].sent, 1000);
    pace_end(&pace);
}

/* 10 of 1000 late is one percent and held, 11 is not. */
static void test_one_percent_is_the_limit(void **state)
{
    (void)state;
    for (int late = 9; late <= 12; late++) {
        pace_t pace = pace_of(1);
        events(&pace, 0, 1000 - late, 1, 5);
        events(&pace, 0, late, 101, 105);
        pace_verdict_t verdict = pace_judge(&pace, 1);
        assert_int_equal(verdict.missed, late > 10);
        assert_int_equal(verdict.worst_planned, 1000);
        assert_int_equal(verdict.worst_in_time, 1000 - late);
        pace_end(&pace);
    }
}

static void test_every_way_of_being_late_counts(void **state)
{
    (void)state;
    pace_t pace = pace_of(5);
    events(&pace, 0, 5, 0, 5);
    event(&pace, 1 * second_ns, 101, 102);           /* handed over too late */
    event(&pace, 2 * second_ns, 0, 1001);            /* Kafka was too slow */
    pace_plan(&pace, 3 * second_ns);                 /* never sent */
    (void)pace_ticket(4 * second_ns, 4 * second_ns); /* nothing planned */
    pace_verdict_t verdict = pace_judge(&pace, 5);
    assert_int_equal(verdict.missed, 3);
    assert_int_equal(verdict.worst_second, 1);
    assert_int_equal(verdict.worst_in_time, 0);
    pace_end(&pace);
}

/* An event that slips over the end of its second by some ms still counts for its own. */
static void test_jitter_at_the_end_of_a_second(void **state)
{
    (void)state;
    pace_t pace = pace_of(2);
    event(&pace, second_ns - ms_ns, 20, 25);
    assert_int_equal(pace.seconds[0].sent, 0);
    assert_int_equal(pace.seconds[1].sent, 1);
    assert_int_equal(pace_judge(&pace, 2).missed, 0);
    event(&pace, 2 * second_ns - ms_ns, 5000, 5010); /* beyond the plan, and that is no error */
    assert_int_equal(pace_judge(&pace, 2).missed, 1);
    pace_end(&pace);
}

static void test_the_worst_second(void **state)
{
    (void)state;
    pace_t pace = pace_of(4);
    events(&pace, 0, 100, 0, 5);
    events(&pace, 1, 80, 0, 5);
    events(&pace, 1, 20, 3000, 3005);
    events(&pace, 2, 2, 0, 5);
    events(&pace, 2, 2, 500, 505);
    events(&pace, 3, 1000, 0, 5);
    events(&pace, 3, 100, 500, 505); /* the most events, but not the greatest part */
    pace_verdict_t verdict = pace_judge(&pace, 4);
    assert_int_equal(verdict.missed, 3);
    assert_int_equal(verdict.worst_second, 2);
    char text[512];
    report_describe_pace(&verdict, text, sizeof text);
    assert_string_equal(text,
                        "the target was not held in 3 of 4 seconds; worst second: 2, 2 of 4 events in time "
                        "(50.0 % short); this machine or broker is too slow for it");
    /* A run stopped after a second is judged by that second. */
    assert_int_equal(pace_judge(&pace, 1).missed, 0);
    assert_int_equal(pace_judge(&pace, 0).seconds, 0);
    pace_end(&pace);
}

static void test_seconds_that_have_passed(void **state)
{
    (void)state;
    const int64_t plan_ns = 3 * second_ns + second_ns / 2;
    pace_t pace;
    assert_true(pace_begin(&pace, plan_ns));
    assert_int_equal(pace_passed_seconds(&pace, plan_ns, plan_ns), 4);
    assert_int_equal(pace_passed_seconds(&pace, 9 * second_ns, plan_ns), 4);
    assert_int_equal(pace_passed_seconds(&pace, 2 * second_ns, plan_ns), 2);
    assert_int_equal(pace_passed_seconds(&pace, 2 * second_ns - 1, plan_ns), 1);
    assert_int_equal(pace_passed_seconds(&pace, 0, plan_ns), 0);
    event(&pace, plan_ns - 1, 0, 1);
    assert_int_equal(pace.seconds[3].in_time, 1);
    pace_end(&pace);
}

static void test_table(void **state)
{
    (void)state;
    pace_t pace = pace_of(2);
    events(&pace, 0, 2, 0, 5);
    event(&pace, second_ns, 200, 205);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    pace_print(&pace, 2, out);
    fclose(out);
    assert_string_equal(text, "second,planned,sent,in_time\n0,2,2,2\n1,1,1,0\n");
    free(text);
    pace_end(&pace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_in_time_was_held),
        cmocka_unit_test(test_one_percent_is_the_limit),
        cmocka_unit_test(test_every_way_of_being_late_counts),
        cmocka_unit_test(test_jitter_at_the_end_of_a_second),
        cmocka_unit_test(test_the_worst_second),
        cmocka_unit_test(test_seconds_that_have_passed),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
