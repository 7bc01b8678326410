/*
 * What the figures mean, in sentences: the top line of the page, reasons of decisions, and states. Shared by page, explain and top.
 */
#ifndef ADAPTIVESTREAM_MONITOR_WORDS_H
#define ADAPTIVESTREAM_MONITOR_WORDS_H

#include "monitor/store.h"

#include <stddef.h>

enum { WORDS_SIZE = 512 };

/* "Events waited 43 % less at 1 % fewer batches than with your 2 s trigger, last hour." */
void words_savings(const store_query_t *query, int64_t now_ms, char text[WORDS_SIZE]);

/* What a reason means, without figures: "waiting had cost as much as a batch". "" for an unknown one. */
const char *words_reason(const char *reason);

/* One trigger and why it fired then, with its figures where they are known. */
void words_trigger(const logged_t *entry, char text[WORDS_SIZE]);

/* What the state means: "deciding when triggers fire". */
const char *words_state(const char *state);

/* Appends to a text in a buffer of `size`; what does not fit is cut. */
void words_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A length of time as people say it: "350 ms", "2 s", "1.25 s", "3 min". */
void words_duration(double seconds, char *text, size_t size);

#endif
