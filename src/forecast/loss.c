#include "forecast/loss.h"

#include <math.h>

double loss_huber(double error, double delta, double *derivative)
{
    const double size = fabs(error);
    *derivative = size <= delta ? error : copysign(delta, error);
    return size <= delta ? 0.5 * error * error : delta * (size - 0.5 * delta);
}

double loss_pinball(double error, double level, double *derivative)
{
    /* A forecast too low by x costs level * x, one too high (1 - level) * x. */
    *derivative = error > 0 ? 1 - level : error < 0 ? -level : 0;
    return error * *derivative;
}

double loss_of_output(const output_t *output, double error, double delta, double *derivative)
{
    if (output->kind == OUTPUT_QUANTILE) return loss_pinball(error, (double)output->level, derivative);
    return loss_huber(error, delta, derivative);
}
