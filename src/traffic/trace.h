/*
 * Recorded traffic: the numbers of events in consecutive bins of equal width.
 *
 * The file is CSV with one column: the header `count`, then one whole number a line. It may be
 * gzip-compressed (recognised by its content, not its name).
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_TRACE_H
#define ADAPTIVESTREAM_TRAFFIC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_BINS_MAXIMUM = 100000000, TRACE_COUNT_MAXIMUM = 1000000000 };

typedef struct {
    uint32_t *counts; /* owned: trace_free() */
    size_t bin_count;
    double bin_ns; /* width of a bin; fractional after some speeds, so bin i starts at round(i * bin_ns) */
    uint64_t total;
} trace_t;

/* Reads the whole file, or standard input where the path is "-"; bin_ns > 0. On failure *trace is empty, nothing needs freeing, and `error` holds one
 * sentence "FILE:LINE: what is wrong and what is expected". */
bool trace_load(const char *path, int64_t bin_ns, trace_t *trace, char *error, size_t error_size);

/* Multiplies counts by `scale` and divides time by `speed` (both > 0). Counts stay whole by carrying the
 * remainder to the next bin, so that the first i bins together hold their exact scaled sum rounded to the
 * nearest, for every i, and the total is round(total * scale). At scale 1 nothing changes. With a scale far
 * below 1 the carrying makes arrivals more regular than a random thinning would. On failure (a bin or a rate
 * too large to handle) *trace is unchanged. */
bool trace_rescale(trace_t *trace, double scale, double speed, char *error, size_t error_size);

/* Start of bin i since the start of the trace; i == bin_count gives the length of the trace. */
int64_t trace_bin_start_ns(const trace_t *trace, size_t i);

void trace_free(trace_t *trace);

#endif
