/*
 * One run of the journal replayed: each line as the call it stands for, and what our governor says
 * compared with what the line says. Finding the run of a line is replay.h.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_REPLAY_RUN_H
#define ADAPTIVESTREAM_BENCHMARK_REPLAY_RUN_H

#include "benchmark/journal_fields.h"
#include "control/governor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLAY_GOVERNORS = 256, REPLAY_LABEL_SIZE = 256, REPLAY_ID_SIZE = 40, REPLAY_MESSAGE_SIZE = 1024 };

typedef enum {
    REPLAY_ENDED,    /* replayed to its summary */
    REPLAY_OPEN,     /* replayed to its last line: it still runs, or its driver was killed */
    REPLAY_HEADLESS, /* not replayed: its start is not in the journal (any more) */
    REPLAY_BROKEN,   /* replayed up to a malformed line of it */
    REPLAY_CROWDED,  /* replayed up to where REPLAY_GOVERNORS others had been heard of since */
    REPLAY_STATES
} replay_state_t;

typedef struct {
    char query[REPLAY_LABEL_SIZE], id[REPLAY_ID_SIZE], run[REPLAY_ID_SIZE];
    replay_state_t state;
    size_t first_line;
    int64_t calls;        /* of the governor that were repeated */
    int64_t probes;       /* of those */
    int64_t decisions;    /* compared */
    int64_t differing;    /* of those */
    bool summary_differs; /* figures of its end, or how many decisions and probes there were */
    int64_t skipped;      /* lines not replayed, such as those after the summary of a driver that went down */
    size_t difference_line;         /* 0: none */
    fields_difference_t difference; /* the first one */
} replay_run_t;

typedef enum { REPLAY_GOES_ON, REPLAY_IS_OVER, REPLAY_IS_MALFORMED, REPLAY_NO_MEMORY } replay_step_t;

typedef struct replay_event replay_event_t;

/* What kind of line this is; NULL, and why in `what` (REPLAY_MESSAGE_SIZE / 2), when it is none of the
 * journal's. */
const replay_event_t *replay_event_of(const json_t *line, char *what);

bool replay_event_is_start(const replay_event_t *event);

/* True of lines that stand for no call: they tell readers of the journal what a governor does not need. */
bool replay_event_is_note(const replay_event_t *event);

/* Makes the governor that a start line asks for. Unless the answer is REPLAY_GOES_ON, *governor is NULL;
 * REPLAY_IS_MALFORMED: `what` says why. */
replay_step_t replay_begin(replay_run_t *run, governor_t **governor, const json_t *line, char *what);

/* Repeats any other line on the run's governor and compares; `number` is the line's. REPLAY_IS_OVER: it
 * was the summary. REPLAY_IS_MALFORMED: `what` says why. */
replay_step_t replay_follow(replay_run_t *run, governor_t *governor, const replay_event_t *event,
                            const json_t *line, size_t number, char *what);

#endif
