/*
 * The agent's journal told once more as observations (protocol/observation.h), as the agent would have sent them: for whoever shows
 * either. Of each run a governor is replayed beside it, which knows what the lines leave out: quantiles of waits, the slot, the
 * longest wait.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_JOURNAL_OBSERVATIONS_H
#define ADAPTIVESTREAM_BENCHMARK_JOURNAL_OBSERVATIONS_H

#include "protocol/observation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All that is given is gone afterwards. */
typedef struct {
    void (*observed)(void *context, const observation_t *observation);
    /* A forecast the governor was given: the effective rate, events/s. May be NULL. */
    void (*advised)(void *context, const char *query, int64_t time_ms, double rate, double confidence);
    void *context;
} journal_listener_t;

typedef struct {
    size_t lines, observations;
    size_t malformed;       /* lines passed over */
    size_t first_malformed; /* the number of the first one */
} journal_told_t;

/* Tells what the journal holds of this query (name, id or run; NULL: all) up to `until_ms` (INT64_MAX: to its end). False when it
 * cannot be read or memory ends; `error` then holds one sentence that names the file. */
bool journal_tell(const char *path, const char *query, int64_t until_ms, const journal_listener_t *listener,
                  journal_told_t *told, char *error, size_t error_size);

#endif
