/* The log: one whole line a call, whatever the text, the thread or the target. */
/* links: common */
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS = 4, LINES_PER_THREAD = 500 };

static char folder[] = "/tmp/test_log_XXXXXX";
static char path[64];
static char content[1 << 20];

static const char *read_file(const char *name)
{
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    content[length] = '\0';
    fclose(file);
    return content;
}

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char other[80];
    snprintf(other, sizeof other, "%s2", path);
    unlink(other);
    unlink(path);
    return rmdir(folder);
}

static int fresh_file(void **state)
{
    (void)state;
    unlink(path);
    log_set_level(LOG_INFO);
    return log_open(path) ? 0 : -1;
}

/* Runs first, while stderr is still the target: caught in a file. */
static void writes_to_stderr_by_default(void **state)
{
    (void)state;
    int kept = dup(STDERR_FILENO);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(kept >= 0 && fd >= 0);
    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    log_line(LOG_INFO, "AdaptiveStream", "query %s", "orders");
    log_line(LOG_DEBUG, "AdaptiveStream", "not shown by default");
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(fd);
    assert_string_equal(read_file(path), "[AdaptiveStream] query orders\n");
}

static void names_the_level(void **state)
{
    (void)state;
    log_set_level(LOG_DEBUG);
    log_line(LOG_ERROR, "AdaptiveStream", "a %d", 1);
    log_line(LOG_WARNING, "AdaptiveStream", "b");
    log_line(LOG_INFO, "Controller", "c");
    log_line(LOG_DEBUG, "AdaptiveStream", "d");
    assert_string_equal(read_file(path), "[AdaptiveStream] error: a 1\n[AdaptiveStream] warning: b\n"
                                         "[Controller] c\n[AdaptiveStream] debug: d\n");
}

static void obeys_the_level(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR);
    log_line(LOG_WARNING, "AdaptiveStream", "no");
    log_line(LOG_ERROR, "AdaptiveStream", "yes");
    assert_string_equal(read_file(path), "[AdaptiveStream] error: yes\n");
}

static void cuts_long_lines(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_line(LOG_INFO, "AdaptiveStream", "%s", text);
    log_line(LOG_INFO, "AdaptiveStream", "next");
    const char *lines = read_file(path);
    const char *end = strchr(lines, '\n');
    assert_non_null(end);
    assert_true(end - lines < 1024);
    assert_memory_equal(end - 4, "x...", 4);
    assert_string_equal(end + 1, "[AdaptiveStream] next\n");
}

static void keeps_a_text_on_one_line(void **state)
{
    (void)state;
    log_line(LOG_INFO, "AdaptiveStream", "query %s", "a\n[AdaptiveStream] error: forged\r\x1b[2J");
    assert_string_equal(read_file(path), "[AdaptiveStream] query a [AdaptiveStream] error: forged  [2J\n");
}

static void keeps_errno(void **state)
{
    (void)state;
    errno = ENOSPC;
    log_line(LOG_INFO, "AdaptiveStream", "%m");
    assert_int_equal(errno, ENOSPC);
    char expected[128];
    snprintf(expected, sizeof expected, "[AdaptiveStream] %s\n", strerror(ENOSPC));
    assert_string_equal(read_file(path), expected);
}

static void a_bad_path_keeps_the_old_target(void **state)
{
    (void)state;
    char bad[128];
    snprintf(bad, sizeof bad, "%s/none/log", folder);
    errno = 0;
    assert_false(log_open(bad));
    assert_int_equal(errno, ENOENT);
    log_line(LOG_INFO, "AdaptiveStream", "still here");
    assert_string_equal(read_file(path), "[AdaptiveStream] still here\n");
}

static void a_new_target_replaces_the_old(void **state)
{
    (void)state;
    char other[80];
    snprintf(other, sizeof other, "%s2", path);
    log_line(LOG_INFO, "AdaptiveStream", "first");
    assert_true(log_open(other));
    log_line(LOG_INFO, "AdaptiveStream", "second");
    assert_string_equal(read_file(path), "[AdaptiveStream] first\n");
    assert_string_equal(read_file(other), "[AdaptiveStream] second\n");
    assert_true(log_open(other)); /* appends */
    log_line(LOG_INFO, "AdaptiveStream", "third");
    assert_string_equal(read_file(other), "[AdaptiveStream] second\n[AdaptiveStream] third\n");
}

