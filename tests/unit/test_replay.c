/* The journal replayed: written by the agent's own writer from governors in closed loop, it gives every
 * decision again; and whatever is changed in it is found. */
/* links: journal benchmark control common */
/* Three of the writer's names are jansson's too. */
#define json_string  writer_string
#define json_integer writer_integer
#define json_boolean writer_boolean
#include "common/json_writer.h"
#undef json_string
#undef json_integer
#undef json_boolean

#include "agent/journal.h"
#include "benchmark/replay.h"
#include "common/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "journal_session.h"
#include "temporary_file.h"

enum { RUNS = 3, CYCLES = 160, MORE_RUNS = REPLAY_GOVERNORS + 20, TEXT_SIZE = 4096 };

static char *journal; /* all of it, as written */

static void load_journal(void)
{
    FILE *file = fopen(path, "re");
    size_t size = 0;
    assert_non_null(file);
    assert_true(getdelim(&journal, &size, '\0', file) > 0);
    fclose(file);
}

/* Three runs, line by line in turns; the last one is not ended. The file is ours to change afterwards. */
static int write_journal(void **state)
{
    static session_t sessions[RUNS] = {
        {.subject = {"orders", "id-1", "run-1"}, .config = {.goal = GOAL_BALANCED, .budget = 1}},
        {.subject = {"clicks", "id-2", "run-2"}, .config = {.goal = GOAL_STRICT, .budget = 1.5}},
        {.subject = {"orders", "id-1", "run-3"}, .config = {.goal = GOAL_COST, .budget = 0.7}},
    };
    if (make_file(state) != 0) return -1;
    journal_open(path, 0);
    for (int i = 0; i < RUNS; i++) {
        governor_config_t *config = &sessions[i].config;
        config->trigger_ns = 2000 * ms;
        config->origin_ns = -INT64_C(1764100000000000000) + i;
        config->min_interval_ns = 100 * ms;
        config->max_interval_ns = 30000 * ms;
        config->warmup_ns = 3000 * ms;
        begin(&sessions[i], (uint64_t)i + 1);
    }
    for (int number = 0; number < CYCLES; number++)
        for (int i = 0; i < RUNS; i++)
            cycle(&sessions[i], number);
    end(&sessions[0]);
    end(&sessions[1]);
    for (int i = 0; i < RUNS; i++)
        governor_destroy(sessions[i].governor);
    load_journal();
    return 0;
}

static int forget_journal(void **state)
{
    free(journal);
    return remove_file(state);
}

static char error_text[REPLAY_MESSAGE_SIZE];

static void write_text(const char *text, size_t length)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void replay_text(const char *text, const char *query, replay_report_t *report)
{
    write_text(text, strlen(text));
    assert_true(replay_journal(path, query, NULL, NULL, report, error_text, sizeof error_text));
}

/* The journal with the first `old` after the first `after` made `new`. Returns the number of its line. */
static size_t replay_changed(const char *after, const char *old, const char *new, replay_report_t *report)
{
    const char *from = strstr(journal, after);
    const char *at = from ? strstr(from, old) : NULL;
    assert_non_null(at);
    size_t line = 1, before = (size_t)(at - journal), size = strlen(journal) + strlen(new) + 1;
    for (const char *c = journal; c < at; c++)
        line += *c == '\n';
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size, "%.*s%s%s", (int)before, journal, new, at + strlen(old));
    replay_text(text, NULL, report);
    free(text);
    return line;
}

