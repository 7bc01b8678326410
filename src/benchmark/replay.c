#include "benchmark/replay.h"

#include "benchmark/journal_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_A_LOOK = 5000 };

/* What there is of a run only while it is replayed; beside its replay_run_t, by the same index. */
typedef struct {
    governor_t *governor; /* NULL: not replayed (any more) */
    size_t last_line;
} session_t;

typedef struct {
    const char *query;
    journal_lines_t *lines;
    replay_report_t *report;
    session_t *sessions;
    size_t room;
    size_t live; /* sessions with a governor */
    char what[REPLAY_MESSAGE_SIZE / 2];
} replay_t;

static void release(replay_t *replay, size_t index, replay_state_t state)
{
    governor_destroy(replay->sessions[index].governor);
    replay->sessions[index].governor = NULL;
    replay->report->runs[index].state = state;
    replay->live--;
}

static void copy_text(char *buffer, size_t size, const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    if (!text) text = "";
    size_t length = strlen(text);
    if (length >= size) {
        /* Half a character would be no UTF-8, and not printable as JSON. */
        for (length = size - 1; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    }
    memcpy(buffer, text, length);
    buffer[length] = '\0';
}

/* A place for one more run, without a governor so far. */
static bool add_run(replay_t *replay, const json_t *line, size_t *index)
{
    replay_report_t *report = replay->report;
    if (report->count == replay->room) {
        size_t room = replay->room ? 2 * replay->room : 16;
        replay_run_t *runs = realloc(report->runs, room * sizeof *runs);
        if (runs) report->runs = runs;
        session_t *sessions = realloc(replay->sessions, room * sizeof *sessions);
        if (sessions) replay->sessions = sessions;
        if (!runs || !sessions) return false;
        replay->room = room;
    }
    *index = report->count++;
    replay->sessions[*index] = (session_t){0};
    replay_run_t *run = &report->runs[*index];
    *run = (replay_run_t){.state = REPLAY_HEADLESS, .first_line = replay->lines->number};
    copy_text(run->query, sizeof run->query, line, "query");
    copy_text(run->id, sizeof run->id, line, "id");
    copy_text(run->run, sizeof run->run, line, "run");
    return true;
}

/* The latest entry of this run: most lines are of one of the last. */
static bool find_run(const replay_t *replay, const json_t *line, size_t *index)
{
    char name[REPLAY_ID_SIZE];
    copy_text(name, sizeof name, line, "run");
    for (size_t i = replay->report->count; i-- > 0;) {
        if (strcmp(replay->report->runs[i].run, name) != 0) continue;
        *index = i;
        return true;
    }
    return false;
}

/* Runs of killed drivers never end: the one unheard of for longest makes room. */
static void make_room(replay_t *replay)
{
    if (replay->live < REPLAY_GOVERNORS) return;
    size_t oldest = SIZE_MAX;
    for (size_t i = 0; i < replay->report->count; i++) {
        if (!replay->sessions[i].governor) continue;
        if (oldest == SIZE_MAX || replay->sessions[i].last_line < replay->sessions[oldest].last_line)
            oldest = i;
    }
    release(replay, oldest, REPLAY_OPEN);
}

static replay_step_t start_run(replay_t *replay, const json_t *line)
{
    size_t index;
    make_room(replay);
    if (!add_run(replay, line, &index)) return REPLAY_NO_MEMORY;
    replay_run_t *run = &replay->report->runs[index];
    session_t *session = &replay->sessions[index];
    replay_step_t step = replay_begin(run, &session->governor, line, replay->what);
    run->state = step == REPLAY_GOES_ON ? REPLAY_OPEN : REPLAY_BROKEN;
    if (session->governor) replay->live++;
    session->last_line = replay->lines->number;
    return step;
}

/* A line of a run that is not replayed at this point. */
static replay_step_t pass_over(replay_t *replay, const json_t *line, bool known, size_t index)
{
    if (!known && !add_run(replay, line, &index)) return REPLAY_NO_MEMORY;
    replay_run_t *run = &replay->report->runs[index];
    if (run->state == REPLAY_OPEN) run->state = REPLAY_CROWDED;
    run->skipped++;
    return REPLAY_GOES_ON;
}

static replay_step_t replay_line(replay_t *replay, const json_t *line)
{
    size_t index = 0;
    bool known = find_run(replay, line, &index);
    bool live = known && replay->sessions[index].governor;
    const replay_event_t *event = replay_event_of(line, replay->what);
    replay_step_t step = REPLAY_IS_MALFORMED;
    if (event && replay_event_is_start(event)) {
        if (live) release(replay, index, REPLAY_OPEN);
        return start_run(replay, line);
    }
    if (event && !live) return pass_over(replay, line, known, index);
    if (event) {
        replay->sessions[index].last_line = replay->lines->number;
        step = replay_follow(&replay->report->runs[index], replay->sessions[index].governor, event, line,
                             replay->lines->number, replay->what);
    }
    if (step == REPLAY_IS_OVER) release(replay, index, REPLAY_ENDED);
    /* What this line had to say is lost, and whatever came after it in this run hangs on it. */
    if (step == REPLAY_IS_MALFORMED && live) release(replay, index, REPLAY_BROKEN);
    return step;
}

static void note_malformed(replay_t *replay)
{
    replay_report_t *report = replay->report;
    char place[JOURNAL_PLACE_SIZE];
    if (report->malformed++ == 0)
        snprintf(report->first_malformed, sizeof report->first_malformed, "%s: %s",
                 journal_lines_place(replay->lines, place), replay->what);
}

/* False when memory has ended. */
static bool take_line(replay_t *replay, const json_t *line)
{
    if (!journal_line_is_of(line, replay->query)) return true;
    replay_step_t step = replay_line(replay, line);
    if (step == REPLAY_IS_MALFORMED) note_malformed(replay);
    return step != REPLAY_NO_MEMORY;
}

static bool replay_lines(replay_t *replay, replay_progress_t *progress, void *context, char *error,
                         size_t error_size)
{
    journal_lines_t *lines = replay->lines;
    for (;;) {
        json_t *line;
        bool good = true;
        switch (journal_lines_next(lines, &line)) {
        case JOURNAL_LINE:
            good = take_line(replay, line);
            json_decref(line);
            break;
        case JOURNAL_NOT_JSON:
            snprintf(replay->what, sizeof replay->what, "not a line of JSON; is this the agent's journal?");
            note_malformed(replay);
            break;
        case JOURNAL_TORN:
            replay->report->torn = true;
            return true;
        case JOURNAL_END:
            return true;
        case JOURNAL_UNREADABLE:
            snprintf(error, error_size, "%s: %s", lines->path, strerror(errno));
            return false;
        }
        if (!good) {
            snprintf(error, error_size, "out of memory");
            return false;
        }
        if (progress && lines->number % LINES_A_LOOK == 0) progress(context, lines->bytes, lines->all_bytes);
    }
}

static void sum_up(replay_t *replay)
{
    replay_report_t *report = replay->report;
    report->lines = replay->lines->number;
    report->files = replay->lines->file_count;
    for (size_t i = 0; i < report->count; i++) {
        governor_destroy(replay->sessions[i].governor);
        report->decisions += report->runs[i].decisions;
        report->differing += report->runs[i].differing;
    }
    free(replay->sessions);
}

bool replay_journal(const char *path, const char *query, replay_progress_t *progress, void *context,
                    replay_report_t *report, char *error, size_t error_size)
{
    *report = (replay_report_t){0};
    journal_lines_t lines;
    if (!journal_lines_open(&lines, path, error, error_size)) return false;
    replay_t replay = {.query = query, .lines = &lines, .report = report};
    bool good = replay_lines(&replay, progress, context, error, error_size);
    sum_up(&replay);
    journal_lines_close(&lines);
    if (!good) replay_free(report);
    return good;
}

void replay_free(replay_report_t *report)
{
    free(report->runs);
    *report = (replay_report_t){0};
}

bool replay_is_equal(const replay_report_t *report)
{
    bool equal = report->count > 0 && report->malformed == 0;
    for (size_t i = 0; i < report->count; i++) {
        const replay_run_t *run = &report->runs[i];
        equal = equal && (run->state == REPLAY_ENDED || run->state == REPLAY_OPEN) && run->differing == 0 &&
                !run->summary_differs;
    }
    return equal;
}
