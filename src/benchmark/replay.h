/*
 * The agent's journal, its older files included, replayed: every call that each run's governor heard is made again on a governor of
 * our own, and what that one says is compared, field by field, with what the journal says the agent's
 * said.
 *
 * Memory is bounded: a governor is freed at its run's summary, at most REPLAY_GOVERNORS are kept, and of
 * a run that is over only its figures stay.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_REPLAY_H
#define ADAPTIVESTREAM_BENCHMARK_REPLAY_H

#include "benchmark/replay_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    replay_run_t *runs; /* in the order of their first lines */
    size_t count;
    size_t lines; /* of all files together, as line numbers of runs and differences are */
    size_t files; /* 1, and the older ones beside it */
    bool torn;    /* the last line is cut off: a driver was killed as it wrote */
    int64_t malformed;
    char first_malformed[REPLAY_MESSAGE_SIZE]; /* "path:line: what is wrong" */
    int64_t decisions, differing;              /* sums of the runs' */
} replay_report_t;

/* Now and then: bytes read so far, and the file's size (0 when it is not known). */
typedef void replay_progress_t(void *context, int64_t bytes, int64_t all_bytes);

/* Replays the journal, or of it the runs of one query (`query`: a name, an id or a run; NULL: all).
 * `progress` may be NULL. False when the file cannot be read or memory ends; `error` then holds one
 * sentence, and *report is empty. Release with replay_free(). */
bool replay_journal(const char *path, const char *query, replay_progress_t *progress, void *context,
                    replay_report_t *report, char *error, size_t error_size);
void replay_free(replay_report_t *report);

/* True when there was a run, each was replayed to its end, and nothing differed. */
bool replay_is_equal(const replay_report_t *report);

#endif
