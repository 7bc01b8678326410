/*
 * Records the arrivals of a Kafka topic as a trace: reads its end offsets at the end of every bin and writes how
 * many events came in it. Nothing is consumed, and memory does not grow with time or traffic.
 *
 * The bins follow a clock that was set by wall time once, at the start, and goes on while the machine sleeps:
 * setting the clock while it records neither stretches a bin nor loses one.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_RECORD_H
#define ADAPTIVESTREAM_BENCHMARK_RECORD_H

#include "client/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    client_settings_t client;
    const char *topic;
    const char *path; /* of the trace: begun, or gone on with, see record_file.h */
    int64_t bin_ns;
    int64_t duration_ns; /* 0: until interrupted */
    bool quiet;          /* no status line */
} record_request_t;

typedef struct {
    /* What this run added to the file. */
    int64_t bins, events, peak;
    int64_t filled;    /* of the bins: an end was not read in time, see recording.h */
    int64_t made_anew; /* how often offsets ran backwards */
    bool resumed;      /* the first of the filled bins stand for the time since the run before */
    bool failed;       /* it ended before its time: `error` says why */
    /* The whole file. */
    int64_t file_bins, file_events, file_filled;
    int64_t begin_ms; /* of its first bin, since the epoch */
} record_report_t;

/* Records until the duration is over, an interrupt, or a failure. Unless the result is CLIENT_OPENED nothing was
 * recorded, *report is unset and `error` says why in one sentence. */
client_status_t record_run(const record_request_t *request, record_report_t *report, char *error,
                           size_t error_size);

#endif
