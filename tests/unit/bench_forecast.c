/*
 * How long a forecast takes with each forecaster, and a step of training with each instruction set: `make
 * bench-forecast`. No test: what it prints depends on the machine.
 *
 * Single forecasts are timed by the wall clock, as a caller would wait for them; training by CPU time.
 */
/* links: forecast traffic common */
#include "forecast/forecaster.h"
#include "forecast/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FORECASTS = 20000, BATCH = 256, PART = 64, STEPS = 20, SECONDS = 1000, NS = 1000000000 };

static double clock_s(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / NS;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double rates[SECONDS];

static void print_times(const char *name, double *microseconds)
{
    qsort(microseconds, FORECASTS, sizeof *microseconds, by_value);
    printf("%-16s %8.2f %8.2f %8.2f\n", name, microseconds[FORECASTS / 2], microseconds[FORECASTS * 99 / 100],
           microseconds[FORECASTS * 999 / 1000]);
}

static bool time_forecaster(forecaster_kind_t kind, const model_t *model)
{
    static double microseconds[FORECASTS];
    forecaster_t *forecaster = forecaster_create(kind, model);
    if (!forecaster) return false;
    double sum = 0;
    for (int i = 0; i < FORECASTS; i++) {
        const double *history = rates + i % (SECONDS - MODEL_HISTORY);
        forecaster_observe(forecaster, history, i, history[MODEL_HISTORY - 1]);
        const double begin_s = clock_s(CLOCK_MONOTONIC);
        sum += forecaster_forecast(forecaster, history, i).rate_per_s;
        microseconds[i] = (clock_s(CLOCK_MONOTONIC) - begin_s) * 1e6;
    }
    forecaster_destroy(forecaster);
    print_times(forecaster_kind_names[kind], microseconds);
    return isfinite(sum);
}

static bool time_kernels(const kernels_t *kernels, const model_t *model)
{
    static double microseconds[FORECASTS];
    network_t *one = network_create(&model->shape, 1, false, kernels);
    network_t *many = network_create(&model->shape, PART, true, kernels);
    float *gradients = calloc(model_parameter_count(&model->shape), sizeof *gradients);
    float *d_outputs = calloc(PART * model->shape.outputs, sizeof *d_outputs);
    const bool good = one && many && gradients && d_outputs;
    char name[32];
    snprintf(name, sizeof name, "lstm, %s", kernels->name);
    for (int i = 0; good && i < FORECASTS; i++) {
        const double begin_s = clock_s(CLOCK_MONOTONIC);
        model_scale(&model->scaler, rates + i % (SECONDS - MODEL_HISTORY), MODEL_HISTORY, network_inputs(one),
                    1);
        network_forward(one, model->parameters, 1);
        microseconds[i] = (clock_s(CLOCK_MONOTONIC) - begin_s) * 1e6;
    }
    if (good) print_times(name, microseconds);
    const double begin_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; good && i < STEPS * BATCH / PART; i++) { /* in parts, as train.c takes a batch */
        for (int w = 0; w < PART; w++)
            model_scale(&model->scaler, rates + w, MODEL_HISTORY, network_inputs(many) + w, PART);
        network_forward(many, model->parameters, PART);
        network_backward(many, model->parameters, PART, d_outputs, gradients);
    }
    if (good)
        printf("%-16s %8.1f ms a step of training (%d windows)\n", "",
               (clock_s(CLOCK_PROCESS_CPUTIME_ID) - begin_s) * 1e3 / STEPS, BATCH);
    network_destroy(one);
    network_destroy(many);
    free(gradients);
    free(d_outputs);
    return good;
}

int main(void)
{
    static const char *const names[] = {"portable", "avx2", "avx512"};
    model_t model;
    random_t random;
    if (!model_create(&model, &model_default_shape, model_default_outputs)) return EXIT_FAILURE;
    random_seed(&random, 1, 1);
    model_randomise(&model, &random);
    for (int i = 0; i < SECONDS; i++)
        rates[i] = 100 + 50 * sin(0.1 * i) + 10 * random_normal(&random);
    bool good = true;
    printf("%-16s %8s %8s %8s   of %d forecasts\n", "us", "p50", "p99", "p99.9", FORECASTS);
    for (int kind = 0; kind < FORECASTER_KINDS; kind++)
        good = time_forecaster((forecaster_kind_t)kind, &model) && good;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const kernels_t *kernels = kernels_named(names[i]);
        if (kernels) good = time_kernels(kernels, &model) && good;
    }
    model_free(&model);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
