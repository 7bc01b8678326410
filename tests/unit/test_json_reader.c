/* The reader takes what RFC 8259 allows and nothing else, in any locale. */
/* links: common */
#include "common/json_reader.h"
#include "common/json_writer.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_reader_t json;

static bool is_json(const char *text)
{
    json_read_begin(&json, text, strlen(text));
    json_read_skip(&json);
    return json_read_end(&json);
}

static void values_are_passed_over(void **state)
{
    (void)state;
    static const char *const right[] = {
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1.5e+3",
        "1E9",
        "\"\"",
        " [ 1 , 2 ] ",
        "[[],{},[{}]]",
        "{\"a\":{\"b\":[1,{\"c\":null}]},\"\":\"\"}",
        "\"\\u0041\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\ud83d\"",
        "\t1\r\n",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };
    static const char *const wrong[] = {
        "",
        " ",
        "{",
        "[",
        "]",
        "}",
        "{]",
        "[}",
        "[1,]",
        "{\"a\":1,}",
        "[,1]",
        "[1 2]",
        "{\"a\" 1}",
        "{a:1}",
        "{1:2}",
        "{\"a\":}",
        "nul",
        "tru",
        "fals",
        "truex",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "nan",
        "1,5",
        "1 1",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "\"\\u0000\"",
        "\"\xff\"",
        "'a'",
        "1e999",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        if (!is_json(right[i])) fail_msg("refused: %s: %s", right[i], json.fault);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (is_json(wrong[i])) fail_msg("taken: %s", wrong[i]);
        assert_non_null(json.fault);
        assert_true(json_read_offset(&json) <= strlen(wrong[i]));
    }
}

static void a_nul_byte_is_no_end(void **state)
{
    (void)state;
    json_read_begin(&json, "1\0", 2);
    json_read_skip(&json);
    assert_false(json_read_end(&json));
}

static bool read_text(const char *text, char *result, size_t size)
{
    json_read_begin(&json, text, strlen(text));
    json_read_string(&json, result, size);
    return json_read_end(&json);
}

static void strings(void **state)
{
    (void)state;
    char text[16];
    assert_true(read_text("\"a\\u00e4\\ud83d\\ude00\\n\"", text, sizeof text));
    assert_string_equal(text, "a\xc3\xa4\xf0\x9f\x98\x80\n");
    assert_true(read_text("\"\xe2\x82\xac\"", text, sizeof text));
    assert_string_equal(text, "\xe2\x82\xac");
    static const char *const halves[] = {"\"\\ud83dx\"", "\"\\ude00x\"", "\"\\ud83d\\u0041\""};
    static const char *const kept[] = {"\xef\xbf\xbdx", "\xef\xbf\xbdx",
                                       "\xef\xbf\xbd"
                                       "A"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(read_text(halves[i], text, sizeof text));
        assert_string_equal(text, kept[i]);
    }
    assert_true(read_text("\"123\"", text, 4));
    assert_string_equal(text, "123");
    memset(text, 'x', sizeof text);
    assert_false(read_text("\"1234\"", text, 4));
    assert_int_equal(text[4], 'x');
    assert_false(read_text("\"12\xe2\x82\xac\"", text, 4));
    assert_false(read_text("12", text, sizeof text));
}

static double number(const char *text)
{
    double value = -77;
    json_read_begin(&json, text, strlen(text));
    json_read_number(&json, &value);
    return json_read_end(&json) ? value : -77;
}

static void numbers(void **state)
{
    (void)state;
    assert_true(number("0.1") == 0.1 && number("-12.625") == -12.625 && number("1e3") == 1000);
    assert_true(number("123456789012345") == 123456789012345.0);
    assert_true(number("0.30000000000000004") == 0.1 + 0.2);
    assert_true(number("1.7976931348623157e308") == DBL_MAX);
    assert_true(isnan(number("null")));
    assert_true(number("1e309") == -77 && number("x") == -77 && number("\"1\"") == -77);
    /* Whatever way a number is read, it is what strtod() says. */
    char text[64];
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "%.*f", i % 12, (double)(i * 7919 % 1000003) / (double)(1 + i % 977));
        if (number(text) != strtod(text, NULL)) fail_msg("%s", text);
    }
}

