/*
 * One run of the agent's journal, line by line, as the observations the agent would have sent (journal_observations.h).
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_JOURNAL_RUN_H
#define ADAPTIVESTREAM_BENCHMARK_JOURNAL_RUN_H

#include "benchmark/journal_observations.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct journal_run journal_run_t;

/* NULL when memory is out. */
journal_run_t *journal_run_create(const char *run);
void journal_run_destroy(journal_run_t *run);
bool journal_run_is(const journal_run_t *run, const char *name);

typedef enum {
    JOURNAL_STEP_TOLD,
    JOURNAL_STEP_NOTHING, /* a line that shows nothing */
    JOURNAL_STEP_MALFORMED,
    JOURNAL_STEP_NO_MEMORY
} journal_step_t;

/* `observation` is room to work in. */
journal_step_t journal_run_take(journal_run_t *run, const json_t *line, size_t number,
                                const journal_listener_t *listener, observation_t *observation);

#endif
