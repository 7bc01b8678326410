/*
 * The file behind the journal: appended to, and kept within a size. When it is full it becomes PATH.1, what was PATH.1
 * becomes PATH.2, and so on up to PATH.3, which is forgotten: each of the four may be a quarter of the size. Somebody else
 * may take the file away (logrotate, rm): a new one is begun.
 *
 * Each line is one write(2) on an appending, close-on-exec descriptor, so queries and drivers may share a file; of several
 * drivers one turns the files, under a flock(2) that nobody waits for. After a write that fails or falls short, or where the
 * files cannot be turned, it is said once and the file stays off. What is no regular file (a pipe) is never turned.
 */
#ifndef ADAPTIVESTREAM_AGENT_JOURNAL_FILE_H
#define ADAPTIVESTREAM_AGENT_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens `path`, created 0644, unless one is open already; a line of an earlier driver that was cut off is ended.
 * `size_bytes`: of all four files together, 0 without a bound. `begun` is called in the thread that turned the files, to
 * write what a new one begins with; it may be called in several threads, one at a time. */
void journal_file_open(const char *path, int64_t size_bytes, void (*begun)(void));
bool journal_file_is_open(void);

/* Appends one line, its newline included. */
void journal_file_write(const char *line, size_t length);

#endif
