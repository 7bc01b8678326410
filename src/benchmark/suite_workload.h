/*
 * A workload of a benchmark: the arrivals, as `adaptivestream generate` sends them.
 *
 *     shape=SHAPE          burst, steady, phases=RATExSECONDS,..., or another shape of generate
 *     repeat=N             phases N times in a row
 *     baseline=RATE        of shapes other than phases (default 100)
 *     trace=NAME|FILE      recorded traffic in place of a shape; NAME: of tests/data/traces
 *     bin=DURATION         width of the trace's bins (default 1s)
 *     speed=FACTOR, scale=FACTOR    see generate (default 1)
 *     seconds=N            length; needed for all but phases
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_WORKLOAD_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_WORKLOAD_H

#include "benchmark/suite_words.h"

#include <stdint.h>

typedef struct {
    char name[SUITE_NAME_SIZE];
    char shape[SUITE_TEXT_SIZE]; /* "": a trace */
    int64_t repeat;
    double baseline_per_s;
    char trace[SUITE_TEXT_SIZE];
    int64_t bin_ns;
    double speed, scale;
    double seconds;
} suite_workload_t;

/* On failure `error` holds one sentence that names the word. */
bool suite_workload_parse(const char *name, const char *text, suite_workload_t *workload, char *error,
                          size_t error_size);

#endif
