/*
 * The agent's journal (src/agent/journal.h), line by line, in bounded memory: what its readers share.
 *
 *     journal_lines_t lines;
 *     json_t *line;
 *     if (!journal_lines_open(&lines, path, error, sizeof error)) ...
 *     while ((got = journal_lines_next(&lines, &line)) == JOURNAL_LINE) { ...; json_decref(line); }
 *     journal_lines_close(&lines);
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_JOURNAL_LINES_H
#define ADAPTIVESTREAM_BENCHMARK_JOURNAL_LINES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum {
    JOURNAL_LINE,      /* a JSON object; the caller releases it */
    JOURNAL_NOT_JSON,  /* a whole line that is none; reading may go on */
    JOURNAL_TORN,      /* the last line, cut off in the middle: its writer was killed. Nothing follows */
    JOURNAL_END,       /* nothing follows */
    JOURNAL_UNREADABLE /* the file cannot be read on, errno says why */
} journal_got_t;

typedef struct {
    const char *path;
    FILE *file;
    char *text;
    size_t number;     /* of the latest line, from 1 */
    int64_t bytes;     /* read so far */
    int64_t all_bytes; /* of the file; 0 when it has no size, like a pipe */
} journal_lines_t;

/* `path` must live as long. On failure `error` holds one sentence that names the file, and there is nothing
 * to close. */
bool journal_lines_open(journal_lines_t *lines, const char *path, char *error, size_t error_size);

/* *line is NULL unless the answer is JOURNAL_LINE. */
journal_got_t journal_lines_next(journal_lines_t *lines, json_t **line);

void journal_lines_close(journal_lines_t *lines);

/* Whether the line is of this query: its name, its id, or the id of its run. NULL is every query. */
bool journal_line_is_of(const json_t *line, const char *query);

#endif
