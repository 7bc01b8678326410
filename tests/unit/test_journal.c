/* The journal in several files: kept within its size, replayed as one, and never in a job's way. Each test has the journal in
 * a process of its own, as it can be opened once. */
/* links: journal benchmark control common */
#include "agent/journal.h"
#include "agent/journal_file.h"
#include "benchmark/journal_observations.h"
#include "benchmark/replay.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "full_disk.h"
#include "journal_session.h"

enum { SIZE = 1 << 20, SHARE = SIZE / 4 / 16 * 15, NAMES = 160, CYCLES_MAXIMUM = 100000 };

static char folder[] = "/tmp/adaptivestream-journal-XXXXXX";
static char path[NAMES], log_path[NAMES];

/* In the child a failed check has to end it: cmocka's would run on with the parent's tests. */
#define CHECK(what)                                                                                          \
    do {                                                                                                     \
        if (what) break;                                                                                     \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                                           \
        _exit(1);                                                                                            \
    } while (0)

static void in_a_process(void (*test)(void))
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        CHECK(freopen(log_path, "we", stderr) != NULL);
        test();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status == 0) return;
    char command[2 * NAMES];
    snprintf(command, sizeof command, "cat %s >&2", log_path);
    if (system(command) != 0) fail();
    fail_msg("the journal's process ended with %d", status);
}

static const char *older(int number)
{
    static char name[NAMES + 8];
    snprintf(name, sizeof name, "%s.%d", path, number);
    return name;
}

static int64_t size_of(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 ? (int64_t)status.st_size : -1;
}

static int clear_folder(void **state)
{
    (void)state;
    unlink(path);
    for (int number = 1; number < 10; number++)
        unlink(older(number));
    return 0;
}

static session_t sessions[2];

static void begin_sessions(void)
{
    static const char *const names[] = {"orders", "clicks"}, *const runs[] = {"run-1", "run-2"};
    for (int i = 0; i < 2; i++) {
        sessions[i] = (session_t){.subject = {names[i], names[i], runs[i]},
                                  .config = {.goal = i == 0 ? GOAL_BALANCED : GOAL_COST,
                                             .budget = 1,
                                             .trigger_ns = 2000 * ms,
                                             .origin_ns = -INT64_C(1764100000000000000),
                                             .min_interval_ns = 100 * ms,
                                             .max_interval_ns = 30000 * ms,
                                             .warmup_ns = 3000 * ms}};
        begin(&sessions[i], (uint64_t)i + 1);
        CHECK(sessions[i].governor != NULL);
    }
}

/* Until the file of this number is there. */
static void go_on_until(int number)
{
    static int cycles;
    while (size_of(older(number)) < 0) {
        CHECK(cycles++ < CYCLES_MAXIMUM);
        for (int i = 0; i < 2; i++)
            cycle(&sessions[i], cycles);
    }
}

static void end_sessions(void)
{
    for (int i = 0; i < 2; i++) {
        end(&sessions[i]);
        governor_destroy(sessions[i].governor);
    }
}

static void open_journal(void)
{
    journal_open(path, SIZE);
    CHECK(journal_is_open());
}

/* ------------------------------------------------------------------------------------------------ what is written */

static void write_three_files(void)
{
    open_journal();
    begin_sessions();
    go_on_until(2);
    end_sessions();
}

static void write_more_than_is_kept(void)
{
    open_journal();
    begin_sessions();
    go_on_until(3);
    const int64_t first = size_of(older(3));
    struct stat before, after;
    CHECK(stat(older(3), &before) == 0 && first > 0);
    do { /* until the oldest is another one: the start is gone */
        for (int i = 0; i < 2; i++)
            cycle(&sessions[i], 0);
        CHECK(stat(older(3), &after) == 0);
    } while (after.st_ino == before.st_ino);
    end_sessions();
    CHECK(size_of(older(4)) < 0);
}

static void replayed(replay_report_t *report)
{
    char error[REPLAY_MESSAGE_SIZE];
    if (!replay_journal(path, NULL, NULL, NULL, report, error, sizeof error)) fail_msg("%s", error);
    assert_int_equal(report->malformed, 0);
    assert_false(report->torn);
}

static void check_sizes(int files)
{
    for (int number = 1; number < files; number++) {
        assert_in_range(size_of(older(number)), SHARE - 4096, SHARE);
    }
    assert_in_range(size_of(path), 1, SHARE);
    assert_int_equal(size_of(older(files)), -1);
}

