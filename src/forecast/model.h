/*
 * The network: `layers` layers of `units` LSTM cells over the last `history` seconds, and a linear head with `outputs`
 * outputs, each of which says what it stands for.
 *
 * What goes in is a window of arrival rates, scaled by itself, as in the original: (x - mean) / (max(deviation,
 * spread_floor * mean) + epsilon), deviation being the population's. What comes out is scaled back.
 *
 * Parameters lie in one array, layer by layer: weights of the inputs [inputs x 4 units], weights of the hidden state
 * [units x 4 units], biases [4 units], each with the gates in the order input, forget, candidate, output; then the head:
 * weights [outputs x units], biases [outputs].
 */
#ifndef ADAPTIVESTREAM_FORECAST_MODEL_H
#define ADAPTIVESTREAM_FORECAST_MODEL_H

#include "common/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_HISTORY = 30, /* seconds: of every forecaster */
    MODEL_HISTORY_MAXIMUM = 600,
    MODEL_LAYERS_MAXIMUM = 4,
    MODEL_UNITS_MAXIMUM = 256,
    MODEL_OUTPUTS_MAXIMUM = 8,
};

/* What an output stands for; the numbers are those of the file. */
typedef enum {
    OUTPUT_RATE = 0,     /* rate in the next second, by Huber's loss */
    OUTPUT_QUANTILE = 1, /* its quantile `level`, by the pinball loss */
    OUTPUT_KINDS
} output_kind_t;

typedef struct {
    output_kind_t kind;
    float level; /* quantile: within 0 and 1; else 0 */
} output_t;

typedef struct {
    uint32_t history; /* 1 to MODEL_HISTORY_MAXIMUM */
    uint32_t layers;  /* 1 to MODEL_LAYERS_MAXIMUM */
    uint32_t units;   /* a multiple of 16, to MODEL_UNITS_MAXIMUM */
    uint32_t outputs; /* 1 to MODEL_OUTPUTS_MAXIMUM; the first one is the rate */
} model_shape_t;

typedef struct {
    float spread_floor;
    float epsilon;
} model_scaler_t;

/* How it was trained; all 0 in one that was not. */
typedef struct {
    uint64_t seed;
    uint64_t windows;
    uint32_t epochs; /* until the parameters that were kept */
    uint32_t batch;
    double learning_rate;
    double validation_loss;
    double validation_error; /* mean absolute, events/s */
} model_training_t;

typedef struct {
    model_shape_t shape;
    output_t outputs[MODEL_OUTPUTS_MAXIMUM];
    model_scaler_t scaler;
    model_training_t training;
    float *parameters; /* owned: model_free() */
} model_t;

/* Where the parts of a layer are in the parameters, and of the head. */
typedef struct {
    size_t inputs, input_weights, hidden_weights, biases;
} model_layer_t;

typedef struct {
    size_t weights, biases;
} model_head_t;

/* The shape that the original's has, with outputs for the rate and its quantiles 0.1 and 0.9. */
extern const model_shape_t model_default_shape;
extern const output_t model_default_outputs[3];
extern const model_scaler_t model_default_scaler;

size_t model_parameter_count(const model_shape_t *shape);
model_layer_t model_layer(const model_shape_t *shape, size_t layer);
model_head_t model_head(const model_shape_t *shape);

/* All parameters 0; false when out of memory. */
bool model_create(model_t *model, const model_shape_t *shape, const output_t *outputs);

/* A start for training: uniform within +-1/sqrt(units), as in PyTorch. */
void model_randomise(model_t *model, random_t *random);

void model_free(model_t *model);

/* What a window was scaled by. */
typedef struct {
    double mean, spread;
} scale_t;

/* Scales `count` rates; scaled[i * stride] is the i-th. */
scale_t model_scale(const model_scaler_t *scaler, const double *rates_per_s, size_t count, float *scaled,
                    size_t stride);

#endif
