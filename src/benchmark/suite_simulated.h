/*
 * What the simulator said of a benchmark's runs: FOLDER/simulated.csv, written by tools/lab/suite_simulation.py.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_SIMULATED_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_SIMULATED_H

#include "benchmark/csv.h"
#include "benchmark/suite_digests.h"
#include "benchmark/suite_results.h"

enum { SIMULATED_BATCHES, SIMULATED_MEAN, SIMULATED_P95, SIMULATED_P99, SIMULATED_COUNT };

typedef struct {
    csv_t csv; /* no rows when there is no such file */
    int job, workload, arm, repetition, definition, figures[SIMULATED_COUNT];
    const suite_digests_t *digests;
} suite_simulated_t;

/* A missing file is no error, nor is one without jobs, as older versions wrote it: nothing is known then. On failure `error` names file, line or column. Release with suite_simulated_free(). Lines of
 * other digests than the plan's do not count; `digests` must live as long. */
bool suite_simulated_load(const char *folder, const suite_digests_t *digests, suite_simulated_t *simulated,
                          char *error, size_t error_size);
void suite_simulated_free(suite_simulated_t *simulated);

/* The median over the repetitions of an arm's figure over the reference arm's; false when there is none. */
bool suite_simulated_ratio(const suite_simulated_t *simulated, const suite_scene_t *scene, const char *arm,
                           const char *reference, int figure, double *ratio);

#endif
