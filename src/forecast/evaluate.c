#include "forecast/evaluate.h"

#include "forecast/loss.h"

#include <math.h>

static const double time_unknown = -1;

static void add_quantiles(evaluation_t *sums, const forecast_t *forecast, double truth_per_s)
{
    double unused;
    sums->has_quantiles = true;
    sums->low_pinball += loss_pinball(forecast->low_per_s - truth_per_s, 0.1, &unused);
    sums->high_pinball += loss_pinball(forecast->high_per_s - truth_per_s, 0.9, &unused);
    sums->below_low += truth_per_s < forecast->low_per_s;
    sums->below_high += truth_per_s < forecast->high_per_s;
}

evaluation_t evaluate_forecaster(forecaster_t *forecaster, const windows_t *windows, bool score)
{
    evaluation_t sums = {0};
    for (size_t i = 0; i < windows->count; i++) {
        const double *window = windows->items[i], truth_per_s = window[windows->history];
        if (score) {
            const forecast_t forecast = forecaster_forecast(forecaster, window, time_unknown);
            const double error = forecast.rate_per_s - truth_per_s;
            sums.error += fabs(error);
            sums.bias += error;
            sums.windows++;
            if (window_is_transition(window, windows->history)) {
                sums.transitions++;
                sums.transition_error += fabs(error);
            }
            if (forecast.has_quantiles) add_quantiles(&sums, &forecast, truth_per_s);
        }
        forecaster_observe(forecaster, window, time_unknown, truth_per_s);
    }
    if (sums.windows == 0) return sums;
    const double count = (double)sums.windows;
    sums.error /= count;
    sums.bias /= count;
    sums.low_pinball /= count;
    sums.high_pinball /= count;
    sums.below_low /= count;
    sums.below_high /= count;
    if (sums.transitions > 0) sums.transition_error /= (double)sums.transitions;
    return sums;
}
