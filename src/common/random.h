/*
 * A seedable source of random numbers whose results are the same on every machine: integer arithmetic and
 * exactly rounded operations only, never the C library's log() or pow(), whose last digit differs between
 * libraries.
 *
 * Generator: xoshiro256** 1.0 of D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators",
 * ACM TOMS 47(4), 2021; its state is filled by splitmix64, as they recommend. Not for secrets.
 */
#ifndef ADAPTIVESTREAM_COMMON_RANDOM_H
#define ADAPTIVESTREAM_COMMON_RANDOM_H

#include <stdint.h>

/* May be copied: both copies then give the same numbers. */
typedef struct {
    uint64_t state[4];
} random_t;

/* Each (seed, stream) pair starts an unrelated sequence, so that two uses of one seed do not share numbers. */
void random_seed(random_t *random, uint64_t seed, uint64_t stream);

/* 64 random bits. */
uint64_t random_bits(random_t *random);

/* Uniform in [0, 1), a multiple of 2^-53. */
double random_uniform(random_t *random);

/* Uniform in 0 .. bound-1 without bias; bound > 0. */
uint64_t random_below(random_t *random, uint64_t bound);

/* Exponential with mean 1, by J. von Neumann's method of comparisons ("Various techniques used in connection
 * with random digits", 1951). */
double random_exponential(random_t *random);

/* Normal with mean 0 and variance 1, by G. Box and M. Muller's method ("A note on the generation of random
 * normal deviates", 1958), with the exponential above in place of a logarithm and a point of the unit disc in
 * place of a sine. */
double random_normal(random_t *random);

/* How many of `count` independent trials succeed, each with `chance` (0 to 1). Below a variance of 1000 exact, by the
 * second waiting time method (L. Devroye, "Non-Uniform Random Variate Generation", 1986, X.4.3), in time proportional to
 * the mean; above it the rounded normal, which no sample of less than millions tells from it, at once. */
uint64_t random_binomial(random_t *random, uint64_t count, double chance);

#endif
