#include "forecast/train.h"

#include "common/random.h"
#include "forecast/adam.h"
#include "forecast/loss.h"
#include "forecast/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Windows that go through the network together. A batch is taken in parts of so many, whose activations then stay in the
 * processor's caches; forwards the number makes no difference, and the gradients are sums over parts in order. */
enum { PART = 64, ORDER_STREAM = 21 };

typedef struct {
    const train_settings_t *settings;
    const kernels_t *kernels;
    model_t *model;
    size_t parameter_count;
    network_t *network;
    adam_t adam;
    const double **order; /* the windows as this epoch takes them */
    float *gradients, *best;
    double lowest_loss;
    uint32_t since_best;
} run_t;

/* Charges the outputs of `count` windows; the derivatives of the mean over `batch` windows go to d_outputs, where that is
 * not NULL. Returns the sum of the losses. */
static double charge(const model_t *model, const double *const *windows, const scale_t *scales, size_t count,
                     double delta, const float *outputs, size_t batch, float *d_outputs,
                     double *absolute_error)
{
    double sum = 0;
    for (size_t w = 0; w < count; w++) {
        const double truth_per_s = windows[w][model->shape.history];
        const double truth = (truth_per_s - scales[w].mean) / scales[w].spread;
        for (size_t o = 0; o < model->shape.outputs; o++) {
            const size_t at = w * model->shape.outputs + o;
            double derivative;
            sum += loss_of_output(&model->outputs[o], (double)outputs[at] - truth, delta, &derivative);
            if (d_outputs) d_outputs[at] = (float)(derivative / (double)batch);
        }
        const double rate = (double)outputs[w * model->shape.outputs] * scales[w].spread + scales[w].mean;
        *absolute_error += fabs(fmax(rate, 0) - truth_per_s);
    }
    return sum;
}

static void scale_inputs(const model_t *model, network_t *network, const double *const *windows, size_t count,
                         scale_t *scales)
{
    for (size_t w = 0; w < count; w++)
        scales[w] =
            model_scale(&model->scaler, windows[w], model->shape.history, network_inputs(network) + w, count);
}

/* Mean loss (sum of all outputs) over the windows; *error: mean absolute error of the rate, events/s. */
static double validate_with(network_t *network, const model_t *model, const windows_t *windows, double delta,
                            double *error)
{
    double loss = 0, absolute = 0;
    scale_t scales[PART];
    for (size_t from = 0; from < windows->count; from += PART) {
        const size_t count = windows->count - from < PART ? windows->count - from : PART;
        scale_inputs(model, network, windows->items + from, count, scales);
        const float *outputs = network_forward(network, model->parameters, count);
        loss += charge(model, windows->items + from, scales, count, delta, outputs, count, NULL, &absolute);
    }
    *error = absolute / (double)windows->count;
    return loss / (double)windows->count;
}

static bool begin(run_t *run, const windows_t *training)
{
    run->parameter_count = model_parameter_count(&run->model->shape);
    run->network = network_create(&run->model->shape, PART, true, run->kernels);
    run->order = malloc(training->count * sizeof *run->order);
    run->gradients = malloc(run->parameter_count * sizeof(float));
    run->best = malloc(run->parameter_count * sizeof(float));
    if (!adam_create(&run->adam, run->parameter_count) || !run->network || !run->order || !run->gradients ||
        !run->best)
        return false;
    memcpy(run->order, training->items, training->count * sizeof *run->order);
    return true;
}

static void end(run_t *run)
{
    network_destroy(run->network);
    adam_free(&run->adam);
    free(run->order);
    free(run->gradients);
    free(run->best);
}

static void shuffle(const double **items, size_t count, random_t *random)
{
    for (size_t i = count; i > 1; i--) {
        const size_t other = (size_t)random_below(random, i);
        const double *kept = items[i - 1];
        items[i - 1] = items[other];
        items[other] = kept;
    }
}

