/*
 * Finds a query's reports of its progress among the lines of whatever file they were written to:
 *
 *   a report a line        {"id": ..., "batchId": 7, ...}, also behind a log's own words, several a line too
 *   Spark's event log      {"Event": "...QueryProgressEvent", "progress": {...}}
 *   Spark's driver log     ... INFO MicroBatchExecution: Streaming query made progress: {
 *                            "id" : ...
 *                          }
 *   ...as structured log   {"ts": ..., "msg": "Streaming query made progress: {\n  \"id\" : ...", ...}
 *
 * Every other line is passed over. A line that names a batchId and is no whole JSON is an error, and so is a report over
 * several lines that another one interrupts: nothing is lost in silence. Only the end of the last line, or of the last
 * report, may be missing: the file is still being written.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_FINDER_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_FINDER_H

#include "benchmark/progress_report.h"

#include <stdbool.h>
#include <stddef.h>

/* Called for every report, in the order of the lines; false ends the search. */
typedef bool progress_found_t(void *context, const progress_report_t *report);

typedef struct {
    const char *path; /* for messages */
    progress_found_t *found;
    void *context;
    char *error; /* one sentence that names file:line, after a failure that is ours */
    size_t error_size;

    size_t line;  /* number of the last one */
    size_t begun; /* line in which the report over several lines begins; 0: there is none */
    bool opening; /* the last line ends in an opening brace */
    char *text;   /* that report so far */
    size_t length, room;
} progress_finder_t;

/* The fields of the first group must be set, the others be 0. `line` ends in '\n' unless it is the last one of the
 * file and incomplete. False: the search is over, for *found said so or with an error. */
bool progress_finder_line(progress_finder_t *finder, const char *line, size_t length);

/* Releases what the finder holds. */
void progress_finder_end(progress_finder_t *finder);

#endif
