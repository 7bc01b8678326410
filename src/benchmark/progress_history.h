/*
 * The triggers of every query that a file reports on.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_HISTORY_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t trigger_ms;  /* start, since the epoch */
    int64_t duration_ms; /* -1: not known */
    int64_t rows;        /* 0: the source held nothing, as Spark reports now and then of an idle query */
    int64_t batch_id;
    size_t run;  /* triggers of the same number are of one start of the query */
    bool behind; /* a limit per trigger left rows in the source */
} reported_trigger_t;

typedef struct {
    char *name; /* its id where it has no name */
    char *id;
    reported_trigger_t *triggers; /* run after run, each by time, each once */
    size_t count;
    int64_t rows; /* their sum */
} reported_query_t;

typedef struct {
    reported_query_t *queries; /* in the order of their first reports */
    size_t count;
} progress_history_t;

/* Reads what progress_files_read() reads. A query is what has one id: it keeps it over restarts from its
 * checkpoint, while queries of other sessions may bear the same name. A report that is there twice (a log that holds Spark's
 * own report and a listener's) counts once. On failure `error` holds one sentence, and *history is empty. A file
 * without a report is a failure. Release with progress_history_free(). */
bool progress_history_read(const char *path, progress_history_t *history, char *error, size_t error_size);
void progress_history_free(progress_history_t *history);

/* The query of that id, else the first of that name; NULL when there is none. */
const reported_query_t *progress_history_find(const progress_history_t *history, const char *name_or_id);

/* How many bear this name. */
size_t progress_history_named(const progress_history_t *history, const char *name);

#endif
