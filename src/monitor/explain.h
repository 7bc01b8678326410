/*
 * One decision, told in sentences: what was known, what it led to, and what the alternative would have been.
 */
#ifndef ADAPTIVESTREAM_MONITOR_EXPLAIN_H
#define ADAPTIVESTREAM_MONITOR_EXPLAIN_H

#include "monitor/store.h"

#include <stddef.h>

enum { EXPLAIN_SIZE = 2048 };

/* The decision told last of the query. */
void explain_decision(const observed_status_t *status, char text[EXPLAIN_SIZE]);

/* A trigger that has run, the decision that fired it where it is known. */
void explain_trigger(const observed_status_t *status, const logged_t *trigger, char text[EXPLAIN_SIZE]);

/* "2026-11-26 04:00:00.250 UTC" */
void explain_time(int64_t time_ms, char *text, size_t size);

#endif