/* One step of Adam; the sum of the losses of its windows. */
static double learn_batch(run_t *run, const double *const *windows, size_t batch, double learning_rate)
{
    const model_t *model = run->model;
    scale_t scales[PART];
    float d_outputs[PART * MODEL_OUTPUTS_MAXIMUM];
    double loss = 0, error = 0;
    memset(run->gradients, 0, run->parameter_count * sizeof *run->gradients);
    for (size_t from = 0; from < batch; from += PART) {
        const size_t count = batch - from < PART ? batch - from : PART;
        scale_inputs(model, run->network, windows + from, count, scales);
        const float *outputs = network_forward(run->network, model->parameters, count);
        loss += charge(model, windows + from, scales, count, run->settings->huber_delta, outputs, batch,
                       d_outputs, &error);
        network_backward(run->network, model->parameters, count, d_outputs, run->gradients);
    }
    adam_step(&run->adam, learning_rate, run->gradients, run->model->parameters);
    return loss;
}

/* All windows once; false when the watcher wants no more. */
static bool learn_epoch(run_t *run, size_t windows, train_progress_t *progress, train_watch_t watch,
                        void *context)
{
    const size_t batch = run->settings->batch;
    double loss = 0;
    progress->epoch_done = false;
    progress->batches_done = 0;
    progress->batches = (windows + batch - 1) / batch;
    for (size_t from = 0; from < windows; from += batch) {
        const size_t count = windows - from < batch ? windows - from : batch;
        loss += learn_batch(run, run->order + from, count, progress->learning_rate);
        progress->batches_done++;
        progress->training_loss = loss / (double)(from + count);
        if (watch && !watch(context, progress)) return false;
    }
    return true;
}

/* Whether the epoch is the best so far; then it is kept. */
static bool keep_best(run_t *run, const train_progress_t *progress)
{
    run->since_best++;
    if (!(progress->validation_loss < run->lowest_loss)) return false;
    run->lowest_loss = progress->validation_loss;
    run->since_best = 0;
    memcpy(run->best, run->model->parameters, run->parameter_count * sizeof *run->best);
    run->model->training.epochs = progress->epoch;
    run->model->training.validation_loss = progress->validation_loss;
    run->model->training.validation_error = progress->validation_error;
    return true;
}

static train_end_t learn(run_t *run, const windows_t *training, const windows_t *validation,
                         train_watch_t watch, void *context)
{
    const train_settings_t *settings = run->settings;
    train_progress_t progress = {.learning_rate = settings->learning_rate};
    random_t random;
    random_seed(&random, settings->seed, ORDER_STREAM);
    for (progress.epoch = 1; progress.epoch <= settings->epochs; progress.epoch++) {
        shuffle(run->order, training->count, &random);
        if (!learn_epoch(run, training->count, &progress, watch, context)) return TRAIN_STOPPED;
        progress.validation_loss = validate_with(run->network, run->model, validation, settings->huber_delta,
                                                 &progress.validation_error);
        if (!isfinite(progress.validation_loss)) return TRAIN_DIVERGED;
        progress.best = keep_best(run, &progress);
        progress.epoch_done = true;
        if (watch && !watch(context, &progress)) return TRAIN_STOPPED;
        if (run->since_best >= settings->patience) return TRAIN_DONE;
        if (settings->halve_after > 0 && run->since_best > 0 && run->since_best % settings->halve_after == 0)
            progress.learning_rate /= 2;
    }
    return TRAIN_DONE;
}

train_end_t train_model(model_t *model, const windows_t *training, const windows_t *validation,
                        const train_settings_t *settings, train_watch_t watch, void *context)
{
    run_t run = {.settings = settings,
                 .kernels = settings->kernels ? settings->kernels : kernels_best(),
                 .model = model,
                 .lowest_loss = INFINITY};
    train_end_t result = TRAIN_NO_MEMORY;
    if (begin(&run, training)) {
        model->training = (model_training_t){.seed = settings->seed,
                                             .windows = training->count,
                                             .batch = settings->batch,
                                             .learning_rate = settings->learning_rate};
        result = learn(&run, training, validation, watch, context);
        if (isfinite(run.lowest_loss))
            memcpy(model->parameters, run.best, run.parameter_count * sizeof *run.best);
    }
    end(&run);
    return result;
}
