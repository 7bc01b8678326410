/*
 * What is learnt of one query by watching it: how far its forecasts are to be trusted, and the rate that decisions should
 * count with. So far nothing is: confidence is always 0, which is the rule without a forecast. What will learn is plugged in
 * here; the service around it feeds and asks it already.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_QUERY_ADVICE_H
#define ADAPTIVESTREAM_PREDICTOR_QUERY_ADVICE_H

#include "forecast/forecaster.h"
#include "protocol/observation.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double confidence;      /* 0 to 1 */
    double effective_per_s; /* nan while there is none */
} query_advice_t;

/* What all queries' advisers share; they keep it by reference. */
typedef struct {
    bool automatic; /* the best forecaster is to be found for each query; else it is: */
    forecaster_kind_t forecaster;
    const model_t *model;
    const char *state_dir; /* for what was learnt; NULL: it is not kept */
} adviser_settings_t;

typedef struct query_adviser query_adviser_t;

/* Of the query `label`, which is not kept. NULL when there is nothing that could advise, or no memory for it: all below
 * take it. */
query_adviser_t *query_adviser_create(const char *label, const adviser_settings_t *settings);
void query_adviser_destroy(query_adviser_t *adviser);

/* An observation: slots, costs, a new configuration. */
void query_adviser_observe(query_adviser_t *adviser, const observation_t *observation);

/* Once for every `predict`, with what the forecaster says. time_ms: FIELD_UNKNOWN when not known. */
query_advice_t query_adviser_advise(query_adviser_t *adviser, const double *history, int64_t time_ms,
                                    const forecast_t *forecast);

#endif
