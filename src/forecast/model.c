#include "forecast/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GATES = 4, INPUTS = 1 };

const model_shape_t model_default_shape = {.history = MODEL_HISTORY, .layers = 2, .units = 64, .outputs = 3};
const output_t model_default_outputs[3] = {
    {OUTPUT_RATE, 0}, {OUTPUT_QUANTILE, 0.1f}, {OUTPUT_QUANTILE, 0.9f}};
const model_scaler_t model_default_scaler = {.spread_floor = 0.05f, .epsilon = 1e-8f};

model_layer_t model_layer(const model_shape_t *shape, size_t layer)
{
    size_t at = 0;
    model_layer_t result = {0};
    for (size_t i = 0; i <= layer; i++) {
        result.inputs = i == 0 ? INPUTS : shape->units;
        result.input_weights = at;
        result.hidden_weights = at + result.inputs * GATES * shape->units;
        result.biases = result.hidden_weights + (size_t)shape->units * GATES * shape->units;
        at = result.biases + GATES * shape->units;
    }
    return result;
}

model_head_t model_head(const model_shape_t *shape)
{
    const model_layer_t last = model_layer(shape, shape->layers - 1);
    const size_t weights = last.biases + GATES * shape->units;
    return (model_head_t){.weights = weights, .biases = weights + (size_t)shape->outputs * shape->units};
}

size_t model_parameter_count(const model_shape_t *shape)
{
    return model_head(shape).biases + shape->outputs;
}

bool model_create(model_t *model, const model_shape_t *shape, const output_t *outputs)
{
    *model = (model_t){.shape = *shape, .scaler = model_default_scaler};
    memcpy(model->outputs, outputs, shape->outputs * sizeof *outputs);
    model->parameters = calloc(model_parameter_count(shape), sizeof *model->parameters);
    return model->parameters != NULL;
}

void model_randomise(model_t *model, random_t *random)
{
    const size_t count = model_parameter_count(&model->shape);
    const double bound = 1 / sqrt(model->shape.units);
    for (size_t i = 0; i < count; i++)
        model->parameters[i] = (float)(bound * (2 * random_uniform(random) - 1));
}

void model_free(model_t *model)
{
    free(model->parameters);
    model->parameters = NULL;
}

scale_t model_scale(const model_scaler_t *scaler, const double *rates_per_s, size_t count, float *scaled,
                    size_t stride)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += rates_per_s[i];
    const double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (rates_per_s[i] - mean) * (rates_per_s[i] - mean);
    const double deviation = sqrt(squares / (double)count);
    const scale_t scale = {.mean = mean,
                           .spread = fmax(deviation, (double)scaler->spread_floor * mean) +
                                     (double)scaler->epsilon};
    for (size_t i = 0; i < count; i++)
        scaled[i * stride] = (float)((rates_per_s[i] - mean) / scale.spread);
    return scale;
}