/* A child of the driver must not inherit the log: it would keep a rotated file alive. */
static void descriptors_close_on_exec(void **state)
{
    (void)state;
    struct stat wanted, seen;
    assert_int_equal(stat(path, &wanted), 0);
    int found = 0;
    for (int fd = 3; fd < 256; fd++) {
        if (fstat(fd, &seen) != 0 || seen.st_ino != wanted.st_ino || seen.st_dev != wanted.st_dev) continue;
        assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        found++;
    }
    assert_int_equal(found, 1);
}

static void *write_lines(void *argument)
{
    for (int i = 0; i < LINES_PER_THREAD; i++) {
        log_line(LOG_INFO, "AdaptiveStream", "thread %s %03d end", (const char *)argument, i);
    }
    return NULL;
}

static void threads_never_mix(void **state)
{
    (void)state;
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    int next[THREADS] = {0};
    int lines = 0;
    read_file(path);
    for (char *line = strtok(content, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name;
        int number, end = 0;
        assert_int_equal(sscanf(line, "[AdaptiveStream] thread %c %d end%n", &name, &number, &end), 2);
        assert_int_equal(end, strlen(line));
        assert_int_equal(number, next[name - 'a']++);
        lines++;
    }
    assert_int_equal(lines, THREADS * LINES_PER_THREAD);
}

/* Fills a pipe to its last byte, or reads it empty. */
static void fill(int end)
{
    char page[4096] = "";
    for (size_t size = sizeof page; size > 0; size = size == 1 ? 0 : 1)
        while (write(end, page, size) > 0) {
        }
}

static size_t drain(int end, char *into, size_t room)
{
    size_t length = 0;
    for (ssize_t got = 1; got > 0; length += got > 0 ? (size_t)got : 0)
        got = read(end, into + length, room - length);
    return length;
}

/* The log's own end of this pipe, as a stderr would be. */
static void make_blocking(const int ends[2])
{
    struct stat wanted, seen;
    int found = 0;
    assert_int_equal(fstat(ends[0], &wanted), 0);
    for (int fd = 3; fd < 256; fd++) {
        if (fd == ends[0] || fd == ends[1]) continue;
        if (fstat(fd, &seen) != 0 || seen.st_ino != wanted.st_ino || seen.st_dev != wanted.st_dev) continue;
        assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), 0);
        found++;
    }
    assert_int_equal(found, 1);
}

/* Nobody reads: without the dropping this test never ends. */
static void a_full_pipe_stops_nobody(void **state)
{
    (void)state;
    int ends[2];
    char named[64];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    snprintf(named, sizeof named, "/proc/self/fd/%d", ends[1]);
    assert_true(log_open(named));
    make_blocking(ends);
    fill(ends[1]);
    alarm(60);
    pthread_t threads[THREADS];
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    /* Whole lines get through whenever somebody reads: read a little, so that room for a line or two comes and goes. */
    for (int i = 0; i < 1000; i++) {
        char page[4096];
        (void)!read(ends[0], page, sizeof page);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    fill(ends[1]);
    log_line(LOG_INFO, "AdaptiveStream", "lost");
    drain(ends[0], content, sizeof content);
    log_line(LOG_INFO, "AdaptiveStream", "there");
    const size_t length = drain(ends[0], content, sizeof content - 1);
    alarm(0);
    content[length] = '\0';
    int lines, end = 0;
    assert_int_equal(sscanf(content,
                            "[AdaptiveStream] warning: %d lines were dropped: nobody read the log\n%n",
                            &lines, &end),
                     1);
    assert_true(lines >= 1 && end > 0);
    assert_string_equal(content + end, "[AdaptiveStream] there\n");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_to_stderr_by_default),
        cmocka_unit_test_setup(names_the_level, fresh_file),
        cmocka_unit_test_setup(obeys_the_level, fresh_file),
        cmocka_unit_test_setup(cuts_long_lines, fresh_file),
        cmocka_unit_test_setup(keeps_a_text_on_one_line, fresh_file),
        cmocka_unit_test_setup(keeps_errno, fresh_file),
        cmocka_unit_test_setup(a_bad_path_keeps_the_old_target, fresh_file),
        cmocka_unit_test_setup(a_new_target_replaces_the_old, fresh_file),
        cmocka_unit_test_setup(descriptors_close_on_exec, fresh_file),
        cmocka_unit_test_setup(threads_never_mix, fresh_file),
        cmocka_unit_test_setup(a_full_pipe_stops_nobody, fresh_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
