#include "advice/search.h"

#include <math.h>

enum { CHOSEN = SEARCH_SAMPLES / 2 };
static const double kept = 0.8; /* of the variance, a generation */

void search_begin(search_t *search, const double *start, int count, double deviation, uint64_t seed)
{
    *search = (search_t){.count = count};
    random_seed(&search->random, seed, 0);
    for (int i = 0; i < count; i++) {
        search->mean[i] = start[i];
        search->deviation[i] = deviation;
    }
}

const double *search_ask(search_t *search)
{
    double *sample = search->samples[search->sample];
    for (int i = 0; i < search->count; i++)
        sample[i] = search->mean[i] + search->deviation[i] * random_normal(&search->random);
    return sample;
}

/* The CHOSEN samples with the lowest scores, by their numbers. */
static void choose(const search_t *search, int chosen[CHOSEN])
{
    int order[SEARCH_SAMPLES];
    for (int i = 0; i < SEARCH_SAMPLES; i++) {
        int k = i;
        for (; k > 0 && search->scores[order[k - 1]] > search->scores[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    for (int i = 0; i < CHOSEN; i++)
        chosen[i] = order[i];
}

void search_tell(search_t *search, double score)
{
    search->scores[search->sample++] = isfinite(score) ? score : INFINITY;
    if (search->sample < SEARCH_SAMPLES) return;
    int chosen[CHOSEN];
    choose(search, chosen);
    for (int i = 0; i < search->count; i++) {
        double mean = 0, variance = 0;
        for (int k = 0; k < CHOSEN; k++) {
            const double value = search->samples[chosen[k]][i];
            mean += value / CHOSEN;
            variance += (value - search->mean[i]) * (value - search->mean[i]) / CHOSEN;
        }
        const double before = search->deviation[i];
        search->deviation[i] = sqrt(kept * before * before + (1 - kept) * variance);
        search->mean[i] = mean;
    }
    search->sample = 0;
    search->generation++;
}
