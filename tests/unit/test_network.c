/* The network: kernels that agree, gradients that are right, a training that learns and gives the same bits. */
/* links: forecast traffic common */
#include "forecast/network.h"

#include "forecast/loss.h"
#include "forecast/train.h"
#include "near.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

static const char *const kernel_names[] = {"portable", "avx2", "avx512"};
enum { KERNELS = sizeof kernel_names / sizeof kernel_names[0], WINDOWS = 5 };

static model_t random_model(model_shape_t shape, uint64_t seed)
{
    model_t model;
    random_t random;
    assert_true(model_create(&model, &shape, model_default_outputs));
    random_seed(&random, seed, 1);
    model_randomise(&model, &random);
    return model;
}

static void fill(float *values, size_t count, uint64_t seed)
{
    random_t random;
    random_seed(&random, seed, 2);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)random_normal(&random);
}

/* The same product by the definition, in double. */
static double product(const float *a, size_t row_stride, size_t column_stride, const float *b, size_t columns,
                      size_t depth, size_t row, size_t column)
{
    double sum = 0;
    for (size_t k = 0; k < depth; k++)
        sum += (double)a[row * row_stride + k * column_stride] * (double)b[k * columns + column];
    return sum;
}

static void check_product(const kernels_t *kernels, size_t rows, size_t columns, size_t depth,
                          bool transposed)
{
    enum { MOST = 40 * 600 };
    static float a[MOST], b[600 * 96], c[40 * 96], row[96];
    const size_t row_stride = transposed ? 1 : depth, column_stride = transposed ? rows : 1;
    fill(a, rows * depth, 1);
    fill(b, depth * columns, 2);
    fill(c, rows * columns, 3);
    memcpy(row, c, columns * sizeof *row);
    float before[40 * 96];
    memcpy(before, c, sizeof before);
    kernels->multiply(rows, columns, depth, a, row_stride, column_stride, b, c);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < columns; j++)
            assert_near((double)c[r * columns + j],
                        (double)before[r * columns + j] +
                            product(a, row_stride, column_stride, b, columns, depth, r, j),
                        1e-4);
    kernels->multiply_row(columns, depth, a, column_stride, b, row);
    for (size_t j = 0; j < columns; j++)
        assert_near((double)row[j], (double)c[j], depth > 256 ? 1e-4 : 1e-5);
}

static void test_products(void **state)
{
    (void)state;
    for (int i = 0; i < KERNELS; i++) {
        const kernels_t *kernels = kernels_named(kernel_names[i]);
        if (!kernels) {
            print_message("%s: not on this processor\n", kernel_names[i]);
            continue;
        }
        assert_string_equal(kernels->name, kernel_names[i]);
        check_product(kernels, 8, 64, 64, false);
        check_product(kernels, 1, 64, 1, false);
        check_product(kernels, 30, 80, 1, false);
        check_product(kernels, 13, 96, 17, false);
        check_product(kernels, 13, 5, 17, true);
        check_product(kernels, 40, 70, 600, true);
    }
    assert_null(kernels_named("abacus"));
}

/* The cells by their definition, in double, at everyday and at absurd sums. */
static void check_step(const kernels_t *kernels)
{
    enum { UNITS = 16, ROWS_HERE = 2 };
    float gates[ROWS_HERE * 4 * UNITS], sums[ROWS_HERE * 4 * UNITS], before[ROWS_HERE * UNITS];
    float cell[ROWS_HERE * UNITS], cell_tanh[ROWS_HERE * UNITS], hidden[ROWS_HERE * UNITS];
    fill(sums, sizeof sums / sizeof *sums, 4);
    fill(before, sizeof before / sizeof *before, 5);
    for (int i = 0; i < 4 * UNITS; i++)
        sums[i] *= i % 7 == 0 ? 1e4f : 5.f;
    memcpy(gates, sums, sizeof gates);
    const kernels_step_t step = {
        .gates = gates, .cell_before = before, .cell = cell, .cell_tanh = cell_tanh, .hidden = hidden};
    kernels->step(ROWS_HERE, UNITS, &step);
    for (int r = 0; r < ROWS_HERE; r++)
        for (int j = 0; j < UNITS; j++) {
            double sum[4];
            for (int gate = 0; gate < 4; gate++)
                sum[gate] = (double)sums[(r * 4 + gate) * UNITS + j];
            const double in = 1 / (1 + exp(-sum[0])), forget = 1 / (1 + exp(-sum[1]));
            const double out = 1 / (1 + exp(-sum[3]));
            const double expected = forget * (double)before[r * UNITS + j] + in * tanh(sum[2]);
            assert_near((double)cell[r * UNITS + j], expected, 1e-6);
            assert_near((double)hidden[r * UNITS + j], out * tanh(expected), 1e-6);
        }
}

