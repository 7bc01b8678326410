/*
 * Where a recording of a topic stands: what its file holds for certain, and from which end offsets to go on. A
 * small JSON file beside the trace.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_RECORD_STATE_H
#define ADAPTIVESTREAM_BENCHMARK_RECORD_STATE_H

#include "benchmark/end_offsets.h"
#include "traffic/recording.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOPIC_SIZE = 256 }; /* Kafka allows 249 characters */

typedef struct {
    char topic[TOPIC_SIZE];
    char cluster[CLUSTER_SIZE]; /* its id; "" when unknown */
    int64_t bytes;              /* of the trace file that hold whole lines; 0: not even the header */
    int64_t bins, filled, events;
    recording_t recording; /* between two readings */
    end_offsets_t ends;    /* at recording.read_ns; owned: record_state_free() */
} record_state_t;

/* Replaces the file in one step: whatever happens, either the old or the new state is on the disk. On failure
 * `error` holds one sentence that names the file. */
bool record_state_save(const record_state_t *state, const char *path, char *error, size_t error_size);

/* On failure *state is empty and `error` holds one sentence that names the file. */
bool record_state_load(record_state_t *state, const char *path, char *error, size_t error_size);

void record_state_free(record_state_t *state);

#endif
