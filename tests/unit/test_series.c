/* Series of rates: from a file, a shape, a trace. */
/* links: traffic common */
#include "traffic/series.h"

#include "near.h"
#include "temporary_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { ERROR_SIZE = 512 };

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_file(void **state)
{
    (void)state;
    char error[ERROR_SIZE] = "";
    series_set_t set = {0};
    write_file("1,2.5,1e3\r\n7\n0,0");
    assert_true(series_load(path, &set, error, sizeof error));
    assert_int_equal(set.count, 3);
    assert_int_equal(set.items[0].count, 3);
    assert_true(set.items[0].rates_per_s[1] == 2.5 && set.items[0].rates_per_s[2] == 1000);
    assert_int_equal(set.items[1].count, 1);
    assert_int_equal(set.items[2].count, 2);
    /* A second file is added. */
    assert_true(series_load(path, &set, error, sizeof error));
    assert_int_equal(set.count, 6);
    series_set_free(&set);
    assert_int_equal(set.count, 0);
}

static void test_wrong_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ":1: the file is empty"},      {"1,2\n3,x\n", ":2: 'x' is not a rate"},
        {"1,,2\n", ":1: '' is not a rate"}, {"1,2\n\n3\n", ":2: '' is not"},
        {"-1\n", ":1: '-1' is not a rate"}, {"nan\n", ":1: 'nan' is not"},
        {"1e13\n", "0 to 1e+12"},           {"count\n1\n", ":1: 'count' is not"},
        {"1,2,\n", ":1: '' is not a rate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[ERROR_SIZE] = "";
        series_set_t set = {0};
        write_file(cases[i].text);
        assert_false(series_load(path, &set, error, sizeof error));
        series_set_free(&set);
        if (strncmp(error, path, strlen(path)) != 0 || !strstr(error, cases[i].expected))
            fail_msg("'%s' lacks '%s'", error, cases[i].expected);
    }
    char error[ERROR_SIZE], digits[200];
    series_set_t set = {0};
    memset(digits, '1', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    write_file(digits);
    assert_false(series_load(path, &set, error, sizeof error));
    assert_non_null(strstr(error, "longer than"));
    assert_false(series_load("/nonexistent/series", &set, error, sizeof error));
    assert_non_null(strstr(error, "No such file"));
}

static void test_shape_and_trace(void **state)
{
    (void)state;
    char error[ERROR_SIZE];
    series_set_t set = {0};
    shape_t shape = {.kind = SHAPE_MIXED, .baseline_per_s = 100};
    assert_true(series_add_shape(&set, &shape, 3, 50));
    double expected[50];
    shape_series(&shape, 3, expected, 50);
    assert_memory_equal(set.items[0].rates_per_s, expected, sizeof expected);

    trace_t trace;
    write_file("count\n1\n2\n3\n4\n10\n");
    assert_true(trace_load(path, 500000000, &trace, error, sizeof error));
    assert_true(series_add_trace(&set, &trace));
    trace_free(&trace);
    assert_int_equal(set.items[1].count, 2); /* the half second at the end is left out */
    assert_near(set.items[1].rates_per_s[0], 3, 1e-9);
    assert_near(set.items[1].rates_per_s[1], 7, 1e-9);

    assert_true(trace_load(path, INT64_C(2000000000), &trace, error, sizeof error));
    assert_true(series_add_trace(&set, &trace));
    trace_free(&trace);
    assert_int_equal(set.items[2].count, 10);
    assert_near(set.items[2].rates_per_s[0], 0.5, 1e-9);
    assert_near(set.items[2].rates_per_s[9], 5, 1e-9);

    assert_true(trace_load(path, 100000000, &trace, error, sizeof error));
    assert_false(series_add_trace(&set, &trace));
    trace_free(&trace);
    series_set_free(&set);
}

/* Tenths of a second are no binary fractions; even so nothing of a bin gets into the seconds beside its own. */
static void test_trace_keeps_seconds_apart(void **state)
{
    (void)state;
    enum { SECONDS = 40, BINS = 10 };
    char error[ERROR_SIZE], text[SECONDS * BINS * 2 + 8] = "count\n";
    size_t used = strlen(text);
    for (int i = 0; i < SECONDS * BINS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d\n", i / BINS % 2);
    write_file(text);
    trace_t trace;
    series_set_t set = {0};
    assert_true(trace_load(path, 100000000, &trace, error, sizeof error));
    assert_true(series_add_trace(&set, &trace));
    assert_int_equal(set.items[0].count, SECONDS);
    for (int s = 0; s < SECONDS; s++)
        assert_true(set.items[0].rates_per_s[s] == s % 2 * BINS);
    trace_free(&trace);
    series_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_shape_and_trace),
        cmocka_unit_test(test_trace_keeps_seconds_apart),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
