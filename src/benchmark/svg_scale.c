#include "benchmark/svg_scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 6, FEW_DECADES = 3 };

/* Beyond it ticks would run out of a double's range. */
static const double largest = 1e300;

bool svg_scale_holds(const svg_scale_t *scale, double value)
{
    return fabs(value) <= largest && (!scale->logarithmic || value >= 1 / largest);
}

double svg_scale_share(const svg_scale_t *scale, double value)
{
    if (scale->logarithmic) return (log(value) - log(scale->low)) / (log(scale->high) - log(scale->low));
    /* Halves, since the difference of two large numbers may be too large for one. */
    return (value / 2 - scale->low / 2) / (scale->high / 2 - scale->low / 2);
}

const char *svg_scale_text(const svg_scale_t *scale, size_t index, char text[SVG_TICK_SIZE])
{
    const double tick = scale->ticks[index];
    if (scale->digits >= 0 && fabs(tick) < 1e9)
        snprintf(text, SVG_TICK_SIZE, "%.*f", scale->digits, tick);
    else
        snprintf(text, SVG_TICK_SIZE, "%.6g", tick);
    return text;
}

/* The smallest of 1, 2, 5, 10, 20, ... that is not below `least` (> 0). */
static double round_step(double least)
{
    const double power = pow(10, floor(log10(least)));
    const double lead = least / power;
    return power * (lead <= 1 + 1e-9 ? 1 : lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10);
}

static void add_tick(svg_scale_t *scale, double tick)
{
    if (scale->tick_count < SVG_TICKS_MAXIMUM) scale->ticks[scale->tick_count++] = tick;
}

static void set_linear_ticks(svg_scale_t *scale)
{
    const double magnitude = fmax(fabs(scale->low), fabs(scale->high));
    /* One value only, or a span that doubles cannot divide. */
    if (scale->high / 2 - scale->low / 2 <= 1e-12 * magnitude || magnitude == 0) {
        const double room = magnitude > 0 ? magnitude / 2 : 1;
        scale->low -= scale->low > 0 || scale->low < 0 ? room : 0;
        scale->high += room;
    }
    const double step = round_step((scale->high / STEPS - scale->low / STEPS));
    const double first = floor(scale->low / step + 1e-9), last = ceil(scale->high / step - 1e-9);
    scale->low = first * step;
    scale->high = last * step;
    scale->digits = (int)fmin(9, fmax(0, -floor(log10(step) + 1e-9)));
    for (double i = first; i <= last; i++)
        add_tick(scale, i * step == 0 ? 0 : i * step); /* no -0 */
}

/* 1, 2 and 5 of every decade where there are few, else whole decades, not too many. */
static void set_logarithmic_ticks(svg_scale_t *scale)
{
    static const double leads[] = {1, 2, 5};
    const double low = floor(log10(scale->low) + 1e-9), high = ceil(log10(scale->high) - 1e-9);
    const bool few = high - low <= FEW_DECADES;
    const double stride = fmax(1, ceil((high - low) / (SVG_TICKS_MAXIMUM / 3.0)));
    double below = pow(10, low), above = pow(10, fmax(high, low + 1));
    scale->digits = -1;
    for (double decade = low; few && decade <= high; decade++)
        for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
            const double tick = leads[i] * pow(10, decade);
            if (tick <= scale->low * (1 + 1e-9)) below = tick;
            if (tick >= scale->high * (1 - 1e-9) && tick > below) above = fmin(above, tick);
        }
    scale->low = below;
    scale->high = above;
    for (double decade = low; decade <= high + 1; decade += stride)
        for (size_t i = 0; i < (few ? sizeof leads / sizeof leads[0] : 1); i++) {
            const double tick = leads[i] * pow(10, decade);
            if (tick >= below * (1 - 1e-9) && tick <= above * (1 + 1e-9)) add_tick(scale, tick);
        }
}

svg_scale_t svg_scale_of(const svg_axis_t *axis, const svg_chart_t *chart, size_t member)
{
    svg_scale_t scale = {.logarithmic = axis->logarithmic, .low = INFINITY, .high = -INFINITY};
    const svg_scale_t x = {.logarithmic = chart->x.logarithmic}, y = {.logarithmic = chart->y.logarithmic};
    for (size_t i = 0; i < chart->series_count; i++)
        for (size_t k = 0; k < chart->series[i].count; k++) {
            const svg_point_t *point = &chart->series[i].points[k];
            if (!svg_scale_holds(&x, point->x) || !svg_scale_holds(&y, point->y)) continue;
            double value;
            memcpy(&value, (const char *)point + member, sizeof value);
            scale.low = fmin(scale.low, value);
            scale.high = fmax(scale.high, value);
        }
    if (scale.low > scale.high) {
        scale.low = axis->logarithmic ? 1 : 0;
        scale.high = axis->logarithmic ? 10 : 1;
    }
    if (axis->from_zero && !axis->logarithmic) {
        scale.low = fmin(scale.low, 0);
        scale.high = fmax(scale.high, 0);
    }
    if (axis->logarithmic)
        set_logarithmic_ticks(&scale);
    else
        set_linear_ticks(&scale);
    return scale;
}
