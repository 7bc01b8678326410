/*
 * Who can give advice: the forecasters of the next second (forecast/forecaster.h), the network that learns the effective
 * rate on the stream itself, and `auto`, the best of them by evidence.
 */
#ifndef ADAPTIVESTREAM_ADVICE_KINDS_H
#define ADAPTIVESTREAM_ADVICE_KINDS_H

#include "forecast/forecaster.h"

/* The candidates in the order of forecaster_kind_t, so that one is the other's number. */
typedef enum {
    ADVICE_LAST = FORECASTER_LAST,
    ADVICE_EMA = FORECASTER_EMA,
    ADVICE_HOLT = FORECASTER_HOLT,
    ADVICE_RIDGE = FORECASTER_RIDGE,
    ADVICE_LSTM = FORECASTER_LSTM,
    ADVICE_LEARNED,
    ADVICE_CANDIDATES,
    ADVICE_AUTO = ADVICE_CANDIDATES,
    ADVICE_NONE,
    ADVICE_KINDS
} advice_kind_t;

extern const char *const advice_kind_names[ADVICE_KINDS]; /* "last", ..., "learned", "auto", "none" */

#endif
