/* From the records in tests/data/benchmark to the summary, the Markdown and the pictures. */
/* links: benchmark */
#include "benchmark/csv.h"
#include "benchmark/suite_markdown.h"
#include "benchmark/suite_pairs.h"
#include "benchmark/suite_plots.h"
#include "benchmark/suite_report.h"
#include "benchmark/suite_results.h"
#include "benchmark/suite_summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "near.h"
#include "temporary_file.h"

#define RECORDS PROJECT_SOURCE "/tests/data/benchmark"

static char error[512];
static const suite_digests_t no_digests;

static bool load_text(const char *text, csv_t *csv)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    error[0] = '\0';
    return csv_load(path, csv, error, sizeof error);
}

static void test_csv_cells(void **state)
{
    (void)state;
    csv_t csv;
    double number;
    assert_true(load_text("a,b\r\n\"x, \"\"y\"\"\",2.5\n\n,\n", &csv));
    assert_true(csv.rows == 2 && csv.columns == 2);
    assert_string_equal(csv_text(&csv, 0, 0), "x, \"y\"");
    assert_true(csv_number(&csv, 0, csv_column(&csv, "b"), &number) && number == 2.5);
    assert_false(csv_number(&csv, 1, 1, &number));
    assert_int_equal(csv_column(&csv, "c"), CSV_NONE);
    csv_free(&csv);
}

static void test_bad_csv_is_named(void **state)
{
    (void)state;
    csv_t csv;
    assert_false(load_text("a,b\n1\n", &csv));
    assert_non_null(strstr(error, ":2: not as many cells"));
    assert_false(load_text("a,b\n\"1,2\n", &csv));
    assert_non_null(strstr(error, ":2: a quote"));
    assert_false(load_text("", &csv));
    assert_non_null(strstr(error, "empty"));
    assert_false(csv_load("/nowhere", &csv, error, sizeof error));
    assert_non_null(strstr(error, "/nowhere"));
}

static void test_only_good_runs_count(void **state)
{
    (void)state;
    suite_results_t results;
    assert_true(suite_results_load(RECORDS, &no_digests, &results, error, sizeof error));
    assert_int_equal(results.scene_count, 1);
    assert_int_equal(results.count, 5);
    assert_string_equal(results.rows[0].arm, "fixed_2s");
    assert_int_equal(results.stale_count, 0);
    const suite_row_t *repeated = &results.rows[2];
    assert_string_equal(repeated->arm, "balanced");
    assert_true(suite_row_counts(repeated) && repeated->attempts == 2 &&
                repeated->values[METRIC_BATCHES] == 10);
    assert_string_equal(results.rows[4].arm, "latency");
    assert_false(suite_row_counts(&results.rows[4]));
    suite_results_free(&results);
}

/* A folder of the test's own with this runs.csv and plan.json, read. */
static void load_rows(const char *const *rows, size_t count, const char *plan, suite_results_t *results)
{
    char folder[] = "/tmp/adaptivestream-test-XXXXXX", name[256], line[2048];
    suite_digests_t digests;
    assert_non_null(mkdtemp(folder));
    FILE *records = fopen(RECORDS "/runs.csv", "re");
    assert_non_null(records);
    assert_non_null(fgets(line, sizeof line, records));
    fclose(records);
    snprintf(name, sizeof name, "%s/runs.csv", folder);
    FILE *file = fopen(name, "we");
    assert_non_null(file);
    fputs(line, file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "x,map,phases,%s,,\n", rows[i]);
    assert_int_equal(fclose(file), 0);
    snprintf(line, sizeof line, "%s/plan.json", folder);
    if (plan) {
        file = fopen(line, "we");
        assert_non_null(file);
        fputs(plan, file);
        assert_int_equal(fclose(file), 0);
    }
    assert_true(suite_digests_load(folder, &digests, error, sizeof error));
    assert_true(suite_results_load(folder, &digests, results, error, sizeof error));
    suite_digests_free(&digests);
    unlink(name);
    unlink(line);
    assert_int_equal(rmdir(folder), 0);
}

#define ROW(start, batches, digest)                                                                          \
    start ",,1000,10,0,10,0,0," batches ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,,,runs/r," digest

