/*
 * Reads what the agent wrote at a query's end: its own figures, and those its shadow predicts for the job's
 * own trigger.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_JOURNAL_SUMMARY_H
#define ADAPTIVESTREAM_BENCHMARK_JOURNAL_SUMMARY_H

#include "control/governor.h"

#include <stddef.h>

typedef struct {
    wait_summary_t own;
    wait_summary_t shadow;
} journal_summary_t;

/* The last summary of the query with this name (or id, or run) in the journal; a journal may hold several
 * queries and runs. Lines of other events are passed over; a torn last line is tolerated. On failure
 * `error` holds one sentence that names the file, and the line where there is one. */
bool journal_summary_read(const char *path, const char *query, journal_summary_t *summary, char *error,
                          size_t error_size);

#endif
