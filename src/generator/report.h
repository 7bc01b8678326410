/*
 * What a run did, for people and for programs.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_REPORT_H
#define ADAPTIVESTREAM_GENERATOR_REPORT_H

#include "generator/run.h"

#include <stdio.h>

/* Some lines of text. */
void report_print(const run_request_t *request, const run_report_t *report, FILE *out);

/* One JSON object on one line: topic, broker, seed, started_ms, elapsed_s, expected, sent, delivered, failed,
 * first_failure (only when something failed), queue_full, lateness_mean_ms, lateness_max_ms, interrupted. */
void report_print_json(const run_request_t *request, const run_report_t *report, bool interrupted, FILE *out);

#endif
