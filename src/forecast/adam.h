/*
 * Adam: D. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1 with its constants.
 */
#ifndef ADAPTIVESTREAM_FORECAST_ADAM_H
#define ADAPTIVESTREAM_FORECAST_ADAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t count;
    uint64_t steps;
    float *means, *squares; /* owned: adam_free() */
} adam_t;

bool adam_create(adam_t *adam, size_t count);
void adam_step(adam_t *adam, double learning_rate, const float *gradients, float *parameters);
void adam_free(adam_t *adam);

#endif
