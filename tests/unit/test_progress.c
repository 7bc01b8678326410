/* The batches in a query's progress: what Spark 3.5 writes, torn files, several queries, and what is something else. */
/* links: benchmark */
#include "benchmark/progress.h"
#include "benchmark/progress_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "temporary_file.h"

#define EMPTY                                                                                                \
    "{\"timestamp\":\"2026-01-31T12:00:00.000Z\",\"batchId\":0,\"numInputRows\":0,\"sources\":[{"            \
    "\"startOffset\":null,\"endOffset\":{\"events\":{\"0\":5,\"1\":0}},\"numInputRows\":0}]}\n"
#define FIRST                                                                                                \
    "{\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":1,\"numInputRows\":4,\"sources\":[{"            \
    "\"startOffset\":{\"events\":{\"0\":5,\"1\":0}},\"endOffset\":{\"events\":{\"1\":1,\"0\":8}},"           \
    "\"numInputRows\":4}]}\n"
#define IDLE                                                                                                 \
    "{\"timestamp\":\"2026-01-31T12:00:12.000Z\",\"batchId\":2,\"numInputRows\":0,\"sources\":[{"            \
    "\"startOffset\":{\"events\":{\"0\":8,\"1\":1}},\"endOffset\":{\"events\":{\"0\":8,\"1\":1}},"           \
    "\"numInputRows\":0}]}\n"
#define SECOND                                                                                               \
    "{\"timestamp\":\"2026-01-31T12:00:14.000Z\",\"batchId\":2,\"numInputRows\":2,"                          \
    "\"durationMs\":{\"addBatch\":90,\"triggerExecution\":180},\"sources\":[{"                               \
    "\"startOffset\":{\"events\":{\"0\":8,\"1\":1}},\"endOffset\":{\"events\":{\"0\":10,\"1\":1}},"          \
    "\"numInputRows\":2}]}\n"

static char error[256];

static bool read_text(const char *text, batches_t *batches)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return progress_read(path, "events", NULL, batches, error, sizeof error);
}

static void expect_refusal(const char *text, const char *where, const char *what)
{
    batches_t batches;
    assert_false(read_text(text, &batches));
    assert_int_equal(batches.count, 0);
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, where));
    assert_non_null(strstr(error, what));
}

static void test_batches_with_rows(void **state)
{
    (void)state;
    batches_t batches;
    assert_true(read_text(EMPTY FIRST "\n" IDLE SECOND, &batches));
    assert_int_equal(batches.count, 2);
    assert_int_equal(batches.batches[0].id, 1);
    assert_int_equal(batches.batches[0].trigger_ms, 1769860802001);
    assert_int_equal(batches.batches[0].rows, 4);
    assert_int_equal(batches.batches[0].range_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const offset_range_t *range = &batches.batches[0].ranges[i];
        assert_int_equal(range->start, range->partition == 0 ? 5 : 0);
        assert_int_equal(range->end, range->partition == 0 ? 8 : 1);
    }
    assert_int_equal(batches.batches[0].end_ms, 0); /* this report has no durations */
    assert_int_equal(batches.batches[1].id, 2);
    assert_int_equal(batches.batches[1].end_ms - batches.batches[1].trigger_ms, 180);
    batches_free(&batches);
}

static void test_a_repeated_report_counts_once(void **state)
{
    (void)state;
    batches_t batches;
    assert_true(read_text(FIRST FIRST SECOND SECOND, &batches));
    assert_int_equal(batches.count, 2);
    batches_free(&batches);
}

static void test_a_batch_without_start_begins_where_the_last_ended(void **state)
{
    (void)state;
    const char *without = "{\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":1,\"numInputRows\":4,"
                          "\"sources\":[{\"startOffset\":null,\"endOffset\":{\"events\":{\"0\":9}},"
                          "\"numInputRows\":4}]}\n";
    char text[2048];
    batches_t batches;
    snprintf(text, sizeof text, "%s%s", EMPTY, without);
    assert_true(read_text(text, &batches));
    assert_int_equal(batches.batches[0].ranges[0].start, 5);
    batches_free(&batches);
    assert_true(read_text(without, &batches));
    assert_int_equal(batches.batches[0].ranges[0].start, OFFSET_BEGINNING);
    batches_free(&batches);
}

