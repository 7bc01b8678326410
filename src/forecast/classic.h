/*
 * Forecasts of the next value by smoothing a history alone; nothing is remembered between two of them.
 */
#ifndef ADAPTIVESTREAM_FORECAST_CLASSIC_H
#define ADAPTIVESTREAM_FORECAST_CLASSIC_H

#include <stddef.h>

#define CLASSIC_EMA_WEIGHT 0.7

/* Exponential moving average with `weight` (0 to 1) on the newer value; count >= 1. */
double classic_ema(const double *history, size_t count, double weight);

/* C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages", ONR memorandum 52, 1957: level
 * and trend, the latter begun at 0; one step ahead, not below 0. */
double classic_holt(const double *history, size_t count, double level_weight, double trend_weight);

#endif
