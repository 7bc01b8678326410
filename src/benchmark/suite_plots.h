/*
 * The pictures of a benchmark, drawn from the raw records: for each job and workload
 *
 *     JOB-WORKLOAD-waits.svg     the share of the events that wait longer than so long
 *     JOB-WORKLOAD-time.svg      the mean wait of the events of each second around the highest burst, in one repetition
 *     JOB-WORKLOAD-batches.svg   mean wait against batches, medians of the runs
 *     JOB-WORKLOAD-forecast.svg  what the agent was told to expect and what came, where an arm had a forecaster
 *
 * Up to SVG_SERIES_MAXIMUM arms are drawn, the first ones of the table.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_PLOTS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_PLOTS_H

#include "benchmark/suite_summary.h"

/* Reads the records below `folder` and writes the pictures into it. On failure `error` names the file. */
bool suite_plots_write(const char *folder, const suite_results_t *results, const suite_summary_t *summary,
                       char *error, size_t error_size);

#endif
