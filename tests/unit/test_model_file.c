/* The model's file: what was written is read back; whatever is wrong is refused by the name of the field. */
/* links: forecast traffic common */
#include "forecast/model_file.h"

#include "forecast/kernels.h"
#include "temporary_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { ERROR_SIZE = 512, CHECKSUM_SIZE = 4 };

static const model_shape_t small = {.history = 30, .layers = 1, .units = 16, .outputs = 3};

static model_t make_model(void)
{
    model_t model;
    random_t random;
    assert_true(model_create(&model, &small, model_default_outputs));
    random_seed(&random, 9, 1);
    model_randomise(&model, &random);
    model.training = (model_training_t){.seed = UINT64_C(0x123456789abcdef),
                                        .windows = 28350,
                                        .epochs = 60,
                                        .batch = 256,
                                        .learning_rate = 1e-3,
                                        .validation_loss = 0.53,
                                        .validation_error = 25.5};
    return model;
}

static void assert_same(const model_t *left, const model_t *right)
{
    assert_memory_equal(&left->shape, &right->shape, sizeof left->shape);
    for (size_t i = 0; i < left->shape.outputs; i++) {
        assert_int_equal(left->outputs[i].kind, right->outputs[i].kind);
        assert_true(left->outputs[i].level == right->outputs[i].level);
    }
    assert_memory_equal(&left->scaler, &right->scaler, sizeof left->scaler);
    assert_memory_equal(&left->training, &right->training, sizeof left->training);
    assert_memory_equal(left->parameters, right->parameters,
                        model_parameter_count(&left->shape) * sizeof *left->parameters);
}

static void test_file(void **state)
{
    (void)state;
    char error[ERROR_SIZE] = "";
    model_t model = make_model(), read;
    assert_true(model_save(path, &model, error, sizeof error));
    assert_true(model_load(path, &read, error, sizeof error));
    assert_same(&model, &read);
    assert_string_equal(error, "");
    model_free(&read);
    model_free(&model);

    assert_false(model_load("/nonexistent/model", &read, error, sizeof error));
    assert_string_equal(error, "/nonexistent/model: cannot be opened: No such file or directory");
    assert_false(model_load("/", &read, error, sizeof error));
    assert_non_null(strstr(error, "/: cannot be"));
    model = make_model();
    assert_false(model_save("/nonexistent/model", &model, error, sizeof error));
    assert_string_equal(error, "/nonexistent/model: cannot be written: No such file or directory");
    model_free(&model);
}

/* The beginning byte by byte, so that another program can read it, on any machine. */
static void test_layout(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    model_t model = make_model();
    const size_t size = model_file_size(&small);
    assert_true(size <= sizeof bytes);
    model_encode(&model, bytes);
    static const uint8_t expected[] = {'A', 'S', 'T', 'R', 'E', 'A', 'M', 'L', 1, 0, 0, 0};
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(bytes[12] | bytes[13] << 8, size);
    assert_int_equal(bytes[16], 30);
    assert_int_equal(bytes[20], 1);
    assert_int_equal(bytes[24], 16);
    assert_int_equal(bytes[28], 3);
    assert_int_equal(bytes[40], 1); /* kind of output 1: a quantile */
    static const uint8_t seed[] = {0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01};
    assert_memory_equal(bytes + 104, seed, sizeof seed);
    assert_int_equal(size, 152 + model_parameter_count(&small) * 4 + 4);
    model_free(&model);
}

/* CRC-32 by its polynomial, as the format says. */
static void put_checksum(uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size - CHECKSUM_SIZE; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ UINT32_C(0xEDB88320) : crc >> 1;
    }
    for (int i = 0; i < CHECKSUM_SIZE; i++)
        bytes[size - CHECKSUM_SIZE + (size_t)i] = (uint8_t)(~crc >> (8 * i));
}

/* Sets four bytes of a right file, with a right checksum or without. */
static void check_refused(size_t at, uint32_t value, bool checksum, const char *expected)
{
    static uint8_t bytes[1 << 16];
    char error[ERROR_SIZE] = "";
    model_t model = make_model(), read;
    const size_t size = model_file_size(&small);
    model_encode(&model, bytes);
    model_free(&model);
    for (int i = 0; i < 4; i++)
        bytes[at + (size_t)i] = (uint8_t)(value >> (8 * i));
    if (checksum) put_checksum(bytes, size);
    if (model_decode(bytes, size, &read, error, sizeof error)) fail_msg("read: %s", expected);
    assert_null(read.parameters);
    if (!strstr(error, expected)) fail_msg("'%s' lacks '%s'", error, expected);
}

static void test_wrong_fields(void **state)
{
    (void)state;
    const uint32_t not_a_number = UINT32_C(0x7fc00000), one = UINT32_C(0x3f800000);
    check_refused(0, 0, true, "magic");
    check_refused(8, 2, true, "version is 2");
    check_refused(12, 99, true, "the file says 99");
    check_refused(16, 0, true, "history is 0; allowed are 1 to 600");
    check_refused(20, 5, true, "layers is 5");
    check_refused(24, 17, true, "units is 17, no multiple of 16");
    check_refused(24, 32, true, "a model of this shape has");
    check_refused(24, UINT32_MAX, true, "units is 4294967295");
    check_refused(28, 9, true, "outputs is 9");
    check_refused(28, 2, true, "output 2 is beyond");
    check_refused(32, 1, true, "kind of output 0 is 1");
    check_refused(40, 7, true, "kind of output 1 is 7");
    check_refused(44, one, true, "level of output 1 is 1");
    check_refused(44, not_a_number, true, "level of output 1 is");
    check_refused(36, one, true, "level of output 0 is 1; allowed is 0");
    check_refused(96, not_a_number, true, "spread floor");
    check_refused(100, 0, true, "epsilon");
    check_refused(132, not_a_number, true, "learning rate");
    check_refused(140, UINT32_C(0x7ff80000), true, "validation loss");
    check_refused(148, UINT32_C(0xbff00000), true, "validation error");
    check_refused(152, not_a_number, true, "parameter 0 is");
    check_refused(156, UINT32_C(0x7f800000), true, "parameter 1 is inf");
    check_refused(160, 12345, false, "checksum");
}

static void test_cut_off(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 16];
    char error[ERROR_SIZE];
    model_t model = make_model(), read;
    const size_t size = model_file_size(&small);
    model_encode(&model, bytes);
    model_free(&model);
    for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 101) {
        error[0] = '\0';
        assert_false(model_decode(bytes, cut, &read, error, sizeof error));
        assert_true(error[0] != '\0');
    }
    assert_true(model_decode(bytes, size, &read, error, sizeof error));
    model_free(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_wrong_fields),
        cmocka_unit_test(test_cut_off),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
