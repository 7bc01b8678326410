/*
 * The network forwards over a batch of windows, and backwards through all its steps (truncated back-propagation through
 * time: the state before a window is 0). One window is a batch of one: that is how forecasts are made.
 *
 * Every sum has a fixed order, so the same windows and parameters give the same bits (see kernels.h).
 */
#ifndef ADAPTIVESTREAM_FORECAST_NETWORK_H
#define ADAPTIVESTREAM_FORECAST_NETWORK_H

#include "forecast/kernels.h"
#include "forecast/model.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct network network_t;

/* For batches of up to `batch` windows of models of this shape; `training` also makes room for going backwards. NULL
 * when out of memory. The kernels must outlive it. */
network_t *network_create(const model_shape_t *shape, size_t batch, bool training, const kernels_t *kernels);

void network_destroy(network_t *network);

/* The scaled inputs to fill, [history x batch]: second t of window w at t * windows + w. */
float *network_inputs(network_t *network);

/* The outputs of the `windows` windows, [windows x outputs], still scaled; valid until the next call. */
const float *network_forward(network_t *network, const float *parameters, size_t windows);

/* After a forward pass of as many windows: adds to `gradients` (as the parameters) the derivatives of a loss whose
 * derivatives by the outputs are d_outputs [windows x outputs]. */
void network_backward(network_t *network, const float *parameters, size_t windows, const float *d_outputs,
                      float *gradients);

#endif
