/*
 * How well a forecaster forecasts: the absolute error over windows, and of quantiles the pinball loss and how often the
 * truth lay below them; over all windows, and over the transitions among them.
 */
#ifndef ADAPTIVESTREAM_FORECAST_EVALUATE_H
#define ADAPTIVESTREAM_FORECAST_EVALUATE_H

#include "forecast/forecaster.h"
#include "forecast/windows.h"

#include <stdbool.h>
#include <stddef.h>

/* Means over windows. A forecaster without quantiles stands for its own: of it the pinball losses show what quantiles are
 * worth, and below_low and below_high are both `below`. */
typedef struct {
    size_t windows;
    double error; /* mean absolute, events/s */
    double bias;  /* mean of forecast - truth, events/s */
    double below; /* share of truths below the forecast: one half where it is the median */
    double low_pinball, high_pinball; /* mean losses of the quantiles 0.1 and 0.9, events/s */
    double below_low, below_high;     /* shares of truths below them: calibration */
} scores_t;

typedef struct {
    bool has_quantiles;
    scores_t all, transitions; /* window_is_transition(); zeros without any */
} evaluation_t;

/* Forecasts every window in order and lets the forecaster observe it afterwards. The windows' history is MODEL_HISTORY.
 * `score` false: only observes, and nothing is reported. */
evaluation_t evaluate_forecaster(forecaster_t *forecaster, const windows_t *windows, bool score);

/* The same, scored; the absolute error of every window goes to `errors_per_s`, which has room for all. */
evaluation_t evaluate_forecaster_errors(forecaster_t *forecaster, const windows_t *windows,
                                        double *errors_per_s);

#endif
