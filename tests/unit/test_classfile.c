/* The class rewriter on hand-made classes; real ones are in tests/jvm, hostile ones in tests/fuzz. */
/* links: classfile */
#include "agent/classfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    IMAGE_SIZE = 4096,
    ACC_STATIC = 0x0008,
    ACC_NATIVE = 0x0100,
    ACC_INTERFACE = 0x0200,
    ACC_ABSTRACT = 0x0400
};

/* Entries of the constant pool every image here starts with. */
enum {
    THIS_NAME = 1,
    THIS_CLASS,
    FIELD_NAME,
    LONG_TYPE,
    METHOD_NAME,
    METHOD_TYPE,
    CODE,
    OTHER,
    LONG,
    POOL_SIZE = 11
};

typedef struct {
    uint8_t bytes[IMAGE_SIZE];
    size_t size;
} image_t;

static const classfile_target_t target = {
    .class_name = "a/Executor",
    .method_name = "intervalMs",
    .method_descriptor = "()J",
    .field_name = "intervalMs",
    .field_descriptor = "J",
};

static void put1(image_t *image, unsigned value)
{
    image->bytes[image->size++] = (uint8_t)value;
}

static void put2(image_t *image, unsigned value)
{
    put1(image, value >> 8 & 0xff);
    put1(image, value & 0xff);
}

static void put4(image_t *image, uint32_t value)
{
    put2(image, value >> 16);
    put2(image, value & 0xffff);
}

static void put_text(image_t *image, const char *text)
{
    put1(image, 1);
    put2(image, (unsigned)strlen(text));
    memcpy(image->bytes + image->size, text, strlen(text));
    image->size += strlen(text);
}

static void put_attribute(image_t *image, unsigned name, uint32_t length)
{
    put2(image, name);
    put4(image, length);
    for (uint32_t i = 0; i < length; i++)
        put1(image, 0xA0 + i);
}

static void put_member(image_t *image, unsigned flags, unsigned name, unsigned type, unsigned attributes)
{
    put2(image, flags);
    put2(image, name);
    put2(image, type);
    put2(image, attributes);
}

/* Everything up to and including the constant pool. `extra` texts may follow the usual entries. */
static void put_start(image_t *image, unsigned extra)
{
    image->size = 0;
    put4(image, 0xCAFEBABE);
    put4(image, 61);
    put2(image, POOL_SIZE + extra);
    put_text(image, "a/Executor");
    put1(image, 7);
    put2(image, THIS_NAME);
    put_text(image, "intervalMs");
    put_text(image, "J");
    put_text(image, "intervalMs"); /* a second copy of a text is legal */
    put_text(image, "()J");
    put_text(image, "Code");
    put_text(image, "Deprecated");
    put1(image, 5); /* a long takes two entries */
    put4(image, 1);
    put4(image, 2);
}

static void put_header(image_t *image, unsigned class_flags)
{
    put_start(image, 0);
    put2(image, class_flags);
    put2(image, THIS_CLASS);
    put2(image, THIS_CLASS);
    put2(image, 1); /* interfaces */
    put2(image, THIS_CLASS);
}

static void put_field(image_t *image, unsigned flags)
{
    put2(image, 1);
    put_member(image, flags, FIELD_NAME, LONG_TYPE, 1);
    put_attribute(image, OTHER, 0);
}

/* Two methods; the second is the wanted one, its Code between two other attributes. */
static void put_methods(image_t *image, unsigned flags)
{
    put2(image, 2);
    put_member(image, 1, OTHER, METHOD_TYPE, 1);
    put_attribute(image, CODE, 5);
    put_member(image, flags, METHOD_NAME, METHOD_TYPE, 3);
    put_attribute(image, OTHER, 2);
    put_attribute(image, CODE, 30);
    put_attribute(image, OTHER, 3);
}

static void put_end(image_t *image)
{
    put2(image, 1);
    put_attribute(image, OTHER, 4);
}

static void put_usual(image_t *image)
{
    put_header(image, 0x21);
    put_field(image, 0x12);
    put_methods(image, 0x12);
    put_end(image);
}

