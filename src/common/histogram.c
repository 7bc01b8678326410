#include "common/histogram.h"

#include <math.h>

static const double smallest_s = 1e-3;

/* Lower edge of a class: octaves are cut into equal linear parts. */
static double class_edge(int index)
{
    const int octave = index / HISTOGRAM_PER_OCTAVE;
    const int part = index % HISTOGRAM_PER_OCTAVE;
    return index == 0 ? 0 : ldexp(smallest_s, octave) * (1.0 + (double)part / HISTOGRAM_PER_OCTAVE);
}

static int class_of(double seconds)
{
    if (seconds <= smallest_s) return 0;
    int exponent;
    const double mantissa = frexp(seconds / smallest_s, &exponent); /* in [0.5, 1) */
    const int index =
        (exponent - 1) * HISTOGRAM_PER_OCTAVE + (int)((2 * mantissa - 1) * HISTOGRAM_PER_OCTAVE);
    return index < HISTOGRAM_CLASSES ? index : HISTOGRAM_CLASSES - 1;
}

void histogram_add(histogram_t *histogram, double seconds, int64_t weight)
{
    if (weight <= 0) return;
    if (!(seconds > 0)) seconds = 0;
    histogram->counts[class_of(seconds)] += weight;
    histogram->total += weight;
    histogram->sum_s += seconds * (double)weight;
    if (seconds > histogram->max_s) histogram->max_s = seconds;
}

double histogram_mean(const histogram_t *histogram)
{
    return histogram->total > 0 ? histogram->sum_s / (double)histogram->total : 0;
}

double histogram_quantile(const histogram_t *histogram, double quantile)
{
    const double rank = quantile * (double)histogram->total;
    double before = 0;
    for (int i = 0; i < HISTOGRAM_CLASSES; i++) {
        const double count = (double)histogram->counts[i];
        if (count > 0 && before + count >= rank) {
            const double low = class_edge(i), high = class_edge(i + 1);
            return fmin(low + (high - low) * (rank - before) / count, histogram->max_s);
        }
        before += count;
    }
    return histogram->max_s;
}
