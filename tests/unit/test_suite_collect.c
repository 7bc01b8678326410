/* The raw records of a run: what is written of batches and waits that are known by hand. */
/* links: benchmark */
#include "benchmark/suite_collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/adaptivestream-test-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"batches.csv", "waits.csv", "seconds.csv"};
    char path[128];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void assert_holds(const char *name, const char *expected)
{
    char path[128], text[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void test_every_event_is_in_the_records(void **state)
{
    (void)state;
    /* Two batches: at 2000 with the events of 100, 1500, 1500, until 2400; at 4000 with the one of 3999, whose end is not
     * known. The traffic began at 0. */
    event_t zero[] = {{0, 100}, {1, 1500}, {2, 3999}}, one[] = {{0, 1500}};
    partition_events_t partitions[] = {{0, zero, 3}, {1, one, 1}};
    const topic_events_t events = {partitions, 2};
    offset_range_t first[] = {{0, 0, 2}, {1, 0, 1}}, second[] = {{0, 2, 3}, {1, 1, 1}};
    batch_t list[] = {{1, 2000, 2400, 3, first, 2}, {2, 4000, 0, 1, second, 2}};
    const batches_t batches = {list, 2};
    const suite_collect_request_t request = {.folder = folder, .progress = "p"};
    waits_t waits;
    suite_run_t run = {0};
    char error[256];
    assert_true(waits_join(&batches, &events, &waits));
    assert_true(suite_collect_write(&request, &batches, &waits, &run, error, sizeof error));
    assert_holds("batches.csv",
                 "batch,trigger_ms,end_ms,oldest_ms,events\n1,2000,2400,100,3\n2,4000,0,3999,1\n");
    assert_holds("waits.csv",
                 "kind,ms,events\nwait,1,1\nwait,500,2\nwait,1900,1\nlatency,900,2\nlatency,2300,1\n");
    assert_holds("seconds.csv",
                 "second,events,wait_sum_ms,wait_max_ms,batches\n0,1,1900,1900,0\n1,2,1000,500,0\n"
                 "2,0,0,0,1\n3,1,1,1,0\n4,0,0,0,1\n");
    assert_true(run.events == 4 && run.batches == 2 && run.missing == 0 && run.repeated == 0);
    assert_true(run.busy_s == 0.4);
    assert_true(run.wait.mean_s > 0.72524 && run.wait.mean_s < 0.72526);
    assert_true(run.wait.p50_s == 0.5 && run.wait.p95_s == 1.9 && run.wait.max_s == 1.9);
    assert_true(run.latency.p50_s == 0.9 && run.latency.max_s == 2.3);
    waits_free(&waits);
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    const suite_collect_request_t request = {.folder = "/nowhere/at/all", .progress = "p"};
    const batches_t batches = {0};
    const waits_t waits = {0};
    suite_run_t run = {0};
    char error[256];
    assert_false(suite_collect_write(&request, &batches, &waits, &run, error, sizeof error));
    assert_non_null(strstr(error, "/nowhere/at/all/batches.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_is_in_the_records),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
