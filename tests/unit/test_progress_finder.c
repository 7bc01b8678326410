/* Reports of progress among the lines of logs: every form that Spark and its users write them in, and what is no report. */
/* links: benchmark */
#include "benchmark/progress_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "temporary_file.h"

#define MEMBERS(id, rows)                                                                                    \
    "\"id\":\"q1\",\"runId\":\"r1\",\"name\":\"orders\",\"timestamp\":\"2026-01-31T12:00:0" #id ".000Z\","   \
    "\"batchId\":" #id ",\"durationMs\":{\"triggerExecution\":18" #id                                        \
    "},\"sources\":[{\"numInputRows\":" #rows ",\"metrics\":{\"maxOffsetsBehindLatest\":\"0\"}}]"
#define REPORT(id, rows) "{" MEMBERS(id, rows) "}"
#define EVENT(id, rows)                                                                                      \
    "{\"Event\":\"org.apache.spark.sql.streaming.StreamingQueryListener$QueryProgressEvent\","               \
    "\"progress\":" REPORT(id, rows) "}\n"
#define PRETTY(id, rows)                                                                                     \
    "26/01/31 12:00:00 INFO MicroBatchExecution: Streaming query made progress: {\n"                         \
    "  \"id\" : \"q1\",\n  \"timestamp\" : \"2026-01-31T12:00:0" #id ".000Z\",\n  \"batchId\" : " #id ",\n"  \
    "  \"sources\" : [ {\n    \"numInputRows\" : " #rows "\n  } ]\n}\n"

static char error[256], seen[256];

/* Adds "ID:ROWS " to `seen`. */
static bool note(void *context, const progress_report_t *report)
{
    (void)context;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%d:%d ", (int)report->batch_id,
             (int)report->rows);
    return true;
}

static bool read_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    seen[0] = '\0';
    return progress_files_read(path, note, NULL, error, sizeof error);
}

static void expect(const char *text, const char *reports)
{
    if (!read_bytes(text, strlen(text))) fail_msg("%s", error);
    assert_string_equal(error, "");
    assert_string_equal(seen, reports);
}

static void expect_refusal(const char *text, const char *message)
{
    char whole[512];
    assert_false(read_bytes(text, strlen(text)));
    snprintf(whole, sizeof whole, "%s:%s", path, message);
    assert_string_equal(error, whole);
}

static void test_every_form(void **state)
{
    (void)state;
    expect(REPORT(1, 5) "\n" REPORT(2, 7) "\n", "1:5 2:7 ");
    expect(REPORT(1, 5), "1:5 ");
    expect(REPORT(1, 5) "\r\n", "1:5 ");
    expect(EVENT(1, 5) "{\"Event\":\"SparkListenerJobEnd\",\"Job ID\":1}\n" EVENT(2, 7), "1:5 2:7 ");
    expect(PRETTY(1, 5) "26/01/31 12:00:01 INFO Executor: Running {task}\n" PRETTY(2, 7), "1:5 2:7 ");
    expect("12:00 INFO Mine: [mdc={}] {x} " REPORT(1, 5) " and " REPORT(2, 7) " in a line\n", "1:5 2:7 ");
    expect("{\"ts\":\"2026\",\"level\":\"INFO\",\"msg\":\"Streaming query made progress: {\\n  \\\"id\\\" : "
           "\\\"q1\\\",\\n  \\\"timestamp\\\" : \\\"2026-01-31T12:00:01.000Z\\\",\\n  \\\"batchId\\\" : 1,\\n"
           "  \\\"sources\\\" : [ {\\n    \\\"numInputRows\\\" : 5\\n  } ]\\n}\"}\n",
           "1:5 ");
    /* What a listener prints with println(event.progress). */
    expect("{\n  \"id\" : \"q1\",\n  \"timestamp\" : \"2026-01-31T12:00:01.000Z\",\n  \"batchId\" : 1,\n"
           "  \"sources\" : [ ],\n  \"numInputRows\" : 4\n}\n",
           "1:4 ");
}

static void test_what_is_no_report(void **state)
{
    (void)state;
    expect("", "");
    expect("\n\n  \nplain text {\nmore\n}\n", "");
    expect("{\"batchId\":5,\"mine\":true}\n" REPORT(1, 5) "\n", "1:5 ");
    expect("{\"Event\":\"SparkListenerJobStart\",\"Properties\":{\"streaming.sql.batchId\":\"0\"}}\n", "");
    expect("{\"note\":\"a \\\"batchId\\\" in {words\"}\n", "");
    expect("INFO: {\n  \"other\" : 1\n}\n" REPORT(1, 5) "\n", "1:5 ");
}

static void test_a_line_in_between_does_not_end_a_report(void **state)
{
    (void)state;
    char text[2048];
    const char *whole = PRETTY(1, 5);
    const char *cut = strstr(whole, "  \"sources\"");
    snprintf(text, sizeof text, "%.*sprinted by the job: {\n%s\n%s", (int)(cut - whole), whole, REPORT(2, 7),
             cut);
    expect(text, "2:7 1:5 ");
}