static void test_steps(void **state)
{
    (void)state;
    for (int i = 0; i < KERNELS; i++)
        if (kernels_named(kernel_names[i])) check_step(kernels_named(kernel_names[i]));
}

/* One window or many, and every instruction set: the same forecasts. */
static void test_forwards_agree(void **state)
{
    (void)state;
    model_t model = random_model(model_default_shape, 3);
    const size_t history = model.shape.history, outputs = model.shape.outputs;
    float inputs[MODEL_HISTORY * WINDOWS], expected[WINDOWS * 3], fused[WINDOWS * 3];
    fill(inputs, MODEL_HISTORY * WINDOWS, 6);
    bool have_fused = false;
    for (int i = 0; i < KERNELS; i++) {
        const kernels_t *kernels = kernels_named(kernel_names[i]);
        if (!kernels) continue;
        network_t *many = network_create(&model.shape, WINDOWS, false, kernels);
        network_t *one = network_create(&model.shape, 1, false, kernels);
        memcpy(network_inputs(many), inputs, sizeof inputs);
        const float *result = network_forward(many, model.parameters, WINDOWS);
        if (i == 0) memcpy(expected, result, sizeof expected);
        for (size_t k = 0; k < WINDOWS * outputs; k++)
            assert_near((double)result[k], (double)expected[k], 1e-5);
        /* Sums have the same order in vectors of any width. */
        if (i > 0 && have_fused) assert_memory_equal(result, fused, sizeof fused);
        if (i > 0) memcpy(fused, result, sizeof fused);
        have_fused |= i > 0;
        for (size_t w = 0; w < WINDOWS; w++) {
            for (size_t t = 0; t < history; t++)
                network_inputs(one)[t] = inputs[t * WINDOWS + w];
            assert_memory_equal(network_forward(one, model.parameters, 1), result + w * outputs,
                                outputs * sizeof *result);
        }
        network_destroy(many);
        network_destroy(one);
    }
    model_free(&model);
}

static double loss_at(network_t *network, const model_t *model, const double *truths, float *d_outputs)
{
    const float *outputs = network_forward(network, model->parameters, WINDOWS);
    double sum = 0;
    for (size_t w = 0; w < WINDOWS; w++)
        for (size_t o = 0; o < model->shape.outputs; o++) {
            const size_t at = w * model->shape.outputs + o;
            double derivative;
            sum +=
                loss_of_output(&model->outputs[o], (double)outputs[at] - truths[w], 1, &derivative) / WINDOWS;
            if (d_outputs) d_outputs[at] = (float)(derivative / WINDOWS);
        }
    return sum;
}

