/* What measure reads beside progress: the phases of the traffic and the agent's summary. */
/* links: benchmark */
#include "benchmark/journal_summary.h"
#include "benchmark/phases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "temporary_file.h"

static void test_phases_lie_one_after_the_other(void **state)
{
    (void)state;
    shape_t shape = {0};
    char error[256];
    measured_phases_t phases;
    assert_true(shape_parse("phases=200x0.0015,4000x2", &shape, error, sizeof error));
    assert_true(phases_locate(&shape, 1000, 2, &phases));
    assert_int_equal(phases.count, 2);
    assert_string_equal(phases.items[1].name, "4000/s x 2 s");
    int64_t at_ms = 1000;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++) {
            assert_int_equal(phases.items[i].spans[round].from_ms, at_ms);
            at_ms = phases.items[i].spans[round].to_ms;
        }
    }
    assert_int_equal(at_ms, INT64_MAX); /* the last span takes what is stamped on the very end */
    assert_int_equal(phases.end_ms, 1000 + 4003);
    phases_free(&phases);
}

#define FIGURES(side, batches)                                                                               \
    ",\"" side "_batches\":" batches ",\"" side "_events\":10,\"" side "_waited_s\":5,\"" side               \
    "_mean_s\":0.5,\"" side "_p50_s\":0.4,\"" side "_p95_s\":0.9,\"" side "_p99_s\":1,\"" side "_max_s\":2"
#define SUMMARY(query, batches)                                                                              \
    "{\"v\":1,\"event\":\"summary\",\"query\":\"" query "\",\"id\":\"7\"" FIGURES("own", "3")                \
        FIGURES("shadow", batches) "}\n"
#define DECISION "{\"v\":1,\"event\":\"decision\",\"query\":\"a\",\"id\":\"7\"}\n"

static char error_text[256];

static bool read_text(const char *text, const char *query, journal_summary_t *summary)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return journal_summary_read(path, query, summary, error_text, sizeof error_text);
}

static void test_the_last_summary_of_the_query_counts(void **state)
{
    (void)state;
    journal_summary_t summary;
    assert_true(read_text(SUMMARY("a", "5") DECISION SUMMARY("a", "6") SUMMARY("b", "7") "{\"v\":1,\"ev", "a",
                          &summary));
    assert_int_equal(summary.own.batches, 3);
    assert_int_equal(summary.shadow.batches, 6);
    assert_true(summary.shadow.p95_s == 0.9);
    assert_true(read_text(SUMMARY("a", "5"), "7", &summary)); /* by id */
}

static void test_a_bad_journal_is_named(void **state)
{
    (void)state;
    journal_summary_t summary;
    assert_false(read_text(DECISION, "a", &summary));
    assert_non_null(strstr(error_text, "no summary of query a"));
    assert_false(read_text(DECISION "nonsense\n", "a", &summary));
    assert_non_null(strstr(error_text, ":2:"));
    assert_false(read_text("{\"event\":\"summary\",\"query\":\"a\",\"own_batches\":1}\n", "a", &summary));
    assert_non_null(strstr(error_text, ":1:"));
    assert_false(journal_summary_read("/nowhere/journal", "a", &summary, error_text, sizeof error_text));
    assert_non_null(strstr(error_text, "/nowhere/journal"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phases_lie_one_after_the_other),
        cmocka_unit_test(test_the_last_summary_of_the_query_counts),
        cmocka_unit_test(test_a_bad_journal_is_named),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
