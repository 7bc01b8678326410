/*
 * All that is made of a benchmark's records: FOLDER/summary.csv, FOLDER/results.md and the pictures.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_REPORT_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Reads FOLDER/runs.csv, the folders it names, and what there is of facts.json and simulated.csv. On failure `error` holds one
 * sentence that names the file. */
bool suite_report_write(const char *folder, char *error, size_t error_size);

#endif