/* Both buffers are exactly as long as promised, so that a sanitizer sees every byte too far. */
static classfile_result_t rewrite(const image_t *from, const classfile_target_t *wanted, image_t *to)
{
    uint8_t *input = malloc(from->size + 1), *output = malloc(from->size + 1);
    assert_true(input != NULL && output != NULL);
    memcpy(input + 1, from->bytes, from->size);
    classfile_result_t result = classfile_make_native(input + 1, from->size, wanted, output + 1, &to->size);
    if (result == CLASSFILE_REWRITTEN) memcpy(to->bytes, output + 1, to->size);
    free(input);
    free(output);
    return result;
}

static void rewrites_exactly_one_method(void **state)
{
    (void)state;
    image_t original, output, expected;
    put_usual(&original);
    put_header(&expected, 0x21);
    put_field(&expected, 0x12);
    put2(&expected, 2);
    put_member(&expected, 1, OTHER, METHOD_TYPE, 1);
    put_attribute(&expected, CODE, 5);
    put_member(&expected, 0x12 | ACC_NATIVE, METHOD_NAME, METHOD_TYPE, 2);
    put_attribute(&expected, OTHER, 2);
    put_attribute(&expected, OTHER, 3);
    put_end(&expected);

    assert_int_equal(rewrite(&original, &target, &output), CLASSFILE_REWRITTEN);
    assert_int_equal(output.size, expected.size);
    assert_memory_equal(output.bytes, expected.bytes, expected.size);
}

static void leaves_its_own_work_alone(void **state)
{
    (void)state;
    image_t original, once, twice;
    put_usual(&original);
    assert_int_equal(rewrite(&original, &target, &once), CLASSFILE_REWRITTEN);
    twice.size = 12345;
    assert_int_equal(rewrite(&once, &target, &twice), CLASSFILE_ALREADY_NATIVE);
    assert_int_equal(twice.size, 12345);
}

static void needs_no_field_where_none_is_asked(void **state)
{
    (void)state;
    image_t image, output;
    put_header(&image, 0x21);
    put2(&image, 0);
    put_methods(&image, 1);
    put_end(&image);
    classfile_target_t without = target;
    without.field_name = without.field_descriptor = NULL;
    assert_int_equal(rewrite(&image, &without, &output), CLASSFILE_REWRITTEN);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_NO_FIELD);
}

static void needs_an_instance_field(void **state)
{
    (void)state;
    image_t image, output;
    put_header(&image, 0x21);
    put_field(&image, ACC_STATIC);
    put_methods(&image, 1);
    put_end(&image);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_NO_FIELD);
}

static void names_what_differs(void **state)
{
    (void)state;
    image_t image, output;
    put_usual(&image);
    classfile_target_t other = target;
    other.class_name = "a/Executo";
    assert_int_equal(rewrite(&image, &other, &output), CLASSFILE_OTHER_CLASS);
    other = target;
    other.field_descriptor = "I";
    assert_int_equal(rewrite(&image, &other, &output), CLASSFILE_NO_FIELD);
    other = target;
    other.method_descriptor = "(J)J";
    assert_int_equal(rewrite(&image, &other, &output), CLASSFILE_NO_METHOD);
    other = target;
    other.method_name = "interval";
    assert_int_equal(rewrite(&image, &other, &output), CLASSFILE_NO_METHOD);
}

static classfile_result_t rewrite_with_flags(unsigned class_flags, unsigned method_flags)
{
    image_t image, output;
    put_header(&image, class_flags);
    put_field(&image, 0x12);
    put_methods(&image, method_flags);
    put_end(&image);
    return rewrite(&image, &target, &output);
}

static void refuses_methods_of_another_kind(void **state)
{
    (void)state;
    assert_int_equal(rewrite_with_flags(0x21, 1), CLASSFILE_REWRITTEN);
    assert_int_equal(rewrite_with_flags(0x21, ACC_STATIC), CLASSFILE_NO_METHOD);
    assert_int_equal(rewrite_with_flags(0x21, ACC_ABSTRACT), CLASSFILE_NO_METHOD);
    assert_int_equal(rewrite_with_flags(0x21, ACC_NATIVE), CLASSFILE_MALFORMED); /* native, yet with Code */
    assert_int_equal(rewrite_with_flags(0x21 | ACC_INTERFACE, 1), CLASSFILE_NO_METHOD);
}

static void refuses_a_method_without_code(void **state)
{
    (void)state;
    image_t image, output;
    put_header(&image, 0x21);
    put_field(&image, 0x12);
    put2(&image, 1);
    put_member(&image, 1, METHOD_NAME, METHOD_TYPE, 1);
    put_attribute(&image, OTHER, 2);
    put_end(&image);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_NO_METHOD);
}

