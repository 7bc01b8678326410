/*
 * Strict parsing of what people type: the whole text must match, or the call fails.
 * No locale, no allocation, no partial results: on failure *value is left as it was.
 */
#ifndef ADAPTIVESTREAM_COMMON_PARSE_H
#define ADAPTIVESTREAM_COMMON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal integer, optional sign. */
bool parse_integer(const char *text, int64_t *value);

/* A finite decimal number ("2", "0.5", "1e3"); no hex, no "nan", no "inf". */
bool parse_number(const char *text, double *value);

/* A duration in nanoseconds: a number directly followed by ns, us, ms, s, m or h; "2 seconds" and "500
 * milliseconds", as Spark writes them, are understood too (one space, singular or plural). A bare number
 * has no unit and is refused, except "0". Negative values and values above 2^62 ns are refused. */
bool parse_duration_ns(const char *text, int64_t *value_ns);

/* Writes a duration the way parse_duration_ns() reads it, in the largest unit that is exact: "2s", "1500ms".
 * Returns `buffer`. */
const char *format_duration_ns(int64_t value_ns, char *buffer, size_t size);

/* A size in bytes: a number directly followed by KB, MB, GB or TB (of 1024 each, as Spark counts) or B, in capitals or
 * not. A bare number has no unit and is refused, except "0". Sizes above 2^62 are refused. */
bool parse_size_bytes(const char *text, int64_t *value_bytes);

/* Which of `names` (count entries) is `word`; -1 when it is none of them. */
int name_index(const char *word, const char *const *names, int count);

/* The entry of `names` (count entries) with the least edit distance to `word`, or NULL when none is nearer
 * than about a third of the word's length: for "did you mean". */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