static void numbers_know_no_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    for (size_t i = 0; i < 3; i++) {
        if (setlocale(LC_NUMERIC, names[i]) == NULL) continue;
        assert_true(number("1.5") == 1.5 && number("1.25000000000000000001e2") == 125 &&
                    number("1,5") == -77);
        setlocale(LC_NUMERIC, "C");
        return;
    }
    skip();
}

static void integers(void **state)
{
    (void)state;
    int64_t value;
    static const char *const wrong[] = {"1.5", "1e3", "9223372036854775808",       "null", "\"1\"",
                                        "",    "-",   "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_read_begin(&json, wrong[i], strlen(wrong[i]));
        assert_false(json_read_integer(&json, &value));
    }
    json_read_begin(&json, "-9223372036854775808", 20);
    assert_true(json_read_integer(&json, &value) && value == INT64_MIN);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    char text[256], key[8], word[8];
    json_writer_t writer;
    json_write_begin(&writer, text, sizeof text);
    json_write_open_array(&writer, "a");
    json_write_integer(&writer, NULL, 1);
    json_write_open_object(&writer, NULL);
    json_write_string(&writer, "b", "[{");
    json_write_null(&writer, "n");
    json_write_close_object(&writer);
    json_write_open_array(&writer, NULL);
    json_write_close_array(&writer);
    json_write_number(&writer, NULL, 2.5, 3);
    json_write_close_array(&writer);
    json_write_boolean(&writer, "too_long_for_it", true);
    assert_true(json_write_end(&writer));
    assert_string_equal(text, "{\"a\":[1,{\"b\":\"[{\",\"n\":null},[],2.5],\"too_long_for_it\":true}");

    int64_t one;
    double number_read;
    json_read_begin(&json, text, writer.length);
    assert_true(json_read_object(&json) && json_read_member(&json, key, sizeof key));
    assert_string_equal(key, "a");
    assert_true(json_read_array(&json) && json_read_element(&json) && json_read_integer(&json, &one));
    assert_true(json_read_element(&json) && json_read_object(&json) &&
                json_read_member(&json, key, sizeof key));
    assert_true(json_read_string(&json, word, sizeof word));
    assert_string_equal(word, "[{");
    assert_true(json_read_member(&json, key, sizeof key) && json_read_kind(&json) == JSON_KIND_NULL &&
                json_read_skip(&json));
    assert_false(json_read_member(&json, key, sizeof key));
    assert_true(json_read_element(&json) && json_read_array(&json));
    assert_false(json_read_element(&json));
    assert_true(json_read_element(&json) && json_read_number(&json, &number_read) && number_read == 2.5);
    assert_false(json_read_element(&json));
    assert_true(json_read_member(&json, key, sizeof key));
    assert_string_equal(key, "");
    bool yes;
    assert_true(json_read_boolean(&json, &yes) && yes);
    assert_false(json_read_member(&json, key, sizeof key));
    assert_true(json_read_end(&json));
}

static void the_first_fault_stays(void **state)
{
    (void)state;
    char text[8];
    double value = 5;
    json_read_begin(&json, "[1,x,2]", 7);
    assert_true(json_read_array(&json) && json_read_element(&json) && json_read_skip(&json) &&
                json_read_element(&json));
    assert_false(json_read_string(&json, text, sizeof text));
    assert_string_equal(json.fault, "a string is expected");
    assert_false(json_read_number(&json, &value) || json_read_element(&json) || json_read_skip(&json) ||
                 json_read_end(&json));
    assert_string_equal(json.fault, "a string is expected");
    assert_int_equal(json_read_offset(&json), 3);
    assert_true(value == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_passed_over),
        cmocka_unit_test(a_nul_byte_is_no_end),
        cmocka_unit_test(strings),
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_know_no_locale),
        cmocka_unit_test(integers),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_first_fault_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
