/*
 * One interface to all forecasters: from the last MODEL_HISTORY seconds of arrivals, the rate of the next second.
 *
 *     forecaster_t *forecaster = forecaster_create(FORECASTER_RIDGE, NULL);
 *     forecast_t forecast = forecaster_forecast(forecaster, history, time_of_day_s);
 *     ...a second later...
 *     forecaster_observe(forecaster, history, time_of_day_s, rate_per_s);
 *
 * A forecast depends on what it is given and, with `ridge`, on what it has observed. No clock, no thread: one
 * forecaster is used by one thread at a time.
 *
 * last   the last value
 * ema    exponential moving average over the history, weight 0.7 (unless set) on the newest, begun at the oldest
 * holt   C. Holt's linear trend (1957) over the history, one second ahead
 * ridge  linear in the scaled history and the time of day, learnt on-line by robust regularised least squares in which an
 *        observation's weight halves every two hours; the last value until it has seen FORECASTER_RIDGE_WARM seconds
 * lstm   the network of a model file, with the quantiles that it has
 */
#ifndef ADAPTIVESTREAM_FORECAST_FORECASTER_H
#define ADAPTIVESTREAM_FORECAST_FORECASTER_H

#include "forecast/model.h"

#include <stdbool.h>
#include <stddef.h>

enum { FORECASTER_RIDGE_WARM = 120 };

typedef enum {
    FORECASTER_LAST,
    FORECASTER_EMA,
    FORECASTER_HOLT,
    FORECASTER_RIDGE,
    FORECASTER_LSTM,
    FORECASTER_KINDS
} forecaster_kind_t;

extern const char *const forecaster_kind_names[FORECASTER_KINDS];

typedef struct {
    double rate_per_s; /* never below 0 */
    bool has_quantiles;
    double low_per_s, high_per_s; /* the quantiles 0.1 and 0.9; low <= high */
} forecast_t;

typedef struct forecaster forecaster_t;

/* The model is needed by FORECASTER_LSTM alone, is not copied and must outlive it; its history is MODEL_HISTORY. NULL
 * when out of memory. */
forecaster_t *forecaster_create(forecaster_kind_t kind, const model_t *model);

void forecaster_destroy(forecaster_t *forecaster);

/* Of forecaster ema: 0 to 1, on the newest value, instead of CLASSIC_EMA_WEIGHT. */
void forecaster_set_ema_weight(forecaster_t *forecaster, double weight);

/* `history`: MODEL_HISTORY rates, events/s, oldest first, each of a second. `time_of_day_s`: of the second to be
 * forecast, 0 to 86400; negative when unknown. */
forecast_t forecaster_forecast(forecaster_t *forecaster, const double *history, double time_of_day_s);

/* The same history and time, and what came. */
void forecaster_observe(forecaster_t *forecaster, const double *history, double time_of_day_s,
                        double rate_per_s);

#endif
