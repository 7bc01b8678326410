/* Random numbers of arrivals, for tests. */
#ifndef ADAPTIVESTREAM_TESTS_POISSON_H
#define ADAPTIVESTREAM_TESTS_POISSON_H

#include "common/random.h"

#include <stdint.h>

/* Poisson with the given mean >= 0, by counting unit exponentials: exact, in time proportional to the mean. */
static inline uint64_t poisson(random_t *random, double mean)
{
    uint64_t count = 0;
    for (double sum = random_exponential(random); sum < mean; sum += random_exponential(random))
        count++;
    return count;
}

#endif
