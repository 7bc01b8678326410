#include "forecast/network.h"

#include <stdlib.h>
#include <string.h>

enum { GATES = 4, ALIGNMENT = 64 };

/* Of all steps of one layer: [steps x batch x units], gates four times that. */
typedef struct {
    float *gates, *cells, *cell_tanhs, *hiddens;
} trace_of_layer_t;

struct network {
    model_shape_t shape;
    const kernels_t *kernels;
    size_t batch;
    float *inputs;
    float *zeros; /* [batch x units]: the state before a window */
    float *outputs;
    trace_of_layer_t layers[MODEL_LAYERS_MAXIMUM];
    /* Backwards. */
    float *d_gates, *d_cell, *d_hidden; /* of one step */
    float *d_below;                     /* [steps x batch x units]: of the hidden states of the layer below */
    float *d_above;                     /* the same of this layer */
    float *transposed_inputs, *transposed_hidden;
};

/* One block for everything: `at` runs through it; with a NULL block it only counts. */
static float *take(float *block, size_t *at, size_t count)
{
    const size_t from = *at;
    *at +=
        (count + ALIGNMENT / sizeof(float) - 1) / (ALIGNMENT / sizeof(float)) * (ALIGNMENT / sizeof(float));
    return block ? block + from : NULL;
}

static size_t lay_out(network_t *network, float *block, bool training)
{
    const model_shape_t *shape = &network->shape;
    const size_t state = network->batch * shape->units, all = shape->history * state;
    size_t at = 0;
    network->inputs = take(block, &at, shape->history * network->batch);
    network->zeros = take(block, &at, state);
    network->outputs = take(block, &at, network->batch * shape->outputs);
    for (size_t i = 0; i < shape->layers; i++) {
        trace_of_layer_t *layer = &network->layers[i];
        layer->gates = take(block, &at, GATES * all);
        layer->cells = take(block, &at, all);
        layer->cell_tanhs = take(block, &at, all);
        layer->hiddens = take(block, &at, all);
    }
    if (!training) return at;
    const size_t weights = (size_t)GATES * shape->units * shape->units;
    network->d_gates = take(block, &at, GATES * state);
    network->d_cell = take(block, &at, state);
    network->d_hidden = take(block, &at, state);
    network->d_below = take(block, &at, all);
    network->d_above = take(block, &at, all);
    network->transposed_inputs = take(block, &at, weights);
    network->transposed_hidden = take(block, &at, weights);
    return at;
}

network_t *network_create(const model_shape_t *shape, size_t batch, bool training, const kernels_t *kernels)
{
    network_t *network = calloc(1, sizeof *network);
    if (!network) return NULL;
    *network = (network_t){.shape = *shape, .batch = batch, .kernels = kernels};
    const size_t size = lay_out(network, NULL, training) * sizeof(float);
    float *block = aligned_alloc(ALIGNMENT, size);
    if (!block) {
        free(network);
        return NULL;
    }
    memset(block, 0, size);
    lay_out(network, block, training);
    return network;
}

void network_destroy(network_t *network)
{
    if (network) free(network->inputs); /* the beginning of the block */
    free(network);
}

float *network_inputs(network_t *network)
{
    return network->inputs;
}

static void set_rows(float *rows, size_t count, const float *values, size_t width)
{
    for (size_t r = 0; r < count; r++)
        memcpy(rows + r * width, values, width * sizeof *values);
}

/* Up to so many terms the two kernels of add_product() give the same bits. */
_Static_assert((int)MODEL_UNITS_MAXIMUM <= (int)KERNELS_DEPTH, "one window and many have the same forecasts");

/* c += a b, by the kernel that suits the number of rows. */
static void add_product(const kernels_t *kernels, size_t rows, size_t columns, size_t depth, const float *a,
                        const float *b, float *c)
{
    if (rows == 1)
        kernels->multiply_row(columns, depth, a, 1, b, c);
    else
        kernels->multiply(rows, columns, depth, a, depth, 1, b, c);
}

static kernels_step_t step_at(const network_t *network, size_t layer, size_t second, size_t windows)
{
    const size_t state = windows * network->shape.units, at = second * state;
    const trace_of_layer_t *trace = &network->layers[layer];
    return (kernels_step_t){
        .gates = trace->gates + GATES * at,
        .cell_before = second > 0 ? trace->cells + at - state : network->zeros,
        .cell = trace->cells + at,
        .cell_tanh = trace->cell_tanhs + at,
        .hidden = trace->hiddens + at,
    };
}

/* What a layer reads at a second. */
static const float *input_at(const network_t *network, size_t layer, size_t inputs, size_t second,
                             size_t windows)
{
    const float *all = layer == 0 ? network->inputs : network->layers[layer - 1].hiddens;
    return all + second * windows * inputs;
}

