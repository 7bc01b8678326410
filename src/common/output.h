/*
 * Opens the files that lines are appended to: log and journal.
 */
#ifndef ADAPTIVESTREAM_COMMON_OUTPUT_H
#define ADAPTIVESTREAM_COMMON_OUTPUT_H

/* Opens `path` for appending, created 0644, close-on-exec and non-blocking: a pipe that nobody reads must
 * not hold up a job. The descriptor is never a standard one: where a process was started with stdout
 * closed, open() would hand out 1, and what others print would land in our file. Returns -1 with errno set
 * when it cannot be opened. */
int output_open(const char *path);

#endif