/* Every parameter of a small network of two layers against differences of fourth order. */
static void check_gradients(const kernels_t *kernels)
{
    const model_shape_t shape = {.history = 6, .layers = 2, .units = 16, .outputs = 3};
    const double truths[WINDOWS] = {0.4, -2, 3, 1.5, -0.7}, h = 0.02;
    model_t model = random_model(shape, 5);
    const size_t count = model_parameter_count(&shape);
    network_t *network = network_create(&shape, WINDOWS, true, kernels);
    float *gradients = calloc(count, sizeof *gradients), d_outputs[WINDOWS * 3];
    fill(network_inputs(network), shape.history * WINDOWS, 7);
    loss_at(network, &model, truths, d_outputs);
    network_backward(network, model.parameters, WINDOWS, d_outputs, gradients);
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        const float kept = model.parameters[i];
        double losses[5] = {0};
        for (int step = -2; step <= 2; step++) {
            model.parameters[i] = (float)((double)kept + step * h);
            losses[step + 2] = loss_at(network, &model, truths, NULL);
        }
        model.parameters[i] = kept;
        const double expected = (losses[0] - 8 * losses[1] + 8 * losses[3] - losses[4]) / (12 * h);
        if (fabs((double)gradients[i] - expected) > 1e-4)
            fail_msg("%s: parameter %zu: %g, by differences %g", kernels->name, i, (double)gradients[i],
                     expected);
        largest = fmax(largest, fabs(expected));
    }
    assert_true(largest > 0.01);
    free(gradients);
    network_destroy(network);
    model_free(&model);
}

static void test_gradients(void **state)
{
    (void)state;
    for (int i = 0; i < KERNELS; i++)
        if (kernels_named(kernel_names[i])) check_gradients(kernels_named(kernel_names[i]));
}

static void test_losses(void **state)
{
    (void)state;
    double derivative;
    assert_near(loss_huber(0.5, 1, &derivative), 0.125, 1e-12);
    assert_near(derivative, 0.5, 1e-12);
    assert_near(loss_huber(-3, 1, &derivative), 2.5, 1e-12);
    assert_near(derivative, -1, 1e-12);
    assert_near(loss_pinball(2, 0.9, &derivative), 0.2, 1e-12);
    assert_near(derivative, 0.1, 1e-12);
    assert_near(loss_pinball(-2, 0.9, &derivative), 1.8, 1e-12);
    assert_near(derivative, -0.9, 1e-12);
}

/* The original's scaling: a floor for the deviation, so that noise around a level stays small. */
static void test_scaling(void **state)
{
    (void)state;
    const double rates[4] = {100, 101, 99, 100}, wide[2] = {0, 200}, nothing[2] = {0, 0};
    float scaled[4];
    scale_t scale = model_scale(&model_default_scaler, rates, 4, scaled, 1);
    assert_near(scale.mean, 100, 1e-9);
    assert_near(scale.spread, 5, 1e-6);
    assert_near((double)scaled[1], 0.2, 1e-6);
    scale = model_scale(&model_default_scaler, wide, 2, scaled, 2);
    assert_near(scale.spread, 100, 1e-6);
    assert_near((double)scaled[0], -1, 1e-6);
    assert_near((double)scaled[2], 1, 1e-6);
    model_scale(&model_default_scaler, nothing, 2, scaled, 1);
    assert_true(scaled[0] == 0 && scaled[1] == 0);
}

typedef struct {
    uint32_t epochs, stop_at;
    double first_loss, last_loss;
} watched_t;

static bool watch(void *context, const train_progress_t *progress)
{
    watched_t *watched = context;
    if (!progress->epoch_done) return true;
    if (progress->epoch == 1) watched->first_loss = progress->validation_loss;
    watched->last_loss = progress->validation_loss;
    watched->epochs = progress->epoch;
    return progress->epoch != watched->stop_at;
}

/* The parameters that were kept have the loss and error that the model says: window by window, with one output. */
static void check_kept(const model_t *model, const windows_t *windows, const kernels_t *kernels)
{
    network_t *network = network_create(&model->shape, 1, false, kernels ? kernels : kernels_best());
    double loss = 0, error = 0, derivative;
    for (size_t w = 0; w < windows->count; w++) {
        const double truth = windows->items[w][windows->history];
        const scale_t scale =
            model_scale(&model->scaler, windows->items[w], windows->history, network_inputs(network), 1);
        const double output = (double)network_forward(network, model->parameters, 1)[0];
        loss += loss_huber(output - (truth - scale.mean) / scale.spread, 1, &derivative);
        error += fabs(fmax(output * scale.spread + scale.mean, 0) - truth);
    }
    assert_near(loss / (double)windows->count, model->training.validation_loss, 1e-9);
    assert_near(error / (double)windows->count, model->training.validation_error, 1e-6);
    network_destroy(network);
}

