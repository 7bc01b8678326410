/* The trace and the state of a recording on the disk: begun, gone on with, torn, changed, full. */
/* links: benchmark */
#include "benchmark/record_file.h"
#include "traffic/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

#include "full_disk.h"
#include "record_folder.h"

static int remove_files(void **state)
{
    (void)state;
    unlink(trace_path);
    unlink(state_path);
    return 0;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *read_text(const char *path)
{
    static char text[TEXT_SIZE];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* Opens it; a failure names the file and holds the text. */
static record_file_t *open_file(const char *topic, const char *mistake)
{
    record_file_t *file = malloc(sizeof *file);
    bool good = record_file_open(file, trace_path, topic, bin_ns, error, sizeof error);
    if (good != (mistake == NULL)) fail_msg("%s", good ? "opened" : error);
    if (good) return file;
    if (!strstr(error, mistake) || !strstr(error, trace_path)) fail_msg("%s", error);
    record_file_close(file);
    free(file);
    return NULL;
}

static void close_file(record_file_t *file)
{
    record_file_close(file);
    free(file);
}

static void append(record_file_t *file, int64_t count, bool filled)
{
    const recorded_bin_t bin = {.count = count, .filled = filled};
    if (!record_file_append(file, &bin, error, sizeof error)) fail_msg("%s", error);
}

static void commit(record_file_t *file)
{
    if (!record_file_commit(file, error, sizeof error)) fail_msg("%s", error);
}

static record_file_t *begin(void)
{
    record_file_t *file = open_file("orders", NULL);
    assert_false(file->resumed);
    recording_begin(&file->state.recording, bin_ns, 5 * bin_ns + 7);
    assert_true(end_offsets_resize(&file->state.ends, 2));
    file->state.ends.offsets[0] = 40;
    file->state.ends.offsets[1] = INT64_MAX;
    strcpy(file->state.cluster, "c1");
    return file;
}

/* Three bins, one of them filled. */
static void record_three(void)
{
    record_file_t *file = begin();
    append(file, 3, false);
    append(file, 0, true);
    append(file, TRACE_COUNT_MAXIMUM, false);
    commit(file);
    close_file(file);
}

static void test_goes_on_where_it_ended(void **state)
{
    (void)state;
    record_three();
    record_file_t *file = open_file("orders", NULL);
    assert_true(file->resumed);
    assert_int_equal(file->dropped, 0);
    const record_state_t *s = &file->state;
    assert_string_equal(s->topic, "orders");
    assert_string_equal(s->cluster, "c1");
    assert_int_equal(s->bins, 3);
    assert_int_equal(s->filled, 1);
    assert_int_equal(s->events, TRACE_COUNT_MAXIMUM + 3);
    assert_int_equal(s->recording.end_ns, 5 * bin_ns);
    assert_int_equal(s->recording.read_ns, 5 * bin_ns + 7);
    assert_true(s->recording.end_read);
    assert_int_equal(s->ends.count, 2);
    assert_int_equal(s->ends.offsets[0], 40);
    assert_true(s->ends.offsets[1] == INT64_MAX);
    append(file, 12, false);
    commit(file);
    close_file(file);
    assert_string_equal(read_text(trace_path), "count\n3\n0\n1000000000\n12\n");
    trace_t trace;
    if (!trace_load(trace_path, bin_ns, &trace, error, sizeof error)) fail_msg("%s", error);
    assert_int_equal(trace.bin_count, 4);
    trace_free(&trace);
}

static void test_cuts_off_what_a_crash_left(void **state)
{
    (void)state;
    record_three();
    write_text(trace_path, "count\n3\n0\n1000000000\n55\n1");
    record_file_t *file = open_file("orders", NULL);
    assert_int_equal(file->dropped, 4);
    append(file, 6, false);
    commit(file);
    close_file(file);
    assert_string_equal(read_text(trace_path), "count\n3\n0\n1000000000\n6\n");
}

static void test_what_was_not_committed_is_gone(void **state)
{
    (void)state;
    record_file_t *file = begin();
    append(file, 3, false);
    close_file(file);
    assert_int_equal(access(trace_path, F_OK), -1);
    assert_int_equal(access(state_path, F_OK), -1);
    write_text(trace_path, "count\n"); /* killed before the first state */
    record_three();
}

static void test_other_recordings_are_refused(void **state)
{
    (void)state;
    record_three();
    open_file("clicks", "topic 'orders', not 'clicks'");
    record_file_t *file = malloc(sizeof *file);
    assert_false(record_file_open(file, trace_path, "orders", 2 * bin_ns, error, sizeof error));
    assert_non_null(strstr(error, "--bin 0.1, not 0.2"));
    close_file(file);
    assert_string_equal(read_text(trace_path), "count\n3\n0\n1000000000\n");
}

static void test_files_that_do_not_belong_together(void **state)
{
    (void)state;
    write_text(trace_path, "count\n1\n");
    open_file("orders", "exists, but not");
    assert_string_equal(read_text(trace_path), "count\n1\n");
    remove_files(NULL);
    record_three();
    write_text(trace_path, "count\n3\n0\n");
    open_file("orders", "was changed");
    write_text(trace_path, "count\n3\n0\n10000000000\n1\n");
    open_file("orders", "was changed");
    assert_int_equal(unlink(trace_path), 0);
    open_file("orders", "is not; move it away");
    assert_int_equal(access(trace_path, F_OK), -1);
}

static void test_damaged_states(void **state)
{
    (void)state;
    record_three();
    static char good[TEXT_SIZE];
    strcpy(good, read_text(state_path));
    static const char *const changes[][2] = {
        {"{", ""},
        {"\"version\":1", "\"version\":2"},
        {"\"bins\":3", "\"bins\":-3"},
        {"\"bins\":3", "\"bins\":6"},
        {"\"bins\":3", "\"bins\":\"3\""},
        {"\"bins\":3", "\"bins\":3,\"bins\":3"},
        {"\"filled\":1", "\"filled\":4"},
        {"\"end_ns\":500000000", "\"end_ns\":500000001"},
        {"\"read_ns\":500000007", "\"read_ns\":600000000"},
        {"\"read_ns\":500000007", "\"read_ns\":-9223372036854775808"},
        {"\"pending\":0", "\"pending\":9223372036854775807"},
        {"\"bin_ns\":100000000", "\"bin_ns\":0"},
        {"[40,", "[-40,"},
        {"[40,", "[40.5,"},
        {"[40,9223372036854775807]", "[]"},
        {"9223372036854775807", "9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char text[2 * TEXT_SIZE];
        const char *at = strstr(good, changes[i][0]);
        if (at == NULL) fail_msg("%s: %s", changes[i][0], good);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, changes[i][1],
                 at + strlen(changes[i][0]));
        write_text(state_path, text);
        open_file("orders", "is not the state of a recording");
    }
    write_text(state_path, "");
    open_file("orders", "is not the state of a recording");
    assert_string_equal(read_text(trace_path), "count\n3\n0\n1000000000\n");
}

static void test_only_one_recorder(void **state)
{
    (void)state;
    record_file_t *file = begin();
    commit(file);
    open_file("orders", "another recorder");
    close_file(file);
    close_file(open_file("orders", NULL));
}

/* In place of the C library's: what another recorder does between our opening of the file and our lock. */
static bool remove_before_lock;

int flock(int fd, int operation)
{
    if (remove_before_lock) unlink(trace_path);
    remove_before_lock = false;
    return (int)syscall(SYS_flock, fd, operation);
}

static void test_a_file_removed_before_the_lock(void **state)
{
    (void)state;
    write_text(trace_path, "count\n");
    remove_before_lock = true;
    record_file_t *file = begin();
    assert_false(remove_before_lock);
    commit(file);
    close_file(file);
    assert_int_equal(access(trace_path, F_OK), 0);
}

static void test_no_ordinary_file(void **state)
{
    (void)state;
    record_file_t *file = malloc(sizeof *file);
    assert_false(record_file_open(file, "/dev/null", "orders", bin_ns, error, sizeof error));
    assert_non_null(strstr(error, "/dev/null is no ordinary file"));
    close_file(file);
    file = malloc(sizeof *file);
    assert_false(record_file_open(file, "/nowhere/t.csv", "orders", bin_ns, error, sizeof error));
    assert_non_null(strstr(error, "/nowhere/t.csv: cannot be written: No such file"));
    close_file(file);
}

static void test_a_full_disk_leaves_whole_lines(void **state)
{
    (void)state;
    record_three();
    record_file_t *file = open_file("orders", NULL);
    const recorded_bin_t bin = {.count = 123456789};
    full_disk_begin(100001);
    bool good = true;
    for (int i = 0; i < 20000 && good; i++)
        good = record_file_append(file, &bin, error, sizeof error);
    full_disk_end();
    assert_false(good);
    if (!strstr(error, trace_path) || !strstr(error, "cannot be written")) fail_msg("%s", error);
    close_file(file);
    trace_t trace;
    if (!trace_load(trace_path, bin_ns, &trace, error, sizeof error)) fail_msg("%s", error);
    assert_int_equal(trace.counts[trace.bin_count - 1], 123456789);
    trace_free(&trace);
    file = open_file("orders", NULL);
    assert_int_equal(file->state.bins, 3);
    commit(file);
    close_file(file);
    assert_string_equal(read_text(trace_path), "count\n3\n0\n1000000000\n");
}

static void test_a_full_disk_keeps_the_old_state(void **state)
{
    (void)state;
    record_three();
    record_file_t *file = open_file("orders", NULL);
    append(file, 1, false);
    full_disk_begin(60);
    assert_false(record_file_commit(file, error, sizeof error));
    full_disk_end();
    if (!strstr(error, state_path)) fail_msg("%s", error);
    close_file(file);
    file = open_file("orders", NULL);
    assert_int_equal(file->state.bins, 3);
    assert_int_equal(file->dropped, 2);
    close_file(file);
}

static void test_a_count_beyond_a_trace(void **state)
{
    (void)state;
    record_file_t *file = begin();
    const recorded_bin_t bin = {.count = TRACE_COUNT_MAXIMUM + INT64_C(1)};
    assert_false(record_file_append(file, &bin, error, sizeof error));
    assert_non_null(strstr(error, "shorter --bin"));
    close_file(file);
}

#define WITH_FILES(test) cmocka_unit_test_teardown(test, remove_files)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(test_goes_on_where_it_ended),
        WITH_FILES(test_cuts_off_what_a_crash_left),
        WITH_FILES(test_what_was_not_committed_is_gone),
        WITH_FILES(test_other_recordings_are_refused),
        WITH_FILES(test_files_that_do_not_belong_together),
        WITH_FILES(test_damaged_states),
        WITH_FILES(test_only_one_recorder),
        WITH_FILES(test_a_file_removed_before_the_lock),
        WITH_FILES(test_no_ordinary_file),
        WITH_FILES(test_a_full_disk_leaves_whole_lines),
        WITH_FILES(test_a_full_disk_keeps_the_old_state),
        WITH_FILES(test_a_count_beyond_a_trace),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
