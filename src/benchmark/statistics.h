/*
 * What a few repetitions of a measurement say: the median, and how far it is to be trusted.
 *
 * The interval is the percentile bootstrap of the median (B. Efron, "Bootstrap methods: another look at the jackknife",
 * Annals of Statistics 7, 1979): the middle 95 % of the medians of as many values drawn again with replacement. With three
 * values it can be no narrower than honest: nearly always their range. Pure and the same on every machine.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_STATISTICS_H
#define ADAPTIVESTREAM_BENCHMARK_STATISTICS_H

#include <stddef.h>

enum { STATISTICS_VALUES_MAXIMUM = 256 };

typedef struct {
    size_t count; /* values; 0: the others are 0 too */
    double median, low, high;
} estimate_of_t;

/* Of up to STATISTICS_VALUES_MAXIMUM values, in any order. The mean of the middle two where their number is even. */
double statistics_median(const double *values, size_t count);

/* Of one value or more, however many; puts them in order. */
double statistics_median_in_place(double *values, size_t count);

estimate_of_t statistics_estimate(const double *values, size_t count);

#endif
