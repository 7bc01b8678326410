/*
 * Trains a model: truncated back-propagation through the seconds of each window, Adam (D. Kingma and J. Ba, ICLR 2015),
 * and the parameters of the epoch with the lowest loss on windows that it was not trained on.
 *
 * The same windows, settings and start give the same parameters, bit by bit, with the same kernels.
 */
#ifndef ADAPTIVESTREAM_FORECAST_TRAIN_H
#define ADAPTIVESTREAM_FORECAST_TRAIN_H

#include "forecast/kernels.h"
#include "forecast/model.h"
#include "forecast/windows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t seed; /* of the order of the windows */
    uint32_t epochs;
    uint32_t batch;
    uint32_t patience;    /* epochs without a better one until it ends */
    uint32_t halve_after; /* epochs without a better one until the learning rate is halved; 0: never */
    double learning_rate;
    double huber_delta;       /* of the scaled rate */
    const kernels_t *kernels; /* NULL: kernels_best() */
} train_settings_t;

typedef struct {
    uint32_t epoch; /* from 1 */
    size_t batches, batches_done;
    double learning_rate;
    double training_loss;    /* of this epoch so far, a window */
    bool epoch_done;         /* then also: */
    double validation_loss;  /* a window */
    double validation_error; /* mean absolute, events/s */
    bool best;
} train_progress_t;

/* Called after every batch and every epoch; false ends the training, with the best parameters so far. */
typedef bool (*train_watch_t)(void *context, const train_progress_t *progress);

typedef enum { TRAIN_DONE, TRAIN_STOPPED, TRAIN_DIVERGED, TRAIN_NO_MEMORY } train_end_t;

/* Goes on from model->parameters, and leaves there the best ones, with model->training. Both sets have at least one
 * window, of model->shape.history. When stopped before the end of the first epoch, the parameters are those of that
 * moment. TRAIN_DIVERGED: the loss is no number any more; TRAIN_NO_MEMORY: nothing was done. */
train_end_t train_model(model_t *model, const windows_t *training, const windows_t *validation,
                        const train_settings_t *settings, train_watch_t watch, void *context);

#endif
