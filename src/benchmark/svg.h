/*
 * Line charts as SVG: one file that any browser shows, in light and in dark, without scripts or fonts of its own.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SVG_H
#define ADAPTIVESTREAM_BENCHMARK_SVG_H

#include <stdbool.h>
#include <stddef.h>

enum { SVG_SERIES_MAXIMUM = 12 };

typedef struct {
    double x, y;
} svg_point_t;

typedef enum {
    SVG_LINE,    /* straight from point to point */
    SVG_STEPS,   /* level until the next point: counts, distributions */
    SVG_MARKERS, /* points only */
    SVG_LINE_AND_MARKERS
} svg_style_t;

typedef struct {
    const char *name; /* in the legend; NULL: not there */
    svg_style_t style;
    const svg_point_t *points; /* in the order of drawing */
    size_t count;
    const char *const *labels; /* `count` texts beside the points, each may be NULL; or NULL */
    bool labels_below;         /* else above */
} svg_series_t;

/* An axis spans its points, widened to whole ticks. */
typedef struct {
    const char *label; /* with the unit */
    bool logarithmic;  /* points that are not above 0 are left out, and the line breaks there */
    bool from_zero;    /* not with `logarithmic` */
} svg_axis_t;

typedef struct {
    const char *title;
    svg_axis_t x, y;
    const svg_series_t *series;
    size_t series_count; /* up to SVG_SERIES_MAXIMUM */
} svg_chart_t;

/* Writes the chart to `path`, over what is there. Texts are escaped; bytes that are not UTF-8 become '?'. Points that are
 * not finite, or beyond 1e300, are left out, and the line breaks there. On failure `error` holds one sentence that names the file. */
bool svg_write(const char *path, const svg_chart_t *chart, char *error, size_t error_size);

#endif
