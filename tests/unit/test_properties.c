/* The file of Kafka properties. */
/* links: common */
#include "common/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

#include "temporary_file.h"

static void write_file(const char *content, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static properties_t load(const char *content)
{
    properties_t properties;
    char error[256] = "";
    write_file(content, strlen(content));
    if (!properties_load(path, &properties, error, sizeof error)) fail_msg("%s", error);
    return properties;
}

static void check(const property_t *property, const char *key, const char *value, size_t line)
{
    assert_string_equal(property->key, key);
    assert_string_equal(property->value, value);
    assert_int_equal(property->line, line);
}

static void test_lines(void **state)
{
    (void)state;
    properties_t properties = load("# comment = no\n"
                                   "security.protocol=SASL_SSL\n"
                                   "\n"
                                   "  \t# another\r\n"
                                   "\t sasl.username =  alice \r\n"
                                   "sasl.password=p#ss=word 1\n"
                                   "client.id=\n"
                                   "linger.ms=1\n"
                                   "linger.ms=2");
    assert_int_equal(properties.count, 6);
    check(&properties.items[0], "security.protocol", "SASL_SSL", 2);
    check(&properties.items[1], "sasl.username", "alice", 5);
    check(&properties.items[2], "sasl.password", "p#ss=word 1", 6);
    check(&properties.items[3], "client.id", "", 7);
    assert_string_equal(properties_find(&properties, "linger.ms"), "2");
    assert_null(properties_find(&properties, "linger"));
    properties_free(&properties);
    assert_int_equal(properties.count, 0);
}

static void test_files_without_properties(void **state)
{
    (void)state;
    static const char *const contents[] = {"", "\n", "\r\n\r\n", "#", "# x=y", "   "};
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        properties_t properties = load(contents[i]);
        assert_int_equal(properties.count, 0);
        properties_free(&properties);
    }
}

/* The refusal names the file and has this text, and never shows the line. */
static void check_refused(const char *content, size_t size, const char *mentions)
{
    properties_t properties;
    char error[256] = "";
    write_file(content, size);
    assert_false(properties_load(path, &properties, error, sizeof error));
    assert_null(properties.items);
    assert_null(properties.text);
    if (strncmp(error, path, strlen(path)) != 0 || strstr(error, mentions) == NULL) fail_msg("%s", error);
    assert_null(strstr(error, "hunter2"));
}

static void test_mistakes(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a=1\nhunter2\n", "a=1\n=hunter2\n"};
    for (size_t i = 0; i < 2; i++)
        check_refused(wrong[i], strlen(wrong[i]), ":2: not key=value");
    check_refused("a=1\nb=2\0hunter2\n", 15, ":2: a zero byte");

    static char many[6 * (PROPERTIES_MAXIMUM + 1)], large[PROPERTIES_SIZE_MAXIMUM + 1];
    for (int i = 0; i <= PROPERTIES_MAXIMUM; i++)
        memcpy(many + 4 * i, "a=1\n", 4);
    check_refused(many, 4 * (PROPERTIES_MAXIMUM + 1), ":1025: too many");
    memset(large, '\n', sizeof large);
    check_refused(large, sizeof large, "longer than");

    properties_t properties;
    char error[256] = "";
    assert_false(properties_load("/nonexistent/file", &properties, error, sizeof error));
    assert_non_null(strstr(error, "/nonexistent/file: cannot be read: No such file"));
    assert_false(properties_load("/", &properties, error, sizeof error));
    assert_non_null(strstr(error, "/: cannot be read: Is a directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_files_without_properties),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
