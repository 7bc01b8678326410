/*
 * Where options come from: the agent's string, the environment, a file. Precedence in that order, then the
 * defaults.
 *
 *     environment   ADAPTIVESTREAM_ and the key in capitals: ADAPTIVESTREAM_GOAL=strict. Other variables that
 *                   begin so belong to somebody else; one that looks like a misspelt key is worth a warning.
 *     file          config=FILE in the string or ADAPTIVESTREAM_CONFIG: one KEY=VALUE a line, white space around
 *                   both is dropped, blank lines and lines that begin with # are passed over. A value may hold
 *                   commas, which the string cannot express. At most 64 KiB.
 */
#ifndef ADAPTIVESTREAM_COMMON_OPTION_SOURCES_H
#define ADAPTIVESTREAM_COMMON_OPTION_SOURCES_H

#include "common/options.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads all three into *options. `text` is the agent's string or NULL; `environment` as `environ`, or NULL. On
 * failure *options must not be used, and `error` holds one sentence that names the source, the key or
 * FILE:LINE and what is allowed. `warning` is "" or one sentence about a variable that is not used. */
bool options_load(const char *text, const char *const *environment, options_t *options, char *error,
                  size_t error_size, char *warning, size_t warning_size);

/* The lines of a config file, `size` bytes at `content`; `path` is for messages. */
bool options_parse_file(const char *content, size_t size, const char *path, options_t *options, char *error,
                        size_t error_size);

#endif
