#include "forecast/evaluate.h"

#include "forecast/loss.h"

#include <math.h>

static const double time_unknown = -1;

static void add(scores_t *sums, const forecast_t *forecast, double truth_per_s)
{
    const double error = forecast->rate_per_s - truth_per_s;
    const double low_per_s = forecast->has_quantiles ? forecast->low_per_s : forecast->rate_per_s;
    const double high_per_s = forecast->has_quantiles ? forecast->high_per_s : forecast->rate_per_s;
    double unused;
    sums->windows++;
    sums->error += fabs(error);
    sums->bias += error;
    sums->below += truth_per_s < forecast->rate_per_s;
    sums->low_pinball += loss_pinball(low_per_s - truth_per_s, 0.1, &unused);
    sums->high_pinball += loss_pinball(high_per_s - truth_per_s, 0.9, &unused);
    sums->below_low += truth_per_s < low_per_s;
    sums->below_high += truth_per_s < high_per_s;
}

static void divide(scores_t *sums)
{
    if (sums->windows == 0) return;
    double *const means[] = {&sums->error,        &sums->bias,      &sums->below,     &sums->low_pinball,
                             &sums->high_pinball, &sums->below_low, &sums->below_high};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++)
        *means[i] /= (double)sums->windows;
}

static evaluation_t evaluate(forecaster_t *forecaster, const windows_t *windows, bool score,
                             double *errors_per_s)
{
    evaluation_t sums = {0};
    for (size_t i = 0; i < windows->count; i++) {
        const double *window = windows->items[i], truth_per_s = window[windows->history];
        if (score) {
            const forecast_t forecast = forecaster_forecast(forecaster, window, time_unknown);
            sums.has_quantiles |= forecast.has_quantiles;
            add(&sums.all, &forecast, truth_per_s);
            if (window_is_transition(window, windows->history))
                add(&sums.transitions, &forecast, truth_per_s);
            if (errors_per_s) errors_per_s[i] = fabs(forecast.rate_per_s - truth_per_s);
        }
        forecaster_observe(forecaster, window, time_unknown, truth_per_s);
    }
    divide(&sums.all);
    divide(&sums.transitions);
    return sums;
}

evaluation_t evaluate_forecaster(forecaster_t *forecaster, const windows_t *windows, bool score)
{
    return evaluate(forecaster, windows, score, NULL);
}

evaluation_t evaluate_forecaster_errors(forecaster_t *forecaster, const windows_t *windows,
                                        double *errors_per_s)
{
    return evaluate(forecaster, windows, true, errors_per_s);
}
