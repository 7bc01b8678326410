/*
 * What is known of a stream as advice is given: the averages of its arrivals that the governor's blend is made of
 * (control/arrival_rate.h), and what each forecaster says of the next second against the blend, as a logarithm, so that
 * 0 is the forecast-free rule and the scale of the traffic does not matter.
 */
#ifndef ADAPTIVESTREAM_ADVICE_FEATURES_H
#define ADAPTIVESTREAM_ADVICE_FEATURES_H

#include "control/arrival_rate.h"
#include "forecast/forecaster.h"

/* log(forecast / blend), both raised by the blend's own floor. Within +-8; 0 where the forecast is no number. */
double feature_of_forecast(const arrival_rate_t *arrivals, double blend_per_s, double rate_per_s);

#endif
