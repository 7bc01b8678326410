/*
 * The examples that a forecaster learns from or is judged by: every stretch of `history` seconds of a series, and what
 * came in the second after it.
 */
#ifndef ADAPTIVESTREAM_FORECAST_WINDOWS_H
#define ADAPTIVESTREAM_FORECAST_WINDOWS_H

#include "traffic/series.h"

#include <stdbool.h>
#include <stddef.h>

/* Each item points into a series: `history` rates, then the one to be forecast. The series must outlive it. */
typedef struct {
    const double **items; /* owned: windows_free() */
    size_t count;
    size_t history;
} windows_t;

/* All windows of series `from` to `to` - 1, in order. Series too short for one have none. False when out of memory. */
bool windows_of(const series_set_t *set, size_t from, size_t to, size_t history, windows_t *windows);

/* Leaves out the windows in whose history nothing came. They have no scale: divided by the scaler's epsilon alone, what
 * comes after them would be so large that a loss were made of little else. */
void windows_drop_silent(windows_t *windows);

void windows_free(windows_t *windows);

/* Whether the rate changes by more than a fifth within the last five seconds or in the one to be forecast: where
 * forecasts differ, the rest being noise around a level. */
bool window_is_transition(const double *window, size_t history);

#endif
