/*
 * What `adaptivestream estimate` looks at: a trace, or a job's own reports.
 */
#ifndef ADAPTIVESTREAM_CLI_ESTIMATE_INPUT_H
#define ADAPTIVESTREAM_CLI_ESTIMATE_INPUT_H

#include "benchmark/progress_arrivals.h"
#include "cli/traffic_flags.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *trace_path, *progress_path, *query; /* one of the paths; query NULL: the only one */
    traffic_flags_t traffic;
    bool trigger_given, cost_given;
} estimate_source_t;

typedef struct {
    const char *path;
    slots_t slots; /* owned: estimate_input_free() */
    int64_t trigger_ns;
    batch_model_t model;
    int64_t bin_ns; /* as the trace was read; 0 for reports */

    /* From reports only. */
    bool reported;
    char query[128];
    job_facts_t facts;
    progress_slots_t outcome;
} estimate_input_t;

/* On false everything has been said on stderr, *exit_code is set and *input is empty. */
bool estimate_input_load(const estimate_source_t *source, estimate_input_t *input, int *exit_code);
void estimate_input_free(estimate_input_t *input);

#endif
