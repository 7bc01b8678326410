/*
 * The trigger interval of a job, from when its triggers started.
 *
 * Pure.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_GRID_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_GRID_H

#include "benchmark/progress_history.h"

#include <stdint.h>

/* See job_facts_t.trigger_ns; *on_grid is the share of the triggers that lie on it, 0 when there is none. */
int64_t progress_grid_ns(const reported_query_t *query, double *on_grid);

#endif
