/* Texts of Java's as they come through JNI. */
/* links: common */
#include "common/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_becomes(const char *modified, size_t size, const char *expected)
{
    char text[64];
    memset(text, 'x', sizeof text);
    utf8_from_modified(modified, text, size);
    assert_string_equal(text, expected);
}

static void characters_come_through(void **state)
{
    (void)state;
    assert_becomes("", 64, "");
    assert_becomes("clicks", 64, "clicks");
    assert_becomes("\xc3\xbc\xe2\x82\xac", 64, "\xc3\xbc\xe2\x82\xac");
    /* U+1F600, a smiling face, and U+10FFFF, the last character there is. */
    assert_becomes("a\xed\xa0\xbd\xed\xb8\x80"
                   "b",
                   64,
                   "a\xf0\x9f\x98\x80"
                   "b");
    assert_becomes("\xed\xaf\xbf\xed\xbf\xbf", 64, "\xf4\x8f\xbf\xbf");
}

static void what_is_no_character_is_replaced(void **state)
{
    (void)state;
    assert_becomes("a\xc0\x80"
                   "b",
                   64,
                   "a\xef\xbf\xbd"
                   "b");
    assert_becomes("\xed\xa0\xbd!", 64, "\xef\xbf\xbd!");
    assert_becomes("\xed\xb8\x80\xed\xa0\xbd", 64, "\xef\xbf\xbd\xef\xbf\xbd");
    assert_becomes("\xed\xa0\xbd\xed", 64, "\xef\xbf\xbd\xef\xbf\xbd");
    assert_becomes("\xed\xa0", 64, "\xef\xbf\xbd\xef\xbf\xbd");
    assert_becomes("\xff", 64, "\xef\xbf\xbd");
}

static void cuts_between_characters(void **state)
{
    (void)state;
    assert_becomes("abc", 3, "ab");
    assert_becomes("abc", 1, "");
    assert_becomes("ab\xed\xa0\xbd\xed\xb8\x80", 6, "ab");
    assert_becomes("ab\xed\xa0\xbd\xed\xb8\x80", 7, "ab\xf0\x9f\x98\x80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_come_through),
        cmocka_unit_test(what_is_no_character_is_replaced),
        cmocka_unit_test(cuts_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