static void refuses_doubles(void **state)
{
    (void)state;
    image_t image, output;
    put_header(&image, 0x21);
    put_field(&image, 0x12);
    put2(&image, 1);
    put_member(&image, 1, METHOD_NAME, METHOD_TYPE, 2);
    put_attribute(&image, CODE, 2);
    put_attribute(&image, CODE, 2);
    put_end(&image);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);

    put_header(&image, 0x21);
    put_field(&image, 0x12);
    put2(&image, 2);
    for (int i = 0; i < 2; i++) {
        put_member(&image, 1, METHOD_NAME, METHOD_TYPE, 1);
        put_attribute(&image, CODE, 2);
    }
    put_end(&image);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
}

static void refuses_every_truncation_and_trailing_bytes(void **state)
{
    (void)state;
    image_t image, output;
    put_usual(&image);
    size_t whole = image.size;
    for (image.size = 0; image.size < whole; image.size++) {
        assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
    }
    image.size = whole;
    put1(&image, 0);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
}

static void refuses_unknown_constants(void **state)
{
    (void)state;
    const unsigned unknown[] = {0, 2, 13, 14, 21, 255};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        image_t image, output;
        put_usual(&image);
        image.bytes[10] = (uint8_t)unknown[i]; /* the first constant's tag */
        assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
    }
}

static void refuses_a_pool_that_does_not_end(void **state)
{
    (void)state;
    image_t image = {.size = 0}, output;
    put_start(&image, 0);
    image.bytes[9] = POOL_SIZE - 1; /* the closing long would need one entry more */
    image.size = IMAGE_SIZE;
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
    image.bytes[8] = image.bytes[9] = 0;
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
}

static void refuses_huge_lengths(void **state)
{
    (void)state;
    image_t image, output;
    put_header(&image, 0x21);
    put2(&image, 0);
    put2(&image, 0);
    put2(&image, 1);
    put2(&image, OTHER);
    put4(&image, 0xffffffff);
    assert_int_equal(rewrite(&image, &target, &output), CLASSFILE_MALFORMED);
}

/* Nine copies of one text: more than any compiler or agent writes, so the structure counts as unknown. */
static void refuses_a_text_copied_too_often(void **state)
{
    (void)state;
    const unsigned copies[] = {7, 8};
    const classfile_result_t expected[] = {CLASSFILE_OTHER_CLASS, CLASSFILE_MALFORMED};
    for (int i = 0; i < 2; i++) {
        image_t image, output;
        put_start(&image, copies[i]);
        for (unsigned copy = 0; copy < copies[i]; copy++)
            put_text(&image, "Code");
        put2(&image, 0x21);
        put2(&image, THIS_CLASS);
        for (int empty = 0; empty < 5; empty++)
            put2(&image, 0);
        classfile_target_t other = target;
        other.class_name = "b/Executor";
        assert_int_equal(rewrite(&image, &other, &output), expected[i]);
    }
}

static void every_result_has_a_text(void **state)
{
    (void)state;
    for (int i = CLASSFILE_REWRITTEN; i <= CLASSFILE_OTHER_CLASS; i++) {
        assert_non_null(classfile_result_text((classfile_result_t)i));
        for (int j = CLASSFILE_REWRITTEN; j < i; j++) {
            assert_string_not_equal(classfile_result_text((classfile_result_t)i),
                                    classfile_result_text((classfile_result_t)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rewrites_exactly_one_method),
        cmocka_unit_test(leaves_its_own_work_alone),
        cmocka_unit_test(needs_no_field_where_none_is_asked),
        cmocka_unit_test(needs_an_instance_field),
        cmocka_unit_test(names_what_differs),
        cmocka_unit_test(refuses_methods_of_another_kind),
        cmocka_unit_test(refuses_a_method_without_code),
        cmocka_unit_test(refuses_doubles),
        cmocka_unit_test(refuses_every_truncation_and_trailing_bytes),
        cmocka_unit_test(refuses_unknown_constants),
        cmocka_unit_test(refuses_a_pool_that_does_not_end),
        cmocka_unit_test(refuses_huge_lengths),
        cmocka_unit_test(refuses_a_text_copied_too_often),
        cmocka_unit_test(every_result_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
