/*
 * Linear regression of the next rate on the scaled history and the time of day, on-line: the sums of the normal equations
 * fade with time and are solved anew when a forecast is asked for (A. Hoerl and R. Kennard, "Ridge regression", 1970).
 */
#ifndef ADAPTIVESTREAM_FORECAST_RIDGE_H
#define ADAPTIVESTREAM_FORECAST_RIDGE_H

#include "forecast/model.h"

#include <stdbool.h>
#include <stdint.h>

enum { RIDGE_TERMS = MODEL_HISTORY + 3 }; /* 1, sine and cosine of the time of day */

typedef struct {
    double squares[RIDGE_TERMS][RIDGE_TERMS]; /* sum of x x', the lower half */
    double products[RIDGE_TERMS];             /* sum of x y */
    double weights[RIDGE_TERMS];
    uint64_t observations;
    bool solved; /* weights belong to the sums */
} ridge_t;

void ridge_begin(ridge_t *ridge);

/* As forecaster_observe() and forecaster_forecast(), which says what the arguments are. */
void ridge_observe(ridge_t *ridge, const double *history, double time_of_day_s, double rate_per_s);
double ridge_forecast(ridge_t *ridge, const double *history, double time_of_day_s);

#endif
