/*
 * The scale of one axis of a chart: from values to a share of the axis, with ticks at round numbers.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SVG_SCALE_H
#define ADAPTIVESTREAM_BENCHMARK_SVG_SCALE_H

#include "benchmark/svg.h"

enum { SVG_TICKS_MAXIMUM = 32, SVG_TICK_SIZE = 32 };

typedef struct {
    bool logarithmic;
    double low, high; /* low < high */
    double ticks[SVG_TICKS_MAXIMUM];
    size_t tick_count;
    int digits; /* after the point, of a tick's text; -1: as many as the number has */
} svg_scale_t;

/* `member`: offset of x or y in svg_point_t. Points that cannot be drawn do not count. */
svg_scale_t svg_scale_of(const svg_axis_t *axis, const svg_chart_t *chart, size_t member);

/* False for what has no place: not finite, or not above 0 on a logarithmic axis. */
bool svg_scale_holds(const svg_scale_t *scale, double value);

/* 0 at the low end, 1 at the high end. */
double svg_scale_share(const svg_scale_t *scale, double value);

/* The text of tick `index`, in `text`. */
const char *svg_scale_text(const svg_scale_t *scale, size_t index, char text[SVG_TICK_SIZE]);

#endif
