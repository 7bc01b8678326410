/*
 * Our side of the comparison with PyTorch (test_oracle.py).
 *
 *     forecast_oracle start SEED MODEL               writes the parameters that a training starts from
 *     forecast_oracle forecast MODEL SERIES FROM TO  the outputs for all windows of these lines, one line each
 *     forecast_oracle order SEED COUNT EPOCHS        the order in which a training takes the windows, one line an
 *                                                    epoch
 *     forecast_oracle train MODEL SERIES SEED EPOCHS HALVE_AFTER PATIENCE
 *                                                    lines 1-105 learnt, 106-127 judged; one line an epoch: validation
 *                                                    loss, validation error (events/s), CPU seconds so far without
 *                                                    judging
 */
/* links: forecast traffic common */
#include "forecast/model_file.h"
#include "forecast/network.h"
#include "forecast/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ORDER_STREAM = 21, INITIAL_STREAM = 20, BATCH = 256, LEARNT = 105, JUDGED = 127, ERROR_SIZE = 512 };

static void fail(const char *text)
{
    fprintf(stderr, "oracle: %s\n", text);
    exit(EXIT_FAILURE);
}

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static model_t load_model(const char *path)
{
    char error[ERROR_SIZE];
    model_t model;
    if (!model_load(path, &model, error, sizeof error)) fail(error);
    return model;
}

static windows_t load_windows(const char *path, series_set_t *set, size_t from, size_t to)
{
    char error[ERROR_SIZE];
    windows_t windows;
    if (set->count == 0 && !series_load(path, set, error, sizeof error)) fail(error);
    if (to > set->count || !windows_of(set, from, to, MODEL_HISTORY, &windows)) fail("not so many lines");
    return windows;
}

static void start(uint64_t seed, const char *path)
{
    char error[ERROR_SIZE];
    model_t model;
    random_t random;
    if (!model_create(&model, &model_default_shape, model_default_outputs)) fail("memory");
    random_seed(&random, seed, INITIAL_STREAM);
    model_randomise(&model, &random);
    if (!model_save(path, &model, error, sizeof error)) fail(error);
    model_free(&model);
}

static void forecast(const char *model_path, const char *series_path, size_t from, size_t to)
{
    series_set_t set = {0};
    model_t model = load_model(model_path);
    windows_t windows = load_windows(series_path, &set, from - 1, to);
    network_t *network = network_create(&model.shape, 1, false, kernels_best());
    if (!network) fail("memory");
    for (size_t i = 0; i < windows.count; i++) {
        model_scale(&model.scaler, windows.items[i], MODEL_HISTORY, network_inputs(network), 1);
        const float *outputs = network_forward(network, model.parameters, 1);
        for (size_t o = 0; o < model.shape.outputs; o++)
            printf("%.9g%c", (double)outputs[o], o + 1 < model.shape.outputs ? ' ' : '\n');
    }
    network_destroy(network);
    windows_free(&windows);
    series_set_free(&set);
    model_free(&model);
}

/* As train.c shuffles. */
static void order(uint64_t seed, size_t count, int epochs)
{
    size_t *items = malloc(count * sizeof *items);
    random_t random;
    if (!items) fail("memory");
    random_seed(&random, seed, ORDER_STREAM);
    for (size_t i = 0; i < count; i++)
        items[i] = i;
    for (int epoch = 0; epoch < epochs; epoch++) {
        for (size_t i = count; i > 1; i--) {
            const size_t other = (size_t)random_below(&random, i), kept = items[i - 1];
            items[i - 1] = items[other];
            items[other] = kept;
        }
        for (size_t i = 0; i < count; i++)
            printf("%zu%c", items[i], i + 1 < count ? ' ' : '\n');
    }
    free(items);
}

/* When the present epoch began, and the CPU time of all before. */
typedef struct {
    double begin_s, sum_s;
} epoch_clock_t;

static bool watch(void *context, const train_progress_t *progress)
{
    epoch_clock_t *clock = context;
    if (progress->epoch_done) {
        printf("%.9g %.9g %.3f\n", progress->validation_loss, progress->validation_error, clock->sum_s);
        fflush(stdout);
        clock->begin_s = cpu_s();
    } else if (progress->batches_done == progress->batches) {
        clock->sum_s += cpu_s() - clock->begin_s;
    }
    return true;
}

static void train(const char *model_path, const char *series_path, uint64_t seed, uint32_t epochs,
                  uint32_t halve_after, uint32_t patience)
{
    series_set_t set = {0};
    model_t model = load_model(model_path);
    windows_t learnt = load_windows(series_path, &set, 0, LEARNT),
              judged = load_windows(NULL, &set, LEARNT, JUDGED);
    const train_settings_t settings = {.seed = seed,
                                       .epochs = epochs,
                                       .batch = BATCH,
                                       .patience = patience,
                                       .halve_after = halve_after,
                                       .learning_rate = 1e-3,
                                       .huber_delta = 1};
    epoch_clock_t clock = {.begin_s = cpu_s()};
    if (train_model(&model, &learnt, &judged, &settings, watch, &clock) != TRAIN_DONE)
        fail("training ended early");
    windows_free(&learnt);
    windows_free(&judged);
    series_set_free(&set);
    model_free(&model);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "start") == 0)
        start(strtoull(argv[2], NULL, 10), argv[3]);
    else if (argc == 6 && strcmp(argv[1], "forecast") == 0)
        forecast(argv[2], argv[3], strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
    else if (argc == 5 && strcmp(argv[1], "order") == 0)
        order(strtoull(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), atoi(argv[4]));
    else if (argc == 8 && strcmp(argv[1], "train") == 0)
        train(argv[2], argv[3], strtoull(argv[4], NULL, 10), (uint32_t)atoi(argv[5]), (uint32_t)atoi(argv[6]),
              (uint32_t)atoi(argv[7]));
    else
        fail("see the head of forecast_oracle.c");
    return EXIT_SUCCESS;
}
