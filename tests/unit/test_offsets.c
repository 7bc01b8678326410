/* The sum of Kafka's offsets, from the text Spark keeps them in. */
/* links: offsets */
#include "agent/offsets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

static void expect_total(const char *text, int64_t expected)
{
    int64_t total = -1;
    if (!offsets_total(text, strlen(text), &total)) fail_msg("refused: %s", text);
    assert_int_equal(total, expected);
}

static void expect_refused(const char *text, size_t size)
{
    int64_t total = -77;
    if (offsets_total(text, size, &total)) fail_msg("taken: %.*s", (int)size, text);
    assert_int_equal(total, -77);
}

static void test_sums(void **state)
{
    (void)state;
    expect_total("{}", 0);
    expect_total("{\"t\":{}}", 0);
    expect_total("{\"t\":{\"0\":0}}", 0);
    expect_total("{\"adaptive-stream\":{\"1\":5,\"0\":12}}", 17);
    expect_total("{\"a\":{\"0\":1,\"11\":2},\"b.c_d\":{\"0\":40}}", 43);
    expect_total(" {\t\"a\" : { \"0\" : 1 , \"1\" : 2 } ,\r\n\"b\" : { } } ", 3);
    expect_total("{\"quote \\\" brace } \\u00e9 \\\\\":{\"0\":9}}", 9);
    expect_total("{\"a\":{\"0\":4611686018427387904}}", INT64_C(1) << 62);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        " ",
        "null",
        "[]",
        "5",
        "{",
        "{}}",
        "{} {}",
        "{\"t\"}",
        "{\"t\":}",
        "{\"t\":5}",
        "{\"t\":{\"0\":5}",
        "{\"t\":{\"0\":5}},",
        "{\"t\":{\"0\":5},}",
        "{\"t\":{\"0\":5,}}",
        "{\"t\":{\"0\":-1}}",
        "{\"t\":{\"0\":+1}}",
        "{\"t\":{\"0\":1.5}}",
        "{\"t\":{\"0\":1e3}}",
        "{\"t\":{\"0\":01}}",
        "{\"t\":{\"0\":\"1\"}}",
        "{\"t\":{\"0\":null}}",
        "{\"t\":{\"0\":}}",
        "{\"t\":{0:1}}",
        "{\"t\":{\"\":1}}",
        "{\"t\":{\"x\":1}}",
        "{\"t\":{\"-1\":1}}",
        "{t:{\"0\":1}}",
        "{\"line\nbreak\":{\"0\":1}}",
        "{\"t\\",
        "{\"t\":{\"0\":4611686018427387905}}",
        "{\"t\":{\"0\":4611686018427387904,\"1\":1}}",
        "{\"t\":{\"0\":99999999999999999999999999}}",
        /* the file source's and the rate source's */
        "{\"logOffset\":3}",
        "42",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_refused(wrong[i], strlen(wrong[i]));
}

static void test_every_truncation(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":{\"0\":12,\"1\":5},\"b\":{\"0\":7}}";
    for (size_t size = 0; size < sizeof text - 1; size++)
        expect_refused(text, size);
    expect_total(text, 24);
}

static void test_size_rules_not_the_terminator(void **state)
{
    (void)state;
    static const char text[] = {'{', '}', '\0'};
    expect_refused(text, sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_size_rules_not_the_terminator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
