/*
 * One log line per event, on stderr or in a file; never on stdout, which Spark's launcher reads as a command
 * line (apache/spark #25265).
 *
 * Lines look like "[AdaptiveStream] text" (info) or "[AdaptiveStream] warning: text". A line is formatted
 * into a fixed buffer and written with one call, so lines of several threads never interleave. No line is waited
 * for: what nobody takes, behind a full pipe say, is dropped, and the next line that gets through is preceded by one
 * that tells how many were. Thread-safe; allocates nothing.
 */
#ifndef ADAPTIVESTREAM_COMMON_LOG_H
#define ADAPTIVESTREAM_COMMON_LOG_H

#include <stdbool.h>

typedef enum { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_LEVELS } log_level_t;

extern const char *const log_level_names[LOG_LEVELS]; /* "error", "warning", "info", "debug" */

/* Sets the least important level that is still written. The default is LOG_INFO. */
void log_set_level(log_level_t level);

/* Sends lines to the file at `path` (created 0644, appended, close-on-exec) instead of stderr.
 * Returns false, with errno set and the old target kept, when it cannot be opened. */
bool log_open(const char *path);

/* Writes one line under the tag `tag` ("AdaptiveStream", "Controller", ...). Longer lines are cut at 1
 * KiB. */
void log_line(log_level_t level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
