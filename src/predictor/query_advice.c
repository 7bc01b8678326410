#include "predictor/query_advice.h"

#include <math.h>

query_adviser_t *query_adviser_create(const char *label, const adviser_settings_t *settings)
{
    (void)label;
    (void)settings;
    return NULL;
}

void query_adviser_destroy(query_adviser_t *adviser)
{
    (void)adviser;
}

void query_adviser_observe(query_adviser_t *adviser, const observation_t *observation)
{
    (void)adviser;
    (void)observation;
}

query_advice_t query_adviser_advise(query_adviser_t *adviser, const double *history, int64_t time_ms,
                                    const forecast_t *forecast)
{
    (void)adviser;
    (void)history;
    (void)time_ms;
    (void)forecast;
    return (query_advice_t){.confidence = 0, .effective_per_s = NAN};
}