static void test_offsets_as_text_and_other_topics(void **state)
{
    (void)state;
    batches_t batches;
    assert_true(
        read_text("{\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":1,\"numInputRows\":4,\"sources\":["
                  "{\"startOffset\":{\"other\":{\"0\":1}},\"endOffset\":{\"other\":{\"0\":3}},"
                  "\"numInputRows\":2},"
                  "{\"startOffset\":\"{\\\"events\\\":{\\\"0\\\":1}}\",\"endOffset\":{\"events\":{\"0\":3}},"
                  "\"numInputRows\":2}]}\n",
                  &batches));
    assert_int_equal(batches.count, 1);
    assert_int_equal(batches.batches[0].rows, 2);
    assert_int_equal(batches.batches[0].ranges[0].start, 1);
    batches_free(&batches);
}

static void test_a_torn_last_line_is_tolerated(void **state)
{
    (void)state;
    char text[2048];
    batches_t batches;
    for (size_t cut = 1; cut < strlen(SECOND) - 1; cut++) {
        snprintf(text, sizeof text, "%s%.*s", FIRST, (int)cut, SECOND);
        assert_true(read_text(text, &batches));
        assert_int_equal(batches.count, 1);
        batches_free(&batches);
    }
}

static void test_a_line_that_is_something_else_is_named(void **state)
{
    (void)state;
    batches_t batches;
    assert_true(read_text(FIRST "26/01/31 INFO Something else\n[1,2]\n{}\n" SECOND, &batches));
    assert_int_equal(batches.count, 2);
    batches_free(&batches);
    expect_refusal(FIRST "{\"batchId\":2,\n" SECOND, ":2:", "no whole report");
    expect_refusal("{\"timestamp\":\"yesterday\",\"batchId\":1,\"sources\":[]}\n", ":1:", "timestamp");
    expect_refusal(
        "{\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":1,\"numInputRows\":4,\"sources\":[{"
        "\"startOffset\":null,\"endOffset\":{\"events\":{\"zero\":3}},\"numInputRows\":4}]}\n",
        ":1:", "offsets");
    expect_refusal(
        "{\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":1,\"numInputRows\":4,\"sources\":[{"
        "\"startOffset\":{\"events\":{\"0\":9}},\"endOffset\":{\"events\":{\"0\":3}},"
        "\"numInputRows\":4}]}\n",
        ":1:", "before its start");
}

#define OF(name, id, batch, from, to)                                                                        \
    "{\"id\":\"" id "\",\"name\":" name ",\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":" batch     \
    ",\"sources\":[{\"startOffset\":{\"events\":{\"0\":" from "}},\"endOffset\":{\"events\":{\"0\":" to      \
    "}},\"numInputRows\":3}]}"
#define IN_EVENT_LOG(report)                                                                                 \
    "{\"Event\":\"org.apache.spark.sql.streaming.StreamingQueryListener$QueryProgressEvent\","               \
    "\"progress\":" report "}\n"
#define SEVERAL                                                                                              \
    "{\"Event\":\"SparkListenerLogStart\",\"Spark Version\":\"3.5.7\"}\n" IN_EVENT_LOG(                      \
        OF("\"orders\"", "a1", "0", "0", "3")) IN_EVENT_LOG(OF("\"clicks\"", "b2", "0", "0", "3"))           \
        IN_EVENT_LOG(OF("\"clicks\"", "b2", "1", "3", "6"))

/* In an event log all queries of an application are together. */
static void test_one_of_several_queries(void **state)
{
    (void)state;
    batches_t batches;
    expect_refusal(
        SEVERAL, ":3:", "several queries read topic events, with the ids a1 and b2; choose one by its name");
    static const char *const names[] = {"orders", "a1", "clicks", "b2", "nobody"};
    static const size_t counts[] = {1, 1, 2, 2, 0};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        assert_true(progress_read(path, "events", names[i], &batches, error, sizeof error));
        assert_int_equal(batches.count, counts[i]);
        batches_free(&batches);
    }
    assert_true(progress_read(path, "other", NULL, &batches, error, sizeof error));
    assert_int_equal(batches.count, 0);
    /* Of two queries with one name it has to be the id. */
    assert_false(read_text(SEVERAL IN_EVENT_LOG(OF("\"orders\"", "c3", "0", "0", "3")), &batches));
    assert_false(progress_read(path, "events", "orders", &batches, error, sizeof error));
    assert_non_null(strstr(error, "several queries of that name read topic events, with the ids a1 and c3"));
    assert_true(progress_read(path, "events", "c3", &batches, error, sizeof error));
    assert_int_equal(batches.count, 1);
    batches_free(&batches);
}

