/*
 * The raw records of one run, as suite_collect.h wrote them.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_RECORDS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_RECORDS_H

#include "benchmark/csv.h"
#include "benchmark/suite_results.h"

/* Reads a CSV file of a run below `folder` and finds its columns. On failure `error` names the file. */
bool suite_records_load(const char *folder, const suite_row_t *row, const char *name,
                        const char *const *columns, size_t count, int *indexes, csv_t *csv, char *error,
                        size_t error_size);

/* Says that a line (from 0) of such a file does not hold what it should. Returns false. */
bool suite_records_bad_line(const char *folder, const suite_row_t *row, const char *name, size_t line,
                            char *error, size_t error_size);

typedef struct {
    int64_t second, events, wait_sum_ms;
} suite_second_t;

/* The seconds with events of one run, ascending; owned by the caller. NULL on failure. */
suite_second_t *suite_records_seconds(const char *folder, const suite_row_t *row, size_t *count, char *error,
                                      size_t error_size);

typedef struct {
    int64_t trigger_ms, took_ms; /* until its end; 0 when that is not known */
    int64_t events;
} suite_batch_t;

/* The batches of one run, by rising trigger; owned by the caller. NULL on failure. */
suite_batch_t *suite_records_batches(const char *folder, const suite_row_t *row, size_t *count, char *error,
                                     size_t error_size);

#endif
