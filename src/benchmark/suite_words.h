/*
 * The words of a definition in a benchmark's plan: "trigger=2s agent=goal=latency alone". Words are separated by blanks; a
 * word is a name, or a name, = and a value, which may hold further =.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_WORDS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { SUITE_NAME_SIZE = 32, SUITE_TEXT_SIZE = 512 };

/* Sets what one word says. `value` is NULL where there is no =. False with one sentence in `error`. */
typedef bool suite_word_t(void *context, const char *name, const char *value, char *error, size_t error_size);

/* Calls `set` for every word. False as soon as it is, or when a word does not fit into SUITE_TEXT_SIZE. */
bool suite_words(const char *text, suite_word_t *set, void *context, char *error, size_t error_size);

/* True when `name` is 1 to SUITE_NAME_SIZE - 1 letters, digits, '_' and '-', so that it may be part of a file's name and
 * of a CSV cell. */
bool suite_name_is_plain(const char *name);

/* "NAME=VALUE: must be WHAT", or what a missing value must be. Returns false. */
bool suite_refuse(const char *name, const char *value, const char *what, char *error, size_t error_size);

/* Names the word and the nearest of `known`. Returns false. */
bool suite_unknown(const char *kind, const char *name, const char *const *known, size_t count, char *error,
                   size_t error_size);

#endif
