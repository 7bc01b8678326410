#include "benchmark/statistics.h"

#include "common/random.h"

#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 4000 };

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double statistics_median_in_place(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

double statistics_median(const double *values, size_t count)
{
    double sorted[STATISTICS_VALUES_MAXIMUM];
    if (count == 0) return 0;
    if (count > STATISTICS_VALUES_MAXIMUM) count = STATISTICS_VALUES_MAXIMUM;
    memcpy(sorted, values, count * sizeof *values);
    return statistics_median_in_place(sorted, count);
}

estimate_of_t statistics_estimate(const double *values, size_t count)
{
    if (count == 0) return (estimate_of_t){0};
    if (count > STATISTICS_VALUES_MAXIMUM) count = STATISTICS_VALUES_MAXIMUM;
    double medians[RESAMPLES], drawn[STATISTICS_VALUES_MAXIMUM];
    random_t random;
    random_seed(&random, 1, count);
    for (size_t i = 0; i < RESAMPLES; i++) {
        for (size_t k = 0; k < count; k++)
            drawn[k] = values[random_below(&random, count)];
        medians[i] = statistics_median_in_place(drawn, count);
    }
    qsort(medians, RESAMPLES, sizeof *medians, by_value);
    return (estimate_of_t){.count = count,
                           .median = statistics_median(values, count),
                           .low = medians[RESAMPLES / 40],
                           .high = medians[RESAMPLES - 1 - RESAMPLES / 40]};
}
