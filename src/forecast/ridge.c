#include "forecast/ridge.h"

#include <math.h>
#include <string.h>

static const double day_s = 86400, two_pi = 6.283185307179586;

/* The weight of an observation halves in two hours of seconds: 2^(-1/7200). */
static const double fading = 0.99990373;

/* As much as so many observations of a scaled rate that say that the weight is 0. */
static const double penalty = 3;

/* Beyond this a surprise, in standard deviations of the window, counts by its size and not by its square (P. Huber's
 * weights): sudden walls would drown what can be learnt. */
static const double robust = 0.25;

void ridge_begin(ridge_t *ridge)
{
    *ridge = (ridge_t){0};
}

static scale_t terms_of(const double *history, double time_of_day_s, double terms[RIDGE_TERMS])
{
    float scaled[MODEL_HISTORY];
    const scale_t scale = model_scale(&model_default_scaler, history, MODEL_HISTORY, scaled, 1);
    for (size_t i = 0; i < MODEL_HISTORY; i++)
        terms[i] = (double)scaled[i];
    const bool known = time_of_day_s >= 0;
    terms[MODEL_HISTORY] = 1;
    terms[MODEL_HISTORY + 1] = known ? sin(two_pi * time_of_day_s / day_s) : 0;
    terms[MODEL_HISTORY + 2] = known ? cos(two_pi * time_of_day_s / day_s) : 0;
    return scale;
}

/* Cholesky; the penalty keeps the matrix positive definite. */
static void solve(ridge_t *ridge)
{
    double lower[RIDGE_TERMS][RIDGE_TERMS];
    memcpy(lower, ridge->squares, sizeof lower);
    for (size_t i = 0; i < RIDGE_TERMS; i++) {
        lower[i][i] += penalty;
        for (size_t j = 0; j <= i; j++) {
            double sum = lower[i][j];
            for (size_t k = 0; k < j; k++)
                sum -= lower[i][k] * lower[j][k];
            lower[i][j] = i == j ? sqrt(sum) : sum / lower[j][j];
        }
    }
    double *weights = ridge->weights;
    for (size_t i = 0; i < RIDGE_TERMS; i++) {
        double sum = ridge->products[i];
        for (size_t k = 0; k < i; k++)
            sum -= lower[i][k] * weights[k];
        weights[i] = sum / lower[i][i];
    }
    for (size_t i = RIDGE_TERMS; i-- > 0;) {
        for (size_t k = i + 1; k < RIDGE_TERMS; k++)
            weights[i] -= lower[k][i] * weights[k];
        weights[i] /= lower[i][i];
    }
    ridge->solved = true;
}

static double change_of(const ridge_t *ridge, const double terms[RIDGE_TERMS])
{
    double change = 0;
    for (size_t i = 0; i < RIDGE_TERMS; i++)
        change += ridge->weights[i] * terms[i];
    return change;
}

void ridge_observe(ridge_t *ridge, const double *history, double time_of_day_s, double rate_per_s)
{
    double terms[RIDGE_TERMS];
    const scale_t scale = terms_of(history, time_of_day_s, terms);
    if (!ridge->solved) solve(ridge);
    /* What changed, so that with all weights 0 the forecast is the last value. */
    const double change = (rate_per_s - history[MODEL_HISTORY - 1]) / scale.spread;
    const double surprise = fabs(change - change_of(ridge, terms));
    const double weight = surprise > robust ? robust / surprise : 1;
    for (size_t i = 0; i < RIDGE_TERMS; i++) {
        for (size_t j = 0; j <= i; j++)
            ridge->squares[i][j] = fading * ridge->squares[i][j] + weight * terms[i] * terms[j];
        ridge->products[i] = fading * ridge->products[i] + weight * terms[i] * change;
    }
    ridge->observations++;
    ridge->solved = false;
}

double ridge_forecast(ridge_t *ridge, const double *history, double time_of_day_s)
{
    double terms[RIDGE_TERMS];
    const scale_t scale = terms_of(history, time_of_day_s, terms);
    if (!ridge->solved) solve(ridge);
    return fmax(history[MODEL_HISTORY - 1] + change_of(ridge, terms) * scale.spread, 0);
}