static void test_a_journal_in_three_files_replays_as_one(void **state)
{
    (void)state;
    in_a_process(write_three_files);
    check_sizes(3);
    replay_report_t report;
    replayed(&report);
    assert_int_equal(report.files, 3);
    assert_true(replay_is_equal(&report));
    assert_int_equal(report.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(report.runs[i].state, REPLAY_ENDED);
    const int64_t decisions = report.decisions;
    replay_free(&report);

    /* The figures do hang on the older files: without the oldest one nothing can be shown, and that is said. */
    assert_int_equal(unlink(older(2)), 0);
    replayed(&report);
    assert_int_equal(report.files, 2);
    assert_false(replay_is_equal(&report));
    assert_true(decisions > 0);
    assert_int_equal(report.decisions, 0);
    for (size_t i = 0; i < report.count; i++)
        assert_int_equal(report.runs[i].state, REPLAY_HEADLESS);
    replay_free(&report);
}

typedef struct {
    double trigger_s;
    char goal[PROTOCOL_WORD_SIZE];
    int64_t most_events; /* of one trigger */
    int64_t triggers, limit;
} shown_t;

static void observed(void *context, const observation_t *observation)
{
    shown_t *shown = context;
    if (observation->status.has_config) {
        shown->trigger_s = observation->status.config.trigger_s;
        strcpy(shown->goal, observation->status.config.goal);
        shown->limit = observation->status.config.limit;
    }
    for (size_t i = 0; i < observation->trigger_count; i++) {
        shown->triggers++;
        if (observation->triggers[i].events > shown->most_events)
            shown->most_events = observation->triggers[i].events;
    }
}

/* Each newer file begins with what a reader of it alone has to know. */
static void test_what_is_left_can_be_shown(void **state)
{
    (void)state;
    in_a_process(write_more_than_is_kept);
    check_sizes(4);
    replay_report_t report;
    replayed(&report);
    assert_int_equal(report.files, 4);
    assert_false(replay_is_equal(&report));
    for (size_t i = 0; i < report.count; i++)
        assert_int_equal(report.runs[i].state, REPLAY_HEADLESS);
    replay_free(&report);

    /* The line of the limit itself may be in one of these. */
    assert_int_equal(unlink(older(2)), 0);
    assert_int_equal(unlink(older(3)), 0);
    shown_t shown = {.trigger_s = 0};
    const journal_listener_t listener = {.observed = observed, .context = &shown};
    journal_told_t told;
    char error[REPLAY_MESSAGE_SIZE];
    assert_true(journal_tell(path, "clicks", INT64_MAX, &listener, &told, error, sizeof error));
    assert_int_equal(told.malformed, 0);
    assert_true(shown.trigger_s > 1.999 && shown.trigger_s < 2.001);
    assert_string_equal(shown.goal, "cost");
    assert_int_equal(shown.limit, 500); /* as cycle() has it */
    assert_true(shown.triggers > 20);
    assert_in_range(shown.most_events, 1, 2000 * 30); /* not all that came since the run began */
}

/* ------------------------------------------------------------------------------------------------ others at the file */

static void write_after_it_was_taken_away(void)
{
    open_journal();
    begin_sessions();
    cycle(&sessions[0], 1);
    CHECK(rename(path, older(9)) == 0);
    cycle(&sessions[0], 2);
    CHECK(size_of(path) > 0);
    CHECK(unlink(path) == 0);
    cycle(&sessions[0], 3);
    CHECK(size_of(path) > 0);
    end_sessions();
}

static void test_a_file_that_was_taken_away_is_begun_anew(void **state)
{
    (void)state;
    in_a_process(write_after_it_was_taken_away);
    FILE *file = fopen(path, "re");
    char line[4096];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_non_null(strstr(line, "\"event\":\"continue\""));
    fclose(file);
}

enum { DRIVERS = 4, THREADS = 4, LINES = 200, LINE_LENGTH = 303 };

static void *write_lines(void *name)
{
    char line[512];
    memset(line, '.', sizeof line);
    for (int number = 0; number < LINES; number++) {
        int head =
            snprintf(line, sizeof line, "{\"writer\":\"%s\",\"number\":%d,\"rest\":\"", (char *)name, number);
        line[head] = '.';
        memcpy(line + LINE_LENGTH - 3, "\"}\n", 3);
        journal_file_write(line, LINE_LENGTH);
    }
    return NULL;
}

/* Several threads of several drivers, files turned again and again under them. */
static void write_together(void)
{
    pid_t drivers[DRIVERS];
    for (int driver = 0; driver < DRIVERS; driver++) {
        drivers[driver] = fork();
        CHECK(drivers[driver] >= 0);
        if (drivers[driver] != 0) continue;
        pthread_t threads[THREADS];
        char names[THREADS][16];
        journal_file_open(path, SIZE, NULL);
        for (int i = 0; i < THREADS; i++) {
            snprintf(names[i], sizeof names[i], "%d-%d", driver, i);
            CHECK(pthread_create(&threads[i], NULL, write_lines, names[i]) == 0);
        }
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        _exit(journal_file_is_open() ? 0 : 1);
    }
    for (int driver = 0; driver < DRIVERS; driver++) {
        int status;
        CHECK(waitpid(drivers[driver], &status, 0) == drivers[driver] && status == 0);
    }
}

/* All together just fit: no line of anybody's is lost, torn or out of its order. */
static void test_drivers_share_a_journal(void **state)
{
    (void)state;
    in_a_process(write_together);
    int next[DRIVERS][THREADS] = {{0}}, files = 0;
    for (int number = 3; number >= 0; number--) {
        FILE *file = fopen(number > 0 ? older(number) : path, "re");
        char line[1024];
        if (file == NULL) continue; /* a file grows while the one who turns it is kept waiting */
        files++;
        while (fgets(line, sizeof line, file) != NULL) {
            int driver, thread, written;
            if (strcmp(line, "\n") == 0) continue; /* of a driver that met another's line half written */
            assert_int_equal(strlen(line), LINE_LENGTH);
            assert_int_equal(sscanf(line, "{\"writer\":\"%d-%d\",\"number\":%d", &driver, &thread, &written),
                             3);
            assert_int_equal(written, next[driver][thread]++);
        }
        fclose(file);
    }
    assert_in_range(files, 2, 4);
    for (int driver = 0; driver < DRIVERS; driver++)
        for (int thread = 0; thread < THREADS; thread++)
            assert_int_equal(next[driver][thread], LINES);
}

static const char *found; /* in the journal, by the driver that begins */

static void write_after_what_was_found(void)
{
    FILE *file = fopen(path, "we");
    CHECK(file != NULL && fputs(found, file) > 0 && fclose(file) == 0);
    open_journal();
    begin_sessions();
    end_sessions();
}

static void assert_replays_after(const char *text, int malformed)
{
    found = text;
    in_a_process(write_after_what_was_found);
    replay_report_t report;
    char error[REPLAY_MESSAGE_SIZE];
    assert_true(replay_journal(path, NULL, NULL, NULL, &report, error, sizeof error));
    assert_int_equal(report.malformed, malformed);
    assert_int_equal(report.count, 2);
    assert_int_equal(report.runs[0].state, REPLAY_ENDED);
    replay_free(&report);
}

static void test_a_torn_line_of_an_earlier_driver_is_ended(void **state)
{
    (void)state;
    assert_replays_after("{\"v\":1,\"event\":\"deci", 1);
}

static void test_an_empty_line_is_passed_over(void **state)
{
    (void)state;
    assert_replays_after("\n\n", 0);
}

/* ------------------------------------------------------------------------------------------------ what goes wrong */

static void write_where_files_cannot_be_turned(void)
{
    CHECK(mkdir(older(3), 0755) == 0);
    open_journal();
    begin_sessions();
    for (int number = 1; journal_is_open(); number++) {
        CHECK(number < CYCLES_MAXIMUM);
        cycle(&sessions[0], number);
    }
    cycle(&sessions[0], 1);
    end_sessions();
    CHECK(rmdir(older(3)) == 0);
}

static void write_on_a_full_disk(void)
{
    open_journal();
    begin_sessions();
    full_disk_begin(SHARE / 2);
    for (int number = 1; journal_is_open(); number++) {
        CHECK(number < CYCLES_MAXIMUM);
        cycle(&sessions[0], number);
    }
    full_disk_end();
    cycle(&sessions[0], 1);
    end_sessions();
}

static void write_to_a_pipe(void)
{
    CHECK(mkfifo(path, 0600) == 0);
    FILE *reader = fopen(path, "r+e"); /* both ends, so that opening does not fail; nobody reads */
    CHECK(reader != NULL);
    open_journal();
    begin_sessions();
    for (int number = 1; journal_is_open(); number++) { /* until the pipe is full: never waits */
        CHECK(number < CYCLES_MAXIMUM);
        cycle(&sessions[0], number);
    }
    end_sessions();
}

static void test_it_is_said_once_and_the_job_goes_on(void **state)
{
    (void)state;
    static const struct {
        void (*test)(void);
        const char *said;
    } cases[] = {{write_where_files_cannot_be_turned, "journal: no new file can be begun: Is a directory; "},
                 {write_on_a_full_disk, "journal: "},
                 {write_to_a_pipe, "journal: it cannot be written: Resource temporarily unavailable; "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        in_a_process(cases[i].test);
        FILE *file = fopen(log_path, "re");
        char text[4096];
        assert_non_null(file);
        const size_t length = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[length] = '\0';
        const char *said = strstr(text, cases[i].said);
        assert_non_null(said);
        assert_non_null(strstr(said, "the journal is off, the job goes on"));
        assert_null(strstr(said + 1, "journal:"));
        clear_folder(state);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/journal.jsonl", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(log_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_journal_in_three_files_replays_as_one, clear_folder),
        cmocka_unit_test_teardown(test_what_is_left_can_be_shown, clear_folder),
        cmocka_unit_test_teardown(test_a_file_that_was_taken_away_is_begun_anew, clear_folder),
        cmocka_unit_test_teardown(test_drivers_share_a_journal, clear_folder),
        cmocka_unit_test_teardown(test_a_torn_line_of_an_earlier_driver_is_ended, clear_folder),
        cmocka_unit_test_teardown(test_an_empty_line_is_passed_over, clear_folder),
        cmocka_unit_test_teardown(test_it_is_said_once_and_the_job_goes_on, clear_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