static void test_runs_of_other_agents_are_left_out(void **state)
{
    (void)state;
    static const char *const rows[] = {
        ROW("balanced,1,1,ok", "7", "old"), ROW("balanced,2,1,ok", "8", "old"),
        ROW("latency,1,1,ok", "9", "old"),  ROW("balanced,1,2,late", "5", "new"),
        ROW("balanced,2,2,ok", "6", "new"),
    };
    suite_results_t results;
    /* An older plan.json does not say: each run's newest make, good or not. */
    load_rows(rows, 5, "{\"arms\":{}}", &results);
    assert_true(results.count == 3 && results.stale_count == 2);
    assert_false(suite_row_counts(&results.rows[0]));
    assert_true(isnan(results.rows[0].values[METRIC_REQUESTS])); /* an empty cell: not known */
    assert_true(results.rows[0].attempts == 1 && results.rows[1].values[METRIC_BATCHES] == 6);
    assert_string_equal(results.rows[2].arm, "latency");
    suite_results_free(&results);
    /* The plan says: what is not in it is none of it, and neither is what is not made so. */
    load_rows(rows, 5,
              "{\"runs\":[{\"job\":\"map\",\"workload\":\"phases\",\"arm\":\"balanced\",\"repetition\":1,"
              "\"digest\":\"old\"},{\"job\":\"map\",\"workload\":\"phases\",\"arm\":\"balanced\","
              "\"repetition\":2,\"digest\":\"new\"}]}",
              &results);
    assert_true(results.count == 2 && results.stale_count == 3);
    assert_true(results.rows[0].values[METRIC_BATCHES] == 7 && results.rows[1].values[METRIC_BATCHES] == 6);
    assert_string_equal(results.stale[1].arm, "latency");
    suite_results_free(&results);
}

static void test_medians_and_ratios_of_pairs(void **state)
{
    (void)state;
    suite_results_t results;
    suite_summary_t summary;
    assert_true(suite_results_load(RECORDS, &no_digests, &results, error, sizeof error));
    assert_true(suite_summary_make(&results, "fixed_2s", &summary));
    assert_int_equal(summary.count, 3);
    const suite_line_of_t *balanced = &summary.lines[1];
    assert_string_equal(balanced->arm, "balanced");
    assert_int_equal(balanced->runs, 2);
    /* Means 0.75 of 1.5 s and 1.05 of 1.4 s: ratios 0.5 and 0.75. */
    assert_near(balanced->values[METRIC_WAIT_MEAN].median, 0.9, 1e-9);
    assert_near(balanced->ratios[METRIC_WAIT_MEAN].median, 0.625, 1e-9);
    assert_near(balanced->ratios[METRIC_WAIT_MEAN].low, 0.5, 1e-9);
    assert_near(balanced->ratios[METRIC_WAIT_MEAN].high, 0.75, 1e-9);
    assert_near(balanced->ratios[METRIC_BATCHES].median, 0.95, 1e-9);
    assert_near(balanced->ratios[METRIC_PRODUCT].low, 0.5, 1e-9);
    assert_near(balanced->ratios[METRIC_PRODUCT].high, 0.675, 1e-9);
    assert_near(balanced->ratios[METRIC_CPU].median, 1.05, 1e-9);
    assert_int_equal(balanced->ratios[METRIC_FILES].count, 0); /* nothing by nothing */
    assert_near(balanced->ratios[METRIC_REQUESTS].median, 1.05, 1e-9);
    assert_true(balanced->values[METRIC_EMPTY].median == 4 &&
                summary.lines[0].values[METRIC_EMPTY].count == 0);
    assert_int_equal(summary.lines[2].runs, 0);
    suite_summary_free(&summary);
    suite_results_free(&results);
}