/* Trains on waves; the model is to be freed. */
static model_t train_with(const kernels_t *kernels, uint64_t seed, uint32_t stop_at, watched_t *watched,
                          train_end_t *end)
{
    enum { SECONDS = 400 };
    static double rates[SECONDS];
    for (int i = 0; i < SECONDS; i++)
        rates[i] = 100 + 50 * sin(0.5 * i);
    series_set_t set = {0};
    windows_t learnt, judged;
    const model_shape_t shape = {.history = 10, .layers = 2, .units = 16, .outputs = 1};
    assert_true(series_add(&set, rates, SECONDS) && series_add(&set, rates, SECONDS / 2));
    assert_true(windows_of(&set, 0, 1, shape.history, &learnt) &&
                windows_of(&set, 1, 2, shape.history, &judged));
    model_t model = random_model(shape, seed);
    const train_settings_t settings = {.seed = seed,
                                       .epochs = 12,
                                       .batch = 32,
                                       .patience = 100,
                                       .halve_after = 2,
                                       .learning_rate = 0.01,
                                       .huber_delta = 1,
                                       .kernels = kernels};
    *watched = (watched_t){.stop_at = stop_at};
    *end = train_model(&model, &learnt, &judged, &settings, watch, watched);
    check_kept(&model, &judged, kernels);
    windows_free(&learnt);
    windows_free(&judged);
    series_set_free(&set);
    return model;
}

static model_t train_small(uint64_t seed, uint32_t stop_at, watched_t *watched, train_end_t *end)
{
    return train_with(NULL, seed, stop_at, watched, end);
}

static void test_training(void **state)
{
    (void)state;
    watched_t watched;
    train_end_t end;
    model_t model = train_small(1, 0, &watched, &end);
    const size_t size = model_parameter_count(&model.shape) * sizeof(float);
    assert_int_equal(end, TRAIN_DONE);
    assert_int_equal(watched.epochs, 12);
    assert_true(model.training.validation_loss <= watched.last_loss);
    assert_true(model.training.validation_loss < watched.first_loss / 5);

    model_t again = train_small(1, 0, &watched, &end), other = train_small(2, 0, &watched, &end);
    assert_memory_equal(model.parameters, again.parameters, size);
    assert_memory_not_equal(model.parameters, other.parameters, size);

    /* Ctrl-C: what there was until then. */
    model_t stopped = train_small(1, 3, &watched, &end);
    assert_int_equal(end, TRAIN_STOPPED);
    assert_int_equal(watched.epochs, 3);
    assert_in_range(stopped.training.epochs, 1, 3);
    model_free(&model);
    model_free(&again);
    model_free(&other);
    model_free(&stopped);
}

/* A training gives the same bits on all processors with fused multiply-add, and nearly those without. */
static void test_training_on_other_processors(void **state)
{
    (void)state;
    watched_t watched;
    train_end_t end;
    model_t portable = train_with(kernels_portable(), 1, 0, &watched, &end);
    model_t models[2];
    int count = 0;
    for (int i = 1; i < KERNELS; i++)
        if (kernels_named(kernel_names[i]))
            models[count++] = train_with(kernels_named(kernel_names[i]), 1, 0, &watched, &end);
    if (count == 2)
        assert_memory_equal(models[0].parameters, models[1].parameters,
                            model_parameter_count(&portable.shape) * sizeof(float));
    for (int i = 0; i < count; i++) {
        assert_near(models[i].training.validation_loss, portable.training.validation_loss,
                    0.1 * portable.training.validation_loss);
        model_free(&models[i]);
    }
    model_free(&portable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),       cmocka_unit_test(test_steps),
        cmocka_unit_test(test_forwards_agree), cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_losses),         cmocka_unit_test(test_scaling),
        cmocka_unit_test(test_training),       cmocka_unit_test(test_training_on_other_processors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
