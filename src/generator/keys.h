/*
 * The keys of events: "key-0" to "key-(N-1)", drawn independently. Without skew all are equally likely; with
 * skew S the chance of key-i is proportional to 1 / (i + 1)^S (Zipf's law). The same seed gives the same keys
 * on every machine.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_KEYS_H
#define ADAPTIVESTREAM_GENERATOR_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum { KEYS_MAXIMUM = 1000000 };

#define KEYS_SKEW_MAXIMUM 10.0

typedef struct keys keys_t;

/* `count` is 1 to KEYS_MAXIMUM, `skew` 0 to KEYS_SKEW_MAXIMUM. NULL when memory is short. */
keys_t *keys_new(size_t count, double skew, uint64_t seed);

/* The next event's key, valid until the next call; its length in *length. */
const char *keys_next(keys_t *keys, size_t *length);

void keys_free(keys_t *keys);

#endif
