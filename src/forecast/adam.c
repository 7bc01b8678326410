#include "forecast/adam.h"

#include <math.h>
#include <stdlib.h>

bool adam_create(adam_t *adam, size_t count)
{
    *adam = (adam_t){
        .count = count, .means = calloc(count, sizeof(float)), .squares = calloc(count, sizeof(float))};
    if (adam->means && adam->squares) return true;
    adam_free(adam);
    return false;
}

void adam_step(adam_t *adam, double learning_rate, const float *gradients, float *parameters)
{
    const double decay_mean = 0.9, decay_square = 0.999;
    const float epsilon = 1e-8f, keep_mean = (float)decay_mean, keep_square = (float)decay_square;
    adam->steps++;
    const float unbias_square = (float)(1 / sqrt(1 - pow(decay_square, (double)adam->steps)));
    const float step = (float)(learning_rate / (1 - pow(decay_mean, (double)adam->steps)));
    for (size_t i = 0; i < adam->count; i++) {
        const float gradient = gradients[i];
        adam->means[i] = keep_mean * adam->means[i] + (1 - keep_mean) * gradient;
        adam->squares[i] = keep_square * adam->squares[i] + (1 - keep_square) * gradient * gradient;
        parameters[i] -= step * adam->means[i] / (sqrtf(adam->squares[i]) * unbias_square + epsilon);
    }
}

void adam_free(adam_t *adam)
{
    free(adam->means);
    free(adam->squares);
    *adam = (adam_t){0};
}