static void forward_layer(network_t *network, const float *parameters, size_t layer, size_t windows)
{
    const kernels_t *kernels = network->kernels;
    const size_t units = network->shape.units, gates = GATES * units, seconds = network->shape.history;
    const model_layer_t at = model_layer(&network->shape, layer);
    trace_of_layer_t *trace = &network->layers[layer];
    if (windows == 1) { /* all seconds at once, since there are too few rows otherwise */
        set_rows(trace->gates, seconds, parameters + at.biases, gates);
        add_product(kernels, seconds, gates, at.inputs, input_at(network, layer, at.inputs, 0, 1),
                    parameters + at.input_weights, trace->gates);
    }
    for (size_t t = 0; t < seconds; t++) {
        const kernels_step_t step = step_at(network, layer, t, windows);
        if (windows > 1) {
            set_rows(step.gates, windows, parameters + at.biases, gates);
            add_product(kernels, windows, gates, at.inputs, input_at(network, layer, at.inputs, t, windows),
                        parameters + at.input_weights, step.gates);
        }
        if (t > 0)
            add_product(kernels, windows, gates, units, step.hidden - windows * units,
                        parameters + at.hidden_weights, step.gates);
        kernels->step(windows, units, &step);
    }
}

static const float *last_hidden(const network_t *network, size_t windows)
{
    const size_t layer = network->shape.layers - 1;
    return step_at(network, layer, network->shape.history - 1, windows).hidden;
}

const float *network_forward(network_t *network, const float *parameters, size_t windows)
{
    const size_t units = network->shape.units, outputs = network->shape.outputs;
    for (size_t layer = 0; layer < network->shape.layers; layer++)
        forward_layer(network, parameters, layer, windows);
    const model_head_t head = model_head(&network->shape);
    const float *hidden = last_hidden(network, windows);
    for (size_t w = 0; w < windows; w++)
        for (size_t o = 0; o < outputs; o++) {
            const float *weights = parameters + head.weights + o * units;
            float sum = parameters[head.biases + o];
            for (size_t j = 0; j < units; j++)
                sum += weights[j] * hidden[w * units + j];
            network->outputs[w * outputs + o] = sum;
        }
    return network->outputs;
}

/* The head: its gradients, and the derivative by the last hidden state of the last layer. */
static void backward_head(network_t *network, const float *parameters, size_t windows, const float *d_outputs,
                          float *gradients, float *d_hidden)
{
    const size_t units = network->shape.units, outputs = network->shape.outputs;
    const model_head_t head = model_head(&network->shape);
    const float *hidden = last_hidden(network, windows);
    memset(d_hidden, 0, windows * units * sizeof *d_hidden);
    for (size_t w = 0; w < windows; w++)
        for (size_t o = 0; o < outputs; o++) {
            const float d = d_outputs[w * outputs + o];
            gradients[head.biases + o] += d;
            for (size_t j = 0; j < units; j++) {
                gradients[head.weights + o * units + j] += d * hidden[w * units + j];
                d_hidden[w * units + j] += d * parameters[head.weights + o * units + j];
            }
        }
}

static void transpose(const float *from, size_t rows, size_t columns, float *to)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            to[c * rows + r] = from[r * columns + c];
}

/* network->d_above holds the derivatives by this layer's hidden states through what is above it; those through the
 * layer below go to d_below. */
static void backward_layer(network_t *network, const float *parameters, size_t layer, size_t windows,
                           float *gradients)
{
    const kernels_t *kernels = network->kernels;
    const size_t units = network->shape.units, gates = GATES * units, state = windows * units;
    const model_layer_t at = model_layer(&network->shape, layer);
    transpose(parameters + at.hidden_weights, units, gates, network->transposed_hidden);
    if (layer > 0) transpose(parameters + at.input_weights, units, gates, network->transposed_inputs);
    memset(network->d_cell, 0, state * sizeof(float));
    memset(network->d_hidden, 0, state * sizeof(float));
    for (size_t t = network->shape.history; t-- > 0;) {
        const kernels_step_t step = step_at(network, layer, t, windows);
        for (size_t i = 0; i < state; i++)
            network->d_hidden[i] += network->d_above[t * state + i];
        kernels->step_back(windows, units, &step, network->d_hidden, network->d_cell, network->d_gates);
        kernels->add_rows(windows, gates, network->d_gates, gradients + at.biases);
        kernels->multiply(at.inputs, gates, windows, input_at(network, layer, at.inputs, t, windows), 1,
                          at.inputs, network->d_gates, gradients + at.input_weights);
        if (layer > 0) {
            float *below = network->d_below + t * state;
            memset(below, 0, state * sizeof *below);
            kernels->multiply(windows, units, gates, network->d_gates, gates, 1, network->transposed_inputs,
                              below);
        }
        if (t == 0) continue;
        kernels->multiply(units, gates, windows, step.hidden - state, 1, units, network->d_gates,
                          gradients + at.hidden_weights);
        memset(network->d_hidden, 0, state * sizeof(float));
        kernels->multiply(windows, units, gates, network->d_gates, gates, 1, network->transposed_hidden,
                          network->d_hidden);
    }
}

void network_backward(network_t *network, const float *parameters, size_t windows, const float *d_outputs,
                      float *gradients)
{
    const size_t state = windows * network->shape.units, last = (network->shape.history - 1) * state;
    memset(network->d_above, 0, last * sizeof(float));
    backward_head(network, parameters, windows, d_outputs, gradients, network->d_above + last);
    for (size_t layer = network->shape.layers; layer-- > 0;) {
        backward_layer(network, parameters, layer, windows, gradients);
        float *below = network->d_below;
        network->d_below = network->d_above;
        network->d_above = below;
    }
}