static void test_a_torn_end_is_tolerated(void **state)
{
    (void)state;
    const char *const forms[] = {REPORT(2, 7) "\n", EVENT(2, 7), PRETTY(2, 7)};
    char text[2048];
    for (size_t i = 0; i < 3; i++)
        for (size_t cut = 0; cut < strlen(forms[i]) - 2; cut++) {
            snprintf(text, sizeof text, "%s%.*s", REPORT(1, 5) "\n", (int)cut, forms[i]);
            assert_true(read_bytes(text, strlen(text)));
            /* All that an event lacks may be its own closing brace. */
            if (i == 1 && cut == strlen(forms[i]) - 2) continue;
            assert_int_equal(strncmp(seen, "1:5 ", 4), 0);
        }
}

static void test_what_is_torn_before_the_end_is_named(void **state)
{
    (void)state;
    expect_refusal(REPORT(1, 5) "\n{\"id\":\"q1\",\"batchId\":2,\n" REPORT(3, 5) "\n",
                   "2: names a batchId, but is no whole report (JSON)");
    expect_refusal("words\nX: Streaming query made progress: {\n  \"id\" : \"q1\",\n" PRETTY(2, 7),
                   "2: a report without its end: another one begins in line 4");
    expect_refusal("X: {\n  \"id\" : \"q1\",\n  \"batchId\" 1,\n}\n",
                   "1: a report that is not JSON: ':' expected near '1'");
    expect_refusal("\n{\"id\":\"q1\",\"timestamp\":\"yesterday\",\"batchId\":1,\"sources\":[]}\n",
                   "2: timestamp is not of the form 2026-01-31T12:00:00.123Z");
    expect_refusal("{\"timestamp\":\"2500-01-31T12:00:00.000Z\",\"batchId\":1,\"sources\":[]}\n",
                   "1: timestamp lies before 1970 or after 2200");
    expect_refusal("{\"timestamp\":\"2025-01-31T12:00:00.000Z\",\"batchId\":1,\"sources\":[{\"numInputRows\":"
                   "9000000000000}]}\n",
                   "1: numInputRows is no number of rows");
    expect_refusal("{\"timestamp\":\"2025-01-31T12:00:00.000Z\",\"batchId\":\"1\",\"sources\":[]}\n",
                   "1: not a query's progress: timestamp, batchId and sources are expected");
}

static void test_long_lines(void **state)
{
    (void)state;
    const size_t blanks = 700000;
    char *text = malloc(blanks + 4096);
    assert_non_null(text);
    snprintf(text, 4096, "%s", REPORT(1, 5) "\n");
    memset(text + strlen(REPORT(1, 5) "\n"), ' ', blanks);
    strcpy(text + strlen(REPORT(1, 5) "\n") + blanks, REPORT(2, 7) "\n" REPORT(3, 9) "\n");
    expect(text, "1:5 2:7 3:9 ");
    free(text);
}

static void test_gzip(void **state)
{
    (void)state;
    const char *text = PRETTY(1, 5) EVENT(2, 7);
    gzFile file = gzopen(path, "we");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    seen[0] = '\0';
    assert_true(progress_files_read(path, note, NULL, error, sizeof error));
    assert_string_equal(seen, "1:5 2:7 ");
}

static void test_other_packings_are_named(void **state)
{
    (void)state;
    static const char *const starts[][2] = {{"\x28\xb5\x2f\xfd....", "zstd -dc /tmp/adaptivestream-test-"},
                                            {"LZ4Block....", "Spark's own lz4"},
                                            {"\x82SNAPPY....", "Spark's own snappy"}};
    for (size_t i = 0; i < 3; i++) {
        assert_false(read_bytes(starts[i][0], strlen(starts[i][0])));
        assert_non_null(strstr(error, path));
        assert_non_null(strstr(error, starts[i][1]));
    }
    assert_false(read_bytes("ZV\1", 3));
    assert_non_null(strstr(error, "lzf"));
}

static void test_folders_of_rolled_logs(void **state)
{
    (void)state;
    char folder[] = "/tmp/adaptivestream-log-XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    assert_false(progress_files_read(folder, note, NULL, error, sizeof error));
    assert_non_null(strstr(error, "an empty folder"));
    static const char *const names[] = {"events_10_app", "events_2_app", "appstatus_app", "events_1_app"};
    static const char *const texts[] = {EVENT(3, 1), EVENT(2, 7), "garbage \"batchId\" {\n", EVENT(1, 5)};
    for (size_t i = 0; i < 4; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, names[i]);
        FILE *part = fopen(file, "we");
        assert_non_null(part);
        fputs(texts[i], part);
        fclose(part);
    }
    seen[0] = '\0';
    assert_true(progress_files_read(folder, note, NULL, error, sizeof error));
    assert_string_equal(seen, "1:5 2:7 3:1 ");
    for (size_t i = 0; i < 4; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, names[i]);
        unlink(file);
    }
    rmdir(folder);
}

static void test_missing_files(void **state)
{
    (void)state;
    assert_false(progress_files_read("/nowhere/app.log", note, NULL, error, sizeof error));
    assert_string_equal(error, "/nowhere/app.log: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_what_is_no_report),
        cmocka_unit_test(test_a_line_in_between_does_not_end_a_report),
        cmocka_unit_test(test_a_torn_end_is_tolerated),
        cmocka_unit_test(test_what_is_torn_before_the_end_is_named),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_other_packings_are_named),
        cmocka_unit_test(test_folders_of_rolled_logs),
        cmocka_unit_test(test_missing_files),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
