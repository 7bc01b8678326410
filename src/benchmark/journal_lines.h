/*
 * The agent's journal (src/agent/journal.h), line by line, in bounded memory: what its readers share. The older files beside
 * it (PATH.1 and so on, src/agent/journal_file.h) are read first, as one journal; an older one can also be read alone.
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

enum { JOURNAL_FILES = 10, JOURNAL_PLACE_SIZE = 400 };

typedef enum {
    JOURNAL_LINE, /* a JSON object; the caller releases it */
    JOURNAL_NOT_JSON, /* a whole line that is none, or a torn one at the end of an older file; reading may go on */
    JOURNAL_TORN,      /* the last line, cut off in the middle: its writer was killed. Nothing follows */
    JOURNAL_END,       /* nothing follows */
    JOURNAL_UNREADABLE /* the file cannot be read on, errno says why */
} journal_got_t;

typedef struct {
    const char *path;
    FILE *files
        [JOURNAL_FILES]; /* the newest is first, as PATH.0 would be; NULL: there is none, or it has been read */
    size_t file_count;   /* that there were */
    int place;           /* of the one being read; 0: the journal itself */
    char *text;
    size_t number;      /* of the latest line, from 1, in all files together */
    size_t file_number; /* the same in its file alone, of which `place` is the number */
    int64_t bytes;      /* read so far */
    int64_t all_bytes;  /* of the files; 0 when they have no size, like a pipe */
} journal_lines_t;

/* `path` must live as long. On failure `error` holds one sentence that names the file, and there is nothing
 * to close. */
bool journal_lines_open(journal_lines_t *lines, const char *path, char *error, size_t error_size);

/* *line is NULL unless the answer is JOURNAL_LINE. */
journal_got_t journal_lines_next(journal_lines_t *lines, json_t **line);

/* "PATH:3", or "PATH.1:3" in an older file: where the latest line stands. Returns `buffer`, of JOURNAL_PLACE_SIZE. */
const char *journal_lines_place(const journal_lines_t *lines, char *buffer);

void journal_lines_close(journal_lines_t *lines);

/* Whether the line is of this query: its name, its id, or the id of its run. NULL is every query. */
bool journal_line_is_of(const json_t *line, const char *query);

#endif
