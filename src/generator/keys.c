#include "generator/keys.h"

#include "common/power.h"
#include "common/random.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_SIZE = 16 };

/* Keeps the keys apart from values and arrivals of the same seed: see random_seed(). */
static const uint64_t key_stream = 6;

struct keys {
    size_t count;
    random_t random;
    double *sums; /* weights of key 0 to i together; NULL without skew */
    char text[KEY_SIZE];
};

static double *sums_of(size_t count, double skew)
{
    double *sums = malloc(count * sizeof *sums);
    double sum = 0;
    for (size_t i = 0; sums != NULL && i < count; i++) {
        sum += 1 / power((double)(i + 1), skew);
        sums[i] = sum;
    }
    return sums;
}

keys_t *keys_new(size_t count, double skew, uint64_t seed)
{
    keys_t *keys = calloc(1, sizeof *keys);
    if (keys == NULL) return NULL;
    keys->count = count;
    random_seed(&keys->random, seed, key_stream);
    if (skew > 0) keys->sums = sums_of(count, skew);
    if (skew > 0 && keys->sums == NULL) {
        free(keys);
        return NULL;
    }
    return keys;
}

/* The first key whose sum is above `point`. */
static size_t key_at(const keys_t *keys, double point)
{
    size_t low = 0, high = keys->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys->sums[middle] > point)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const char *keys_next(keys_t *keys, size_t *length)
{
    size_t key;
    if (keys->sums == NULL)
        key = (size_t)random_below(&keys->random, keys->count);
    else
        key = key_at(keys, random_uniform(&keys->random) * keys->sums[keys->count - 1]);
    *length = (size_t)snprintf(keys->text, sizeof keys->text, "key-%zu", key);
    return keys->text;
}

void keys_free(keys_t *keys)
{
    if (keys == NULL) return;
    free(keys->sums);
    free(keys);
}
