/*
 * The trace that a recording writes, FILE, and its state beside it, FILE.state.
 *
 * Lines are collected and written together with the state: record_file_commit(). After a crash the trace may hold
 * more than the state vouches for; that is cut off, and its time is filled anew from the end offsets.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_RECORD_FILE_H
#define ADAPTIVESTREAM_BENCHMARK_RECORD_FILE_H

#include "benchmark/record_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_BUFFER_SIZE = 64 * 1024 };

typedef struct {
    const char *path;
    char *state_path; /* owned */
    int fd;
    int64_t dropped; /* bytes that were cut off when it was opened */
    int64_t size;    /* of the file, whole lines */
    bool created, resumed, committed;
    record_state_t state; /* owned */
    size_t used;
    char buffer[RECORD_BUFFER_SIZE];
} record_file_t;

/* Opens `path` to begin a recording or, where its state says that it is one of this topic with this bin, to go on
 * with it: `resumed`, and file->state is what to go on from. False when it is anything else, or another process
 * records into it; `error` then holds one sentence that names the file and what to do. A file that was there is
 * changed in no other way than by cutting off what its state does not vouch for. record_file_close() in any
 * case. */
bool record_file_open(record_file_t *file, const char *path, const char *topic, int64_t bin_ns, char *error,
                      size_t error_size);

/* Adds a bin to the file and to the sums of file->state. */
bool record_file_append(record_file_t *file, const recorded_bin_t *bin, char *error, size_t error_size);

/* Brings lines and file->state to the disk. After a failure the file ends with a whole line. */
bool record_file_commit(record_file_t *file, char *error, size_t error_size);

/* Drops what was not committed; a file in which nothing was is removed again. */
void record_file_close(record_file_t *file);

#endif
