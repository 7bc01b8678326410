/*
 * How well a forecaster forecasts: the absolute error over windows, and of quantiles the pinball loss and how often the
 * truth lay below them.
 */
#ifndef ADAPTIVESTREAM_FORECAST_EVALUATE_H
#define ADAPTIVESTREAM_FORECAST_EVALUATE_H

#include "forecast/forecaster.h"
#include "forecast/windows.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t windows, transitions; /* window_is_transition() */
    double error;                /* mean absolute, events/s */
    double transition_error;     /* of the transitions; 0 without any */
    double bias;                 /* mean of forecast - truth, events/s */
    bool has_quantiles;
    double low_pinball, high_pinball; /* mean losses, events/s */
    double below_low, below_high;     /* shares of truths below the quantiles 0.1 and 0.9: calibration */
} evaluation_t;

/* Forecasts every window in order and lets the forecaster observe it afterwards. The windows' history is MODEL_HISTORY.
 * `score` false: only observes, and nothing is reported. */
evaluation_t evaluate_forecaster(forecaster_t *forecaster, const windows_t *windows, bool score);

#endif
