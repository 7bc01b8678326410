/*
 * Search for the weights with the lowest score by sampling: the separable variant of CMA-ES without step-size paths, i.e.
 * a normal distribution with a mean and a deviation for each weight, moved towards the better half of every generation
 * (R. Ros and N. Hansen, "A simple modification in CMA-ES achieving linear time and space complexity", PPSN 2008).
 * Scores may be noisy or piecewise constant, as those of a simulated rule are.
 *
 *     search_begin(&search, start, count, 0.15, seed);
 *     while (generations are left)
 *         weights = search_ask(&search)
 *         search_tell(&search, score of weights)
 *     search.mean is the answer
 */
#ifndef ADAPTIVESTREAM_ADVICE_SEARCH_H
#define ADAPTIVESTREAM_ADVICE_SEARCH_H

#include "common/random.h"

#include <stdint.h>

enum { SEARCH_MOST_WEIGHTS = 16, SEARCH_SAMPLES = 12 };

typedef struct {
    int count; /* weights */
    int generation, sample;
    double mean[SEARCH_MOST_WEIGHTS], deviation[SEARCH_MOST_WEIGHTS];
    double samples[SEARCH_SAMPLES][SEARCH_MOST_WEIGHTS];
    double scores[SEARCH_SAMPLES];
    random_t random;
} search_t;

void search_begin(search_t *search, const double *start, int count, double deviation, uint64_t seed);

/* The weights to be scored next, valid until search_tell(). */
const double *search_ask(search_t *search);

/* Scores that are not finite count as the worst. */
void search_tell(search_t *search, double score);

#endif
