/*
 * A histogram of durations in fixed memory: log-linear classes of 1/32 octave (3 %) from 1 ms to about 37
 * hours, weighted by events, with sum and extremes kept exactly. Values below 1 ms fall into the first class,
 * values above the range into the last one. Not thread-safe; allocates nothing.
 */
#ifndef ADAPTIVESTREAM_COMMON_HISTOGRAM_H
#define ADAPTIVESTREAM_COMMON_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_OCTAVES = 27,
    HISTOGRAM_PER_OCTAVE = 32,
    HISTOGRAM_CLASSES = HISTOGRAM_OCTAVES * HISTOGRAM_PER_OCTAVE
};

typedef struct {
    int64_t counts[HISTOGRAM_CLASSES];
    int64_t total;
    double sum_s;
    double max_s;
} histogram_t;

/* `weight` events of `seconds` each; seconds below 0 are taken as 0, a weight of 0 or less is ignored. */
void histogram_add(histogram_t *histogram, double seconds, int64_t weight);

/* Mean in seconds; 0 when empty. */
double histogram_mean(const histogram_t *histogram);

/* The value below which the fraction `quantile` (0 to 1) of the events lies, by linear interpolation inside a
 * class, never above the maximum; 0 when empty. */
double histogram_quantile(const histogram_t *histogram, double quantile);

#endif
