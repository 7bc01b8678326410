/*
 * The report of a benchmark for people: Markdown with a table for each job and workload.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_MARKDOWN_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_MARKDOWN_H

#include "benchmark/suite_busyness.h"
#include "benchmark/suite_pairs.h"
#include "benchmark/suite_simulated.h"
#include "benchmark/suite_summary.h"

#include <stdio.h>

typedef struct {
    const char *folder;    /* where the pictures are */
    const char *facts;     /* a sentence about machine, versions and command; may be "" */
    const char *reference; /* the arm that ratios are to */
    const suite_results_t *results;
    const suite_summary_t *summary;
    const suite_busyness_t *busyness; /* of each line of the summary */
    const suite_pairs_t *pairs;       /* and these */
    const suite_simulated_t *simulated;
} suite_markdown_t;

/* The caller looks for errors of `out`. */
void suite_markdown_print(const suite_markdown_t *report, FILE *out);

#endif
