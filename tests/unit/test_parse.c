/* Numbers, durations and near names as people type them. */
/* links: common */
#include "common/parse.h"

#include <langinfo.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

static const int64_t untouched = -77;

static void test_integers(void **state)
{
    (void)state;
    int64_t value;
    assert_true(parse_integer("0", &value) && value == 0);
    assert_true(parse_integer("-12", &value) && value == -12);
    assert_true(parse_integer("+007", &value) && value == 7);
    assert_true(parse_integer("9223372036854775807", &value) && value == INT64_MAX);
    assert_true(parse_integer("-9223372036854775808", &value) && value == INT64_MIN);

    static const char *const wrong[] = {"",     "-",   "+",   " 1",  "1 ",  "1.0",
                                        "0x10", "1e3", "--1", "1\n", "one", "9223372036854775808"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        value = untouched;
        assert_false(parse_integer(wrong[i], &value));
        assert_int_equal(value, untouched);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } right[] = {
        {"2", 2},       {"0.5", 0.5},
        {".5", 0.5},    {"5.", 5},
        {"1e3", 1000},  {"-2.5E-1", -0.25},
        {"+1e+2", 100}, {"0.1", 0.1},
        {"1e-400", 0},  {"123456789.123456789", 123456789.123456789},
    };
    double value;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_true(parse_number(right[i].text, &value));
        assert_true(value == right[i].value);
    }
    static const char *const wrong[] = {"",      ".",   "e5", "1e", "1e+",  "nan",   "inf", "-infinity",
                                        "0x1p3", "1,5", " 1", "1 ", "1..2", "1e999", "1f",  "--1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        value = -77;
        assert_false(parse_number(wrong[i], &value));
        assert_true(value == -77);
    }
    char digits[300];
    memset(digits, '1', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    assert_false(parse_number(digits, &value));
}

/* A JVM takes over the user's locale. One with a decimal comma is seldom installed, so it is made here. */
static bool use_comma_locale(const char *folder)
{
    char command[256];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    if (system(command) != 0 || setenv("LOCPATH", folder, 1) != 0) return false;
    return setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL && strcmp(nl_langinfo(RADIXCHAR), ",") == 0;
}

static void test_locale_does_not_matter(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_parse_XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    bool ready = use_comma_locale(folder);
    double value = 0;
    int64_t value_ns = 0;
    bool point = parse_number("0.5", &value) && value == 0.5;
    bool comma = parse_number("0,5", &value);
    bool duration = parse_duration_ns("1.5s", &value_ns) && value_ns == 1500000000;
    setlocale(LC_NUMERIC, "C");
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (!ready) skip(); /* no localedef, or no source of the locale */
    assert_true(point);
    assert_false(comma);
    assert_true(duration);
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } right[] = {
        {"0", 0},
        {"0s", 0},
        {"500ms", 500000000},
        {"2s", 2000000000},
        {"2 seconds", 2000000000},
        {"1 second", 1000000000},
        {"500 milliseconds", 500000000},
        {"1 minute", 60000000000},
        {"24h", 86400000000000},
        {"10 hours", 36000000000000},
        {"1.5s", 1500000000},
        {"0.1s", 100000000},
        {"1e3ms", 1000000000},
        {"7us", 7000},
        {"9007199254740993ns", 9007199254740993}, /* 2^53 + 1: no double holds it */
        {"4611686018427387904ns", INT64_C(1) << 62},
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        int64_t value_ns = untouched;
        assert_true(parse_duration_ns(right[i].text, &value_ns));
        assert_int_equal(value_ns, right[i].ns);
    }
    static const char *const wrong[] = {"",           "2",        "-1s",
                                        "-0s",        "s",        "2 s",
                                        "2  seconds", "2seconds", "2 secondss",
                                        "2 seconds ", "1s1",      "0x2s",
                                        "nans",       "1d",       "4611686018427387905ns",
                                        "5000000h",   "1e30s",    "99999999999999999999s",
                                        "2S",         "0.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t value_ns = untouched;
        assert_false(parse_duration_ns(wrong[i], &value_ns));
        assert_int_equal(value_ns, untouched);
    }
}

static void test_durations_round_trip(void **state)
{
    (void)state;
    static const int64_t values_ns[] = {
        0,           1,           999,           1000,      1500000000,       2000000000,
        60000000000, 90000000000, 3600000000000, 123456789, INT64_C(1) << 62, (INT64_C(1) << 62) - 1};
    for (size_t i = 0; i < sizeof values_ns / sizeof values_ns[0]; i++) {
        char text[32];
        int64_t back_ns = untouched;
        assert_true(parse_duration_ns(format_duration_ns(values_ns[i], text, sizeof text), &back_ns));
        assert_int_equal(back_ns, values_ns[i]);
    }
    char text[32];
    assert_string_equal(format_duration_ns(2000000000, text, sizeof text), "2s");
    assert_string_equal(format_duration_ns(1500000000, text, sizeof text), "1500ms");
    assert_string_equal(format_duration_ns(7200000000000, text, sizeof text), "2h");
    assert_string_equal(format_duration_ns(0, text, sizeof text), "0s");
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes;
    } right[] = {{"0", 0},           {"1B", 1},           {"64KB", 65536},          {"64kb", 65536},
                 {"1.5MB", 1572864}, {"1GB", 1073741824}, {"1TB", INT64_C(1) << 40}};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        int64_t bytes = untouched;
        assert_true(parse_size_bytes(right[i].text, &bytes));
        assert_int_equal(bytes, right[i].bytes);
    }
    static const char *const wrong[] = {"",     "64",   "MB", "-1MB",         "1 MB",
                                        "1MiB", "1MBs", "1m", "9999999999TB", "nanMB"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t bytes = untouched;
        assert_false(parse_size_bytes(wrong[i], &bytes));
        assert_int_equal(bytes, untouched);
    }
}

static void test_nearest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"goal", "budget", "min_interval", "max_interval", "run"};
    const size_t count = sizeof names / sizeof names[0];
    assert_string_equal(nearest_name("gaol", names, count), "goal");
    assert_string_equal(nearest_name("budgt", names, count), "budget");
    assert_string_equal(nearest_name("Budget", names, count), "budget");
    assert_string_equal(nearest_name("max_intervall", names, count), "max_interval");
    assert_string_equal(nearest_name("min_interval", names, count), "min_interval");
    assert_string_equal(nearest_name("rnu", names, count), "run");
    assert_null(nearest_name("zebra", names, count));
    assert_null(nearest_name("", names, count));
    assert_null(nearest_name("x", names, 0));
    char long_word[200];
    memset(long_word, 'a', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    assert_null(nearest_name(long_word, names, count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_locale_does_not_matter),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_durations_round_trip),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_nearest_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
