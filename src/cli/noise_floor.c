#include "cli/noise_floor.h"

#include "forecast/model.h"
#include "forecast/windows.h"

#include <math.h>
#include <string.h>

typedef struct {
    double error, unforeseen;
    size_t windows;
} sums_t;

static void add(sums_t *sums, double error, double unforeseen)
{
    sums->error += error;
    sums->unforeseen += unforeseen;
    sums->windows++;
}

static void add_series(sums_t *all, sums_t *transitions, const series_t *noisy, const series_t *smooth)
{
    const double baseline_per_s = smooth->rates_per_s[0]; /* a burst's first second is at the baseline too */
    for (size_t at = MODEL_HISTORY; at < noisy->count; at++) {
        const double *came = &noisy->rates_per_s[at], *meant = &smooth->rates_per_s[at];
        const double expected_per_s = meant[-1] > baseline_per_s ? *meant : baseline_per_s;
        const double error = fabs(*came - *meant), unforeseen = fabs(*came - expected_per_s);
        add(all, error, unforeseen);
        if (window_is_transition(came - MODEL_HISTORY, MODEL_HISTORY)) add(transitions, error, unforeseen);
    }
}

static double mean(double sum, size_t count)
{
    return count > 0 ? sum / (double)count : 0;
}

bool noise_floor_of(const data_flags_t *settings, const data_t *data, noise_floor_t *noise_floor)
{
    sums_t all = {0}, transitions = {0};
    *noise_floor = (noise_floor_t){0};
    if (data->file.count > 0 || data->traces.count > 0) return true;
    for (size_t i = 0; i < data->generated.count; i++) {
        series_set_t smooth = {0};
        if (!data_add_generated(settings, i, false, &smooth)) return false;
        add_series(&all, &transitions, &data->generated.items[i], &smooth.items[0]);
        series_set_free(&smooth);
    }
    noise_floor->known = all.error > 0;
    noise_floor->beginnings_known = noise_floor->known && strcmp(settings->shape, "burst") == 0;
    noise_floor->error = mean(all.error, all.windows);
    noise_floor->transition_error = mean(transitions.error, transitions.windows);
    noise_floor->unforeseen_error = mean(all.unforeseen, all.windows);
    noise_floor->unforeseen_transition_error = mean(transitions.unforeseen, transitions.windows);
    return true;
}
