#include "benchmark/journal_observations.h"

#include "benchmark/journal_lines.h"
#include "benchmark/journal_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 64 };

typedef struct {
    journal_run_t *runs[RUNS]; /* the one heard of last is first */
    size_t count;
} runs_t;

/* The run of this line, moved to the front; a new one in place of the one not heard of for longest. NULL when memory is out. */
static journal_run_t *run_of(runs_t *runs, const json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "run"));
    size_t place = 0;
    while (place < runs->count && !journal_run_is(runs->runs[place], name))
        place++;
    journal_run_t *run = place < runs->count ? runs->runs[place] : journal_run_create(name);
    if (run == NULL) return NULL;
    if (place == RUNS) journal_run_destroy(runs->runs[--place]);
    if (place == runs->count) runs->count++;
    memmove(&runs->runs[1], &runs->runs[0], place * sizeof runs->runs[0]);
    runs->runs[0] = run;
    return run;
}

typedef struct {
    runs_t runs;
    const char *query;
    int64_t until_ms;
    const journal_listener_t *listener;
    observation_t *observation;
    journal_told_t *told;
} telling_t;

static void note_malformed(telling_t *telling, size_t number)
{
    if (telling->told->malformed++ == 0) telling->told->first_malformed = number;
}

/* False when memory is out. */
static bool take_line(telling_t *telling, const json_t *line, size_t number)
{
    const json_t *wall = json_object_get(line, "wall_ms");
    if (!json_is_string(json_object_get(line, "run")) || !json_is_integer(wall)) {
        note_malformed(telling, number);
        return true;
    }
    if (json_integer_value(wall) > telling->until_ms || !journal_line_is_of(line, telling->query))
        return true;
    journal_run_t *run = run_of(&telling->runs, line);
    if (run == NULL) return false;
    journal_step_t step = journal_run_take(run, line, number, telling->listener, telling->observation);
    telling->told->observations += step == JOURNAL_STEP_TOLD;
    if (step == JOURNAL_STEP_MALFORMED) note_malformed(telling, number);
    return step != JOURNAL_STEP_NO_MEMORY;
}

static bool take_lines(telling_t *telling, journal_lines_t *lines, char *error, size_t error_size)
{
    for (;;) {
        json_t *line;
        journal_got_t got = journal_lines_next(lines, &line);
        telling->told->lines = lines->number;
        if (got == JOURNAL_END || got == JOURNAL_TORN) return true;
        if (got == JOURNAL_UNREADABLE) {
            snprintf(error, error_size, "%s: %s", lines->path, strerror(errno));
            return false;
        }
        if (got == JOURNAL_NOT_JSON) {
            note_malformed(telling, lines->number);
            continue;
        }
        bool taken = take_line(telling, line, lines->number);
        json_decref(line);
        if (taken) continue;
        snprintf(error, error_size, "%s: out of memory", lines->path);
        return false;
    }
}

bool journal_tell(const char *path, const char *query, int64_t until_ms, const journal_listener_t *listener,
                  journal_told_t *told, char *error, size_t error_size)
{
    *told = (journal_told_t){.lines = 0};
    telling_t telling = {.query = query, .until_ms = until_ms, .listener = listener, .told = told};
    journal_lines_t lines;
    if (!journal_lines_open(&lines, path, error, error_size)) return false;
    telling.observation = malloc(sizeof *telling.observation);
    bool taken = telling.observation != NULL && take_lines(&telling, &lines, error, error_size);
    if (telling.observation == NULL) snprintf(error, error_size, "%s: out of memory", path);
    for (size_t i = 0; i < telling.runs.count; i++)
        journal_run_destroy(telling.runs.runs[i]);
    free(telling.observation);
    journal_lines_close(&lines);
    return taken;
}