static void test_the_markdown_says_what_counts_and_what_does_not(void **state)
{
    (void)state;
    suite_results_t results;
    suite_summary_t summary;
    suite_simulated_t simulated;
    char *text = NULL;
    size_t size = 0;
    assert_true(suite_results_load(RECORDS, &no_digests, &results, error, sizeof error));
    assert_true(suite_simulated_load(RECORDS, &no_digests, &simulated, error, sizeof error));
    assert_true(suite_summary_make(&results, "fixed_2s", &summary));
    suite_busyness_t *busyness =
        suite_busyness_of(RECORDS, &results, &summary, "fixed_2s", error, sizeof error);
    assert_non_null(busyness);
    suite_pairs_t *pairs = suite_pairs_of(RECORDS, &results, &summary, "fixed_2s", error, sizeof error);
    assert_true(pairs && pairs[1].ratio.count == 0); /* no run had another beside it */
    pairs[1] =
        (suite_pairs_t){200, {2, 0.002, -0.001, 0.004}, {2, 1.004, 0.998, 1.009}, {2, 0.35, 0.34, 0.36}};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const suite_markdown_t report = {RECORDS,  "Facts.", "fixed_2s", &results,
                                     &summary, busyness, pairs,      &simulated};
    suite_markdown_print(&report, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "| **fixed_2s** | 2 | 10 | 1.450 |"));
    assert_non_null(strstr(text, "| balanced | 2 | 10 (0.950, 0.900 to 1.000) | 0.900 (0.625, 0.500 to "
                                 "0.750) | 0.588, 0.500 to 0.675 |"));
    assert_non_null(strstr(text, "took up to 12 % of the machine's processors"));
    /* Eight events in the first of four seconds, two in the last. */
    assert_non_null(strstr(text, "bursts (above twice the mean rate): 80 % of the events"));
    assert_non_null(
        strstr(text, "| balanced | 0.825 (0.635, 0.500 to 0.770) | 1.200 (0.600, 0.500 to 0.700) |"));
    assert_non_null(strstr(text, "| balanced | 200 | 350 | +2.0, -1.0 to +4.0 | 1.004, 0.998 to 1.009 |"));
    /* The line of the older agent does not count: 0.9 / 1.5. */
    assert_non_null(strstr(text, "| balanced | 0.950 / 1.000 | 0.625 / 0.600 |"));
    assert_non_null(strstr(text, "| latency | 0 | - |"));
    assert_non_null(
        strstr(text, "- map, phases, latency, repetition 1: late (the generator missed its target in 4 of 10 "
                     "seconds), 2 attempts"));
    assert_null(strstr(text, "disturbed"));
    assert_null(strstr(text, "Left out"));
    free(text);
    free(pairs);
    free(busyness);
    suite_summary_free(&summary);
    suite_simulated_free(&simulated);
    suite_results_free(&results);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char target[512];
    snprintf(target, sizeof target, "%s/%s", folder, name);
    FILE *file = fopen(target, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

enum { BATCHES_OF_A_RUN = 50 };

/* A batch every two seconds, `late_ms` after the trigger point; `longer_ms` in turn for each of five. */
static void write_batches(const char *folder, const char *name, int64_t late_ms, const int64_t longer_ms[5])
{
    char text[8192];
    size_t length = (size_t)snprintf(text, sizeof text, "batch,trigger_ms,end_ms,oldest_ms,events\n");
    for (int i = 0; i < BATCHES_OF_A_RUN; i++) {
        const int64_t begin_ms = 1000 + i * 2000 + late_ms;
        length += (size_t)snprintf(text + length, sizeof text - length, "%d,%lld,%lld,%lld,%d\n", i,
                                   (long long)begin_ms, (long long)(begin_ms + 100 + longer_ms[i % 5]),
                                   (long long)begin_ms - 1000, i % 10 == 9 && late_ms > 0 ? 7 : 8);
    }
    write_text(folder, name, text);
}

/* Of runs side by side, batches that began together with the same events are compared. */
static void test_batches_are_compared_one_by_one(void **state)
{
    (void)state;
    static const int64_t none[5] = {0}, some[5] = {10, -2, 3, 1, 2}, much[5] = {90, 90, 90, 90, 90};
    char folder[] = "/tmp/adaptivestream-test-XXXXXX", name[256];
    assert_non_null(mkdtemp(folder));
    suite_row_t rows[4] = {{.arm = "fixed_2s", .beside = 1, .began_ms = 1, .folder = "f"},
                           {.arm = "agent_fixed", .beside = 1, .began_ms = 1, .folder = "a"},
                           {.arm = "agent_fixed", .beside = 1, .began_ms = 2, .folder = "a", .repetition = 1},
                           {.arm = "latency", .beside = 1, .began_ms = 1, .folder = "b"}};
    suite_scene_t scene = {.job = "map", .workload = "phases"};
    for (int i = 0; i < 4; i++) {
        strcpy(rows[i].job, scene.job);
        strcpy(rows[i].workload, scene.workload);
        strcpy(rows[i].status, "ok");
    }
    suite_line_of_t lines[3] = {{.scene = &scene, .arm = "fixed_2s"},
                                {.scene = &scene, .arm = "agent_fixed"},
                                {.scene = &scene, .arm = "latency"}};
    const suite_results_t results = {.rows = rows, .count = 4, .scenes = &scene, .scene_count = 1};
    const suite_summary_t summary = {.lines = lines, .count = 3};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%c", folder, "fab"[i]);
        assert_int_equal(mkdir(name, 0700), 0);
    }
    write_batches(folder, "f/batches.csv", 0, none);
    write_batches(folder, "a/batches.csv", 20, some);
    write_batches(folder, "b/batches.csv", 400, much); /* another trigger point */
    suite_pairs_t *pairs = suite_pairs_of(folder, &results, &summary, "fixed_2s", error, sizeof error);
    assert_non_null(pairs);
    assert_true(pairs[0].ratio.count == 0 && pairs[2].ratio.count == 0);
    assert_int_equal(pairs[1].pairs, BATCHES_OF_A_RUN * 9 / 10); /* one in ten had other events */
    assert_int_equal(pairs[1].ratio.count, 1);                   /* the other repetition was another time */
    assert_near(pairs[1].reference_s.median, 0.1, 1e-9);
    assert_near(pairs[1].more_s.median, 0.002, 1e-9);
    assert_near(pairs[1].ratio.median, 1.02, 1e-9);
    free(pairs);
    rows[2].began_ms = 1; /* now it was the same */
    rows[2].repetition = 0;
    pairs = suite_pairs_of(folder, &results, &summary, "fixed_2s", error, sizeof error);
    assert_non_null(pairs);
    assert_int_equal(pairs[1].ratio.count, 2);
    free(pairs);
    write_text(folder, "a/batches.csv", "batch,trigger_ms,end_ms,oldest_ms,events\n0,5,x,5,5\n");
    assert_null(suite_pairs_of(folder, &results, &summary, "fixed_2s", error, sizeof error));
    assert_non_null(strstr(error, "/a/batches.csv:2: not the whole numbers"));
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%c/batches.csv", folder, "fab"[i]);
        assert_int_equal(unlink(name), 0);
        snprintf(name, sizeof name, "%s/%c", folder, "fab"[i]);
        assert_int_equal(rmdir(name), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* The records as links in a folder of the test's own, where the report is written. */
static void test_everything_is_written(void **state)
{
    (void)state;
    static const char *const inputs[] = {"runs.csv", "simulated.csv", "facts.json", "runs"};
    static const char *const outputs[] = {"results.md",
                                          "summary.csv",
                                          "map-phases-waits.svg",
                                          "map-phases-time.svg",
                                          "map-phases-batches.svg",
                                          "map-phases-forecast.svg"};
    char folder[] = "/tmp/adaptivestream-test-XXXXXX", name[256], target[512];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, inputs[i]);
        snprintf(target, sizeof target, "%s/%s", RECORDS, inputs[i]);
        assert_int_equal(symlink(target, name), 0);
    }
    assert_true(suite_report_write(folder, error, sizeof error));
    for (size_t i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, outputs[i]);
        assert_int_equal(access(name, R_OK), 0);
    }
    csv_t csv;
    snprintf(name, sizeof name, "%s/summary.csv", folder);
    assert_true(csv_load(name, &csv, error, sizeof error));
    assert_int_equal(csv.rows, 3 * METRIC_COUNT);
    csv_free(&csv);
    /* Without the records of a run that counts it fails, and says which. */
    snprintf(name, sizeof name, "%s/runs", folder);
    assert_int_equal(unlink(name), 0);
    assert_false(suite_report_write(folder, error, sizeof error));
    assert_non_null(strstr(error, "runs/map-phases-fixed_2s-1-1/seconds.csv"));
    for (size_t i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, outputs[i]);
        unlink(name);
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, inputs[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_false(suite_report_write(folder, error, sizeof error));
    assert_non_null(strstr(error, "runs.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_cells),
        cmocka_unit_test(test_bad_csv_is_named),
        cmocka_unit_test(test_only_good_runs_count),
        cmocka_unit_test(test_runs_of_other_agents_are_left_out),
        cmocka_unit_test(test_medians_and_ratios_of_pairs),
        cmocka_unit_test(test_the_markdown_says_what_counts_and_what_does_not),
        cmocka_unit_test(test_batches_are_compared_one_by_one),
        cmocka_unit_test(test_everything_is_written),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
