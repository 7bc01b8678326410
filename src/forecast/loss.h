/*
 * What a forecast of the scaled rate is charged: Huber's loss for the rate (P. Huber, "Robust estimation of a location
 * parameter", 1964), the pinball loss for a quantile (R. Koenker and G. Bassett, "Regression quantiles", 1978).
 */
#ifndef ADAPTIVESTREAM_FORECAST_LOSS_H
#define ADAPTIVESTREAM_FORECAST_LOSS_H

#include "forecast/model.h"

/* error = forecast - truth; delta > 0. *derivative is by the forecast. */
double loss_huber(double error, double delta, double *derivative);

double loss_pinball(double error, double level, double *derivative);

/* Of one output. */
double loss_of_output(const output_t *output, double error, double delta, double *derivative);

#endif
