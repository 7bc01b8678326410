#include "forecast/forecaster.h"

#include "forecast/classic.h"
#include "forecast/network.h"
#include "forecast/ridge.h"

#include <math.h>
#include <stdlib.h>

const char *const forecaster_kind_names[FORECASTER_KINDS] = {
    [FORECASTER_LAST] = "last",   [FORECASTER_EMA] = "ema",   [FORECASTER_HOLT] = "holt",
    [FORECASTER_RIDGE] = "ridge", [FORECASTER_LSTM] = "lstm",
};

/* Of Holt's level and trend. It is there for ramps; for noise there are others. On the training lines of
 * tests/data/seven_shapes.csv.gz the best of a grid of tenths is 1 and 0.9 with an error of 40.2, and these have 41.4. */
static const double holt_level = 0.9, holt_trend = 0.9;

struct forecaster {
    forecaster_kind_t kind;
    double ema_weight;
    const model_t *model;
    network_t *network;
    ridge_t ridge;
};

forecaster_t *forecaster_create(forecaster_kind_t kind, const model_t *model)
{
    forecaster_t *forecaster = calloc(1, sizeof *forecaster);
    if (!forecaster) return NULL;
    forecaster->kind = kind;
    forecaster->ema_weight = CLASSIC_EMA_WEIGHT;
    ridge_begin(&forecaster->ridge);
    if (kind != FORECASTER_LSTM) return forecaster;
    forecaster->model = model;
    forecaster->network = network_create(&model->shape, 1, false, kernels_best());
    if (forecaster->network) return forecaster;
    free(forecaster);
    return NULL;
}

void forecaster_destroy(forecaster_t *forecaster)
{
    if (forecaster) network_destroy(forecaster->network);
    free(forecaster);
}

void forecaster_set_ema_weight(forecaster_t *forecaster, double weight)
{
    forecaster->ema_weight = weight;
}

/* The output for a quantile; NULL when the model has none. */
static const float *quantile_of(const model_t *model, const float *outputs, float level)
{
    for (size_t i = 0; i < model->shape.outputs; i++)
        if (model->outputs[i].kind == OUTPUT_QUANTILE && fabsf(model->outputs[i].level - level) < 1e-6f)
            return &outputs[i];
    return NULL;
}

static forecast_t forecast_by_network(forecaster_t *forecaster, const double *history)
{
    const model_t *model = forecaster->model;
    const scale_t scale =
        model_scale(&model->scaler, history, MODEL_HISTORY, network_inputs(forecaster->network), 1);
    const float *outputs = network_forward(forecaster->network, model->parameters, 1);
    forecast_t forecast = {.rate_per_s = fmax((double)outputs[0] * scale.spread + scale.mean, 0)};
    const float *low = quantile_of(model, outputs, 0.1f), *high = quantile_of(model, outputs, 0.9f);
    if (!low || !high) return forecast;
    /* Learnt apart, the two may cross. */
    forecast.has_quantiles = true;
    forecast.low_per_s = fmax((double)fminf(*low, *high) * scale.spread + scale.mean, 0);
    forecast.high_per_s = fmax((double)fmaxf(*low, *high) * scale.spread + scale.mean, 0);
    return forecast;
}

forecast_t forecaster_forecast(forecaster_t *forecaster, const double *history, double time_of_day_s)
{
    double rate_per_s = history[MODEL_HISTORY - 1];
    switch (forecaster->kind) {
    case FORECASTER_LSTM:
        return forecast_by_network(forecaster, history);
    case FORECASTER_EMA:
        rate_per_s = classic_ema(history, MODEL_HISTORY, forecaster->ema_weight);
        break;
    case FORECASTER_HOLT:
        rate_per_s = classic_holt(history, MODEL_HISTORY, holt_level, holt_trend);
        break;
    case FORECASTER_RIDGE:
        if (forecaster->ridge.observations >= FORECASTER_RIDGE_WARM)
            rate_per_s = ridge_forecast(&forecaster->ridge, history, time_of_day_s);
        break;
    default:
        break;
    }
    return (forecast_t){.rate_per_s = rate_per_s};
}

void forecaster_observe(forecaster_t *forecaster, const double *history, double time_of_day_s,
                        double rate_per_s)
{
    if (forecaster->kind == FORECASTER_RIDGE)
        ridge_observe(&forecaster->ridge, history, time_of_day_s, rate_per_s);
}
