/* Text in lines that fit. */
/* links: common */
#include "common/wrapped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_wrapped(const char *text, size_t column, size_t indent, const char *expected)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);
    assert_non_null(out);
    wrapped_print(out, text, column, indent, 12);
    fclose(out);
    assert_string_equal(written, expected);
    free(written);
}

static void lines_are_broken_between_words(void **state)
{
    (void)state;
    assert_wrapped("", 0, 0, "\n");
    assert_wrapped("twelve chars", 0, 0, "twelve chars\n");
    assert_wrapped("twelve charss", 0, 0, "twelve\ncharss\n");
    assert_wrapped("one two three four", 4, 4, "one two\n    three\n    four\n");
    assert_wrapped("one two ", 9, 2, "one\n  two\n");
    assert_wrapped("incomprehensibilities are", 0, 0, "incomprehensibilities\nare\n");
    assert_wrapped("one,two,three,four five", 0, 0, "one,two,\nthree,four\nfive\n");
}

static void only_some_newlines_count(void **state)
{
    (void)state;
    assert_wrapped("one\ntwo \nthree four", 0, 0, "one two\nthree four\n");
    assert_wrapped("one\n\ntwo", 0, 2, "one\n\n  two\n");
    assert_wrapped("one two:\n  as it is, however long\n  next\nthree four five", 0, 0,
                   "one two:\n  as it is, however long\n  next\nthree four\nfive\n");
    assert_wrapped("one\n", 0, 0, "one\n");
}

static void what_is_no_terminal_has_no_width(void **state)
{
    (void)state;
    FILE *file = fopen("/dev/null", "we");
    assert_non_null(file);
    assert_int_equal(wrapped_width(file, 100, 80), 80);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_broken_between_words),
        cmocka_unit_test(only_some_newlines_count),
        cmocka_unit_test(what_is_no_terminal_has_no_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