static void test_every_decision_comes_out_again(void **state)
{
    (void)state;
    replay_report_t report;
    replay_text(journal, NULL, &report);
    assert_true(replay_is_equal(&report));
    assert_int_equal(report.count, RUNS);
    assert_int_equal(report.malformed + report.differing, 0);
    assert_false(report.torn);
    assert_true(report.decisions > 3 * CYCLES);
    const char *const names[RUNS] = {"run-1", "run-2", "run-3"};
    for (size_t i = 0; i < RUNS; i++) {
        assert_string_equal(report.runs[i].run, names[i]);
        assert_int_equal(report.runs[i].state, i < 2 ? REPLAY_ENDED : REPLAY_OPEN);
        assert_true(report.runs[i].calls > report.runs[i].decisions + report.runs[i].probes + CYCLES);
    }
    replay_free(&report);
    /* The journal is worth replaying only if it has seen the law's cases. */
    const char *const seen[] = {"idle", "warmup", "blind", "backlog", "max_wait", "price", "cheap"};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        char text[64];
        snprintf(text, sizeof text, "\"reason\":\"%s\"", seen[i]);
        assert_non_null(strstr(journal, text));
    }
}

static void test_one_query_of_several(void **state)
{
    (void)state;
    replay_report_t report;
    const struct {
        const char *query;
        size_t runs;
    } cases[] = {{"orders", 2}, {"id-2", 1}, {"run-3", 1}, {"nobody", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        replay_text(journal, cases[i].query, &report);
        assert_int_equal(report.count, cases[i].runs);
        assert_int_equal(replay_is_equal(&report), cases[i].runs > 0);
        replay_free(&report);
    }
}

/* There is one difference, at this line and key. */
static const replay_run_t *check_difference(const replay_report_t *report, size_t line, const char *key)
{
    const replay_run_t *different = NULL;
    assert_false(replay_is_equal(report));
    assert_int_equal(report->malformed, 0);
    for (size_t i = 0; i < report->count; i++) {
        if (report->runs[i].difference_line == 0) continue;
        assert_null(different);
        different = &report->runs[i];
    }
    assert_non_null(different);
    assert_int_equal(different->difference_line, line);
    assert_string_equal(different->difference.key, key);
    assert_string_not_equal(different->difference.in_journal, different->difference.replayed);
    return different;
}

static void test_one_changed_value_is_found(void **state)
{
    (void)state;
    static const char decision[] = "\"run\":\"run-2\",\"now_ns\"";
    const struct {
        const char *key, *old, *new;
    } cases[] = {
        {"fire", "\"fire\":false", "\"fire\":true"},
        {"reason", "\"reason\":\"cheap\"", "\"reason\":\"price\""},
        {"wake_ns", "\"wake_ns\":", "\"wake_ns\":1"},
        {"pending", "\"pending\":", "\"pending\":1"},
        {"oldest_s", "\"oldest_s\":", "\"oldest_s\":1"},
        {"waiting", "\"waiting\":", "\"waiting\":1"},
        {"growth", "\"growth\":", "\"growth\":1"},
        {"price", "\"price\":", "\"price\":1"},
        {"rate_per_s", "\"rate_per_s\":", "\"rate_per_s\":1"},
        {"interval_s", "\"interval_s\":", "\"interval_s\":1"},
        {"own_batches", "\"own_batches\":", "\"own_batches\":1"},
        {"shadow_waited_s", "\"shadow_waited_s\":", "\"shadow_waited_s\":1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        replay_report_t report;
        size_t line = replay_changed(decision, cases[i].old, cases[i].new, &report);
        check_difference(&report, line, cases[i].key);
        assert_int_equal(report.differing, 1);
        replay_free(&report);
    }
}

/* The least change that a double can have. */
static void test_a_changed_bit_is_found(void **state)
{
    (void)state;
    replay_report_t report;
    char old[64], new[64];
    const char *at = strstr(strstr(journal, "\"reason\":\"cheap\""), "\"waiting\":");
    double value = strtod(at + strlen("\"waiting\":"), NULL);
    assert_true(value > 0);
    snprintf(old, sizeof old, "\"waiting\":%.17g", value);
    snprintf(new, sizeof new, "\"waiting\":%.17g", nextafter(value, INFINITY));
    size_t line = replay_changed("\"reason\":\"cheap\"", old, new, &report);
    check_difference(&report, line, "waiting");
    assert_int_equal(report.differing, 1);
    replay_free(&report);
}

static void test_a_changed_argument_is_found(void **state)
{
    (void)state;
    replay_report_t report;
    replay_changed("\"run\":\"run-1\",\"start_ns\"", "\"available\":", "\"available\":1", &report);
    assert_false(replay_is_equal(&report));
    assert_true(report.runs[0].differing > 0);
    replay_free(&report);
    replay_changed("\"goal\":\"balanced\"", "\"budget\":1", "\"budget\":2", &report);
    assert_true(report.runs[0].differing > 0 && report.runs[1].differing == 0);
    replay_free(&report);
}

static void test_a_summary_is_compared(void **state)
{
    (void)state;
    replay_report_t report;
    const char *const keys[] = {"own_p99_s", "shadow_max_s", "debt_batches", "seen", "decisions", "probes"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char old[64], new[64];
        snprintf(old, sizeof old, "\"%s\":", keys[i]);
        snprintf(new, sizeof new, "\"%s\":-12345,\"was\":", keys[i]);
        size_t line = replay_changed("\"event\":\"summary\"", old, new, &report);
        assert_true(check_difference(&report, line, keys[i])->summary_differs);
        assert_int_equal(report.differing, 0);
        replay_free(&report);
    }
}

/* A decision asked for twice in a row changes nothing, but the agent has counted it once. */
static void test_a_line_too_many_is_found(void **state)
{
    (void)state;
    replay_report_t report;
    const char *line = strstr(journal, "{\"v\":1,\"event\":\"decision\"");
    const char *next = strchr(line, '\n') + 1;
    char *text = malloc(strlen(journal) + TEXT_SIZE);
    assert_non_null(text);
    sprintf(text, "%.*s%.*s%s", (int)(next - journal), journal, (int)(next - line), line, next);
    replay_text(text, NULL, &report);
    free(text);
    assert_false(replay_is_equal(&report));
    assert_true(report.runs[0].summary_differs);
    assert_string_equal(report.runs[0].difference.key, "decisions");
    replay_free(&report);
}

static void test_a_torn_last_line_is_tolerated(void **state)
{
    (void)state;
    replay_report_t report;
    size_t length = strlen(journal);
    write_text(journal, length - 200);
    assert_true(replay_journal(path, "run-3", NULL, NULL, &report, error_text, sizeof error_text));
    assert_true(report.torn);
    assert_true(replay_is_equal(&report));
    replay_free(&report);
}

static void test_a_journal_without_its_head_cannot_be_replayed(void **state)
{
    (void)state;
    replay_report_t report;
    replay_text(strchr(journal, '\n') + 1, NULL, &report); /* the start of run-1 is gone */
    assert_false(replay_is_equal(&report));
    assert_int_equal(report.malformed + report.differing, 0);
    assert_int_equal(report.count, RUNS);
    for (size_t i = 0; i < RUNS; i++) {
        const replay_run_t *run = &report.runs[i];
        assert_int_equal(run->state == REPLAY_HEADLESS, strcmp(run->run, "run-1") == 0);
        if (run->state == REPLAY_HEADLESS) assert_true(run->skipped > CYCLES && run->decisions == 0);
    }
    replay_free(&report);
}

static void check_malformed(const replay_report_t *report, size_t line, const char *what)
{
    char where[64];
    snprintf(where, sizeof where, "%s:%zu: ", path, line);
    assert_int_equal(strncmp(report->first_malformed, where, strlen(where)), 0);
    assert_non_null(strstr(report->first_malformed, what));
    assert_false(replay_is_equal(report));
}

static void test_a_malformed_line_is_named(void **state)
{
    (void)state;
    const struct {
        const char *after, *old, *new, *what;
        bool breaks; /* the run that it belongs to */
    } cases[] = {
        {"\"run-1\",\"now_ns\"", "}", "", "not a line of JSON", false},
        {"\"run-1\",\"now_ns\"", "\"wake_ns\"", "\"wok_ns\"", "wake_ns is missing", true},
        {"\"run-1\",\"now_ns\"", "\"wake_ns\":", "\"wake_ns\":true,\"x\":", "wake_ns is not a whole number",
         true},
        {"\"run-1\",\"now_ns\"", "\"price\":", "\"price\":\"1\",\"x\":", "price is not a number", true},
        {"\"run-1\",\"now_ns\"", "\"blind\":false", "\"blind\":0", "blind is not true or false", true},
        {"\"run-1\",\"now_ns\"", "\"reason\":\"", "\"reason\":\"x", "reason \"x", true},
        {"\"event\":\"trigger\"", "trigger", "treeger", "event \"treeger\" is not known", true},
        {"\"event\":\"trigger\"", "\"start_ns\":", "\"start_ns\":300000000", "start_ns is out of range",
         true},
        {"{\"v\":1", "\"v\":1", "\"v\":2", "version 2", false},
        {"{\"v\":1", "\"goal\":\"balanced\"", "\"goal\":\"bold\"",
         "goal \"bold\" is not known; this version knows balanced, strict, latency, cost", true},
        {"{\"v\":1", "\"policy\":\"adaptive\"", "\"policy\":\"x\"", "policy \"x\" is not known", true},
        {"{\"v\":1", "\"trigger_ns\":2", "\"trigger_ns\":0,\"x\":2", "no governor", true},
        {"{\"v\":1", "\"budget\":1", "\"budget\":0", "budget is out of range", true},
        {"{\"v\":1", "\"run\":", "\"ran\":", "not a line of the agent's journal", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        replay_report_t report;
        size_t line = replay_changed(cases[i].after, cases[i].old, cases[i].new, &report);
        check_malformed(&report, line, cases[i].what);
        size_t broken = 0;
        for (size_t k = 0; k < report.count; k++)
            broken += report.runs[k].state == REPLAY_BROKEN;
        assert_int_equal(broken, cases[i].breaks);
        replay_free(&report);
    }
    assert_false(replay_journal("/nowhere/journal", NULL, NULL, NULL, &(replay_report_t){0}, error_text,
                                sizeof error_text));
    assert_non_null(strstr(error_text, "/nowhere/journal"));
}

static void test_a_line_without_end_is_not_read_whole(void **state)
{
    (void)state;
    enum { LONG = 1 << 20 };
    replay_report_t report;
    char *text = malloc(LONG + 1);
    assert_non_null(text);
    memset(text, '[', LONG);
    text[LONG - 1] = '\n';
    text[LONG] = '\0';
    replay_text(text, NULL, &report);
    free(text);
    check_malformed(&report, 1, "not a line of JSON");
    replay_free(&report);
}

/* What a driver still decides between its summary and its end. */
static void test_lines_after_a_summary_are_passed_over(void **state)
{
    (void)state;
    replay_report_t report;
    const char *line = strstr(journal, "{\"v\":1,\"event\":\"decision\"");
    char *text = malloc(strlen(journal) + TEXT_SIZE);
    assert_non_null(text);
    sprintf(text, "%s%.*s", journal, (int)(strchr(line, '\n') + 1 - line), line);
    replay_text(text, NULL, &report);
    free(text);
    assert_true(replay_is_equal(&report));
    assert_int_equal(report.runs[0].skipped, 1);
    replay_free(&report);
}

/* Runs that never end do not pile up. */
static void test_many_killed_drivers(void **state)
{
    (void)state;
    replay_report_t report;
    int length = (int)(strchr(journal, '\n') - journal);
    const char *at = strstr(journal, "run-1");
    char *text = malloc((size_t)(length + 64) * (MORE_RUNS + 1)), *to = text;
    assert_non_null(text);
    for (int i = 0; i < MORE_RUNS; i++)
        to += sprintf(to, "%.*srun-%d%.*s\n", (int)(at - journal), journal, 1000 + i,
                      length - (int)(at - journal) - 5, at + 5);
    sprintf(to, "{\"v\":1,\"event\":\"limit\",\"run\":\"run-1000\",\"events\":5}\n");
    replay_text(text, NULL, &report);
    free(text);
    assert_int_equal(report.count, MORE_RUNS);
    assert_int_equal(report.malformed, 0);
    for (size_t i = 0; i < report.count; i++)
        assert_int_equal(report.runs[i].state, i == 0 ? REPLAY_CROWDED : REPLAY_OPEN);
    assert_false(replay_is_equal(&report));
    replay_free(&report);
}

/* A line that was not there when the decisions were made: only one that says nothing leaves them as they were. */
static void test_forecasts_are_repeated(void **state)
{
    (void)state;
    const struct {
        const char *said;
        bool malformed, equal;
    } cases[] = {
        {"\"confidence\":0", false, true},
        {"\"confidence\":1", false, false},
        {"\"confidence\":1,\"changes\":[0,0,0,0]", false, true},
        {"\"confidence\":1,\"changes\":[-0.4,0.5,-0.1,0]", false, false},
        {"\"confidence\":0,\"changes\":[-0.4,0.5,-0.1,0]", false, true},
        {"\"confidence\":1,\"changes\":[0,0,0]", true, false},
        {"\"confidence\":1,\"changes\":[0,0,0,\"0\"]", true, false},
        {"\"confidence\":1,\"changes\":7", true, false},
    };
    replay_report_t report;
    const char *next = strchr(journal, '\n') + 1;
    char *text = malloc(strlen(journal) + TEXT_SIZE);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sprintf(text, "%.*s{\"v\":1,\"event\":\"forecast\",\"run\":\"run-1\",\"rate_per_s\":77,%s}\n%s",
                (int)(next - journal), journal, cases[i].said, next);
        replay_text(text, NULL, &report);
        assert_int_equal(report.malformed, cases[i].malformed);
        if (!cases[i].malformed) assert_int_equal(replay_is_equal(&report), cases[i].equal);
        replay_free(&report);
    }
    free(text);
}

/* Any finite double that the agent writes is the same one when it is read. */
static void test_doubles_are_read_back_exactly(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 3, 0);
    for (int i = 0; i < 200000; i++) {
        char text[128];
        double value, read;
        json_writer_t writer;
        uint64_t bits = random_bits(&random);
        if (i % 4 == 0) bits = bits >> 12 | (uint64_t)(1023 + i % 64) << 52; /* of everyday size */
        memcpy(&value, &bits, sizeof value);
        if (i % 4 == 1) value = (double)(int64_t)(bits % 100000); /* written like an integer */
        if (!isfinite(value)) continue;
        json_write_begin(&writer, text, sizeof text);
        json_write_exact(&writer, "x", value);
        assert_true(json_write_end(&writer));
        json_t *line = json_loads(text, 0, NULL);
        assert_non_null(line);
        read = json_number_value(json_object_get(line, "x"));
        json_decref(line);
        assert_true(memcmp(&read, &value, sizeof value) == 0 || (value == 0 && read == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_decision_comes_out_again),
        cmocka_unit_test(test_one_query_of_several),
        cmocka_unit_test(test_one_changed_value_is_found),
        cmocka_unit_test(test_a_changed_bit_is_found),
        cmocka_unit_test(test_a_changed_argument_is_found),
        cmocka_unit_test(test_a_summary_is_compared),
        cmocka_unit_test(test_a_line_too_many_is_found),
        cmocka_unit_test(test_a_torn_last_line_is_tolerated),
        cmocka_unit_test(test_a_journal_without_its_head_cannot_be_replayed),
        cmocka_unit_test(test_a_malformed_line_is_named),
        cmocka_unit_test(test_a_line_without_end_is_not_read_whole),
        cmocka_unit_test(test_lines_after_a_summary_are_passed_over),
        cmocka_unit_test(test_many_killed_drivers),
        cmocka_unit_test(test_forecasts_are_repeated),
        cmocka_unit_test(test_doubles_are_read_back_exactly),
    };
    return cmocka_run_group_tests(tests, write_journal, forget_journal);
}
