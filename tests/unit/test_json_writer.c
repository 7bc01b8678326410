/* The JSON writer: escapes, odd bytes, numbers in any locale, full buffers. */
/* links: common */
#include "common/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <float.h>
#include <locale.h>
#include <math.h>

static char buffer[2048];

static const char *with_string(const char *value)
{
    json_writer_t json;
    json_write_begin(&json, buffer, sizeof buffer);
    json_write_string(&json, "s", value);
    assert_true(json_write_end(&json));
    assert_int_equal(json.length, strlen(buffer));
    return buffer;
}

static const char *with_number(double value, int digits)
{
    json_writer_t json;
    json_write_begin(&json, buffer, sizeof buffer);
    json_write_number(&json, "n", value, digits);
    assert_true(json_write_end(&json));
    return buffer;
}

static void writes_an_object(void **state)
{
    (void)state;
    json_writer_t json;
    json_write_begin(&json, buffer, sizeof buffer);
    json_write_string(&json, "query", "orders");
    json_write_integer(&json, "events", -12);
    json_write_integer(&json, "least", INT64_MIN);
    json_write_number(&json, "wait_s", 0.25, 3);
    json_write_boolean(&json, "fire", true);
    json_write_boolean(&json, "late", false);
    assert_true(json_write_end(&json));
    assert_string_equal(buffer, "{\"query\":\"orders\",\"events\":-12,\"least\":-9223372036854775808,"
                                "\"wait_s\":0.25,\"fire\":true,\"late\":false}");
    json_write_begin(&json, buffer, sizeof buffer);
    assert_true(json_write_end(&json));
    assert_string_equal(buffer, "{}");
}

static void escapes_strings(void **state)
{
    (void)state;
    assert_string_equal(with_string(""), "{\"s\":\"\"}");
    assert_string_equal(with_string("a\"b\\c/\n\t\x01\x7f"),
                        "{\"s\":\"a\\\"b\\\\c/\\n\\u0009\\u0001\\u007f\"}");
    assert_string_equal(with_string("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\x8e"),
                        "{\"s\":\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\x8e\"}");
}

#define REPLACED "\xef\xbf\xbd"

static void replaces_what_is_not_utf8(void **state)
{
    (void)state;
    assert_string_equal(with_string("\xff"), "{\"s\":\"" REPLACED "\"}");
    assert_string_equal(with_string("a\xc3"), "{\"s\":\"a" REPLACED "\"}"); /* ends within a character */
    assert_string_equal(with_string("\xe2\x82z"), "{\"s\":\"" REPLACED REPLACED "z\"}");
    assert_string_equal(with_string("\xc0\xaf"), "{\"s\":\"" REPLACED REPLACED "\"}"); /* overlong */
    assert_string_equal(with_string("\xed\xa0\x80"),
                        "{\"s\":\"" REPLACED REPLACED REPLACED "\"}"); /* surrogate */
    assert_string_equal(with_string("\xf4\x90\x80\x80"),
                        "{\"s\":\"" REPLACED REPLACED REPLACED REPLACED "\"}");
}

static void writes_numbers(void **state)
{
    (void)state;
    assert_string_equal(with_number(1.5, 3), "{\"n\":1.5}");
    assert_string_equal(with_number(100, 3), "{\"n\":100}");
    assert_string_equal(with_number(100, 0), "{\"n\":100}");
    assert_string_equal(with_number(0.0004, 3), "{\"n\":0}");
    assert_string_equal(with_number(-0.0004, 3), "{\"n\":0}");
    assert_string_equal(with_number(-2.0625, 9), "{\"n\":-2.0625}");
    assert_string_equal(with_number(2.0 / 3, 99), "{\"n\":0.666666667}");
    assert_string_equal(with_number(2.4, -1), "{\"n\":2}");
    assert_string_equal(with_number(NAN, 3), "{\"n\":null}");
    assert_string_equal(with_number(-INFINITY, 3), "{\"n\":null}");
    assert_int_equal(strlen(with_number(DBL_MAX, 9)), 309 + strlen("{\"n\":}"));
}

static void exact_numbers_read_back_alike(void **state)
{
    (void)state;
    const double values[] = {0.1, 1.0 / 3, 1e300, 5e-324, DBL_MAX, -123456789.123456789, 0, 1};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        json_writer_t json;
        json_write_begin(&json, buffer, sizeof buffer);
        json_write_exact(&json, "x", values[i]);
        assert_true(json_write_end(&json));
        double back = strtod(buffer + strlen("{\"x\":"), NULL);
        assert_memory_equal(&back, &values[i], sizeof back);
    }
    json_writer_t json;
    json_write_begin(&json, buffer, sizeof buffer);
    json_write_exact(&json, "x", NAN);
    assert_true(json_write_end(&json));
    assert_string_equal(buffer, "{\"x\":null}");
}

/* The JVM takes over the user's locale. One with a decimal comma is built here: few machines have it ready.
 * / */
static void knows_no_locale(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_json_XXXXXX", command[160];
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/output 2>&1", folder,
             folder);
    bool ready =
        system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    if (ready) {
        char comma[16];
        snprintf(comma, sizeof comma, "%.1f", 0.5);
        assert_string_equal(comma, "0,5");
        assert_string_equal(with_number(1234567.5, 2), "{\"n\":1234567.5}");
        json_writer_t json;
        json_write_begin(&json, buffer, sizeof buffer);
        json_write_exact(&json, "x", 0x1.8p-1000);
        assert_true(json_write_end(&json));
        assert_string_equal(buffer, "{\"x\":1.3998954277548283e-301}");
    }
    setlocale(LC_ALL, "C");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (!ready) skip(); /* no localedef, or no source of the locale */
}

/* For every size: either the whole object fits, or json_write_end() says so and nothing beyond the size was
 * touched. */
static void full_buffers_are_reported(void **state)
{
    (void)state;
    const char *const whole = "{\"a\":\"x\\ny\",\"b\":-7,\"c\":0.5,\"d\":true}";
    for (size_t size = 0; size <= strlen(whole) + 3; size++) {
        char *text = malloc(size + 1);
        assert_non_null(text);
        text[size] = '#';
        json_writer_t json;
        json_write_begin(&json, text, size);
        json_write_string(&json, "a", "x\ny");
        json_write_integer(&json, "b", -7);
        json_write_number(&json, "c", 0.5, 6);
        json_write_boolean(&json, "d", true);
        bool fits = json_write_end(&json);
        assert_int_equal(fits, size >= strlen(whole) + 1);
        if (fits) assert_string_equal(text, whole);
        if (fits) assert_int_equal(json.length, strlen(whole));
        assert_int_equal(text[size], '#');
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_an_object),
        cmocka_unit_test(escapes_strings),
        cmocka_unit_test(replaces_what_is_not_utf8),
        cmocka_unit_test(writes_numbers),
        cmocka_unit_test(exact_numbers_read_back_alike),
        cmocka_unit_test(knows_no_locale),
        cmocka_unit_test(full_buffers_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
