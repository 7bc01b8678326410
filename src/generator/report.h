/*
 * What a run did, for people and for programs.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_REPORT_H
#define ADAPTIVESTREAM_GENERATOR_REPORT_H

#include "generator/run.h"

#include <stddef.h>
#include <stdio.h>

/* Some lines of text. */
void report_print(const run_request_t *request, const run_report_t *report, FILE *out);

/* One JSON object on one line: topic, broker, seed, started_ms, elapsed_s, expected, sent, delivered, failed,
 * first_failure (only when something failed), queue_full, lateness_mean_ms, lateness_max_ms, seconds (judged),
 * seconds_missed, interrupted; when a second was missed also worst_second, worst_planned, worst_in_time and
 * worst_shortfall (the part of that second's events that was not in time, 0 to 1). */
void report_print_json(const run_request_t *request, const run_report_t *report, bool interrupted, FILE *out);

/* One sentence on a target that was not held. */
void report_describe_pace(const pace_verdict_t *pace, char *buffer, size_t size);

#endif