/* As of a rolled log whose tenth file is read before its second: dropped in silence, what is left would look whole. */
static void test_reports_out_of_order_are_refused(void **state)
{
    (void)state;
    expect_refusal(SECOND FIRST,
                   ":2:", "batch 1 is reported after batch 2; the reports are to be in the order");
}

/* One whose source does not read the topic is passed over. */
static void test_queries_of_other_topics_do_not_count(void **state)
{
    (void)state;
    batches_t batches;
    assert_true(read_text(
        IN_EVENT_LOG(OF("null", "a1", "0", "0",
                        "3")) "{\"id\":\"b2\",\"timestamp\":\"2026-01-31T12:00:02.001Z\",\"batchId\":0,"
                              "\"sources\":[{\"startOffset\":null,\"endOffset\":{\"other\":{\"0\":9}},"
                              "\"numInputRows\":9}]}\n",
        &batches));
    assert_int_equal(batches.count, 1);
    assert_int_equal(batches.batches[0].ranges[0].end, 3);
    batches_free(&batches);
}

static void test_a_missing_file_is_named(void **state)
{
    (void)state;
    batches_t batches;
    assert_false(progress_read("/nowhere/governed.progress", "events", NULL, &batches, error, sizeof error));
    assert_non_null(strstr(error, "/nowhere/governed.progress"));
    assert_false(progress_read("/proc", "events", NULL, &batches, error, sizeof error));
    assert_non_null(strstr(error, "/proc: a folder of"));
}

static void test_times(void **state)
{
    (void)state;
    int64_t time_ms;
    assert_true(progress_parse_time("1970-01-01T00:00:00.007Z", &time_ms));
    assert_int_equal(time_ms, 7);
    assert_true(progress_parse_time("2024-02-29T23:59:59.999Z", &time_ms));
    assert_int_equal(time_ms, 1709251199999);
    assert_false(progress_parse_time("2024-02-29T23:59:59Z", &time_ms));
    assert_false(progress_parse_time("2024-02-29T23:59:59.999+01:00", &time_ms));
    assert_false(progress_parse_time("", &time_ms));
    static const char *const never[] = {
        "2024-13-01T00:00:00.000Z", "2024-00-01T00:00:00.000Z", "2024-06-44T00:00:00.000Z",
        "2024-06-31T00:00:00.000Z", "2023-02-29T00:00:00.000Z", "1900-02-29T00:00:00.000Z",
        "2024-06-00T00:00:00.000Z", "2024-06-01T24:00:00.000Z", "2024-06-01T00:60:00.000Z",
        "2024-06-01T00:00:60.000Z", "2024-06-01T-1:00:00.000Z", "0000-06-01T00:00:00.000Z",
    };
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        if (progress_parse_time(never[i], &time_ms)) fail_msg("%s", never[i]);
    assert_true(progress_parse_time("2000-02-29T00:00:00.000Z", &time_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_with_rows),
        cmocka_unit_test(test_a_repeated_report_counts_once),
        cmocka_unit_test(test_a_batch_without_start_begins_where_the_last_ended),
        cmocka_unit_test(test_offsets_as_text_and_other_topics),
        cmocka_unit_test(test_a_torn_last_line_is_tolerated),
        cmocka_unit_test(test_a_line_that_is_something_else_is_named),
        cmocka_unit_test(test_one_of_several_queries),
        cmocka_unit_test(test_reports_out_of_order_are_refused),
        cmocka_unit_test(test_queries_of_other_topics_do_not_count),
        cmocka_unit_test(test_a_missing_file_is_named),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
