#include "benchmark/progress_history.h"

#include "benchmark/progress_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERIES_MAXIMUM = 1000 };

/* What is known of a query only while it is read. */
typedef struct {
    char **runs; /* its run ids, by the numbers of reported_trigger_t.run */
    size_t run_count, room;
} reading_t;

typedef struct {
    progress_history_t *history;
    reading_t readings[QUERIES_MAXIMUM];
    const char *problem;
} reader_t;

static bool fail(reader_t *reader, const char *problem)
{
    reader->problem = problem;
    return false;
}

static bool add_query(reader_t *reader, const char *name, const char *id)
{
    progress_history_t *history = reader->history;
    if (history->count == QUERIES_MAXIMUM) return fail(reader, "more than 1000 queries; are they named?");
    reported_query_t *grown = realloc(history->queries, (history->count + 1) * sizeof *grown);
    if (!grown) return fail(reader, "out of memory");
    history->queries = grown;
    reported_query_t *query = &grown[history->count++];
    *query = (reported_query_t){.name = strdup(name), .id = strdup(id)};
    return query->name && query->id ? true : fail(reader, "out of memory");
}

static bool find_query(reader_t *reader, const progress_report_t *report, size_t *index)
{
    const char *name = report->name && *report->name ? report->name : report->id;
    const progress_history_t *history = reader->history;
    for (*index = 0; *index < history->count; ++*index)
        if (strcmp(history->queries[*index].name, name) == 0) return true;
    return add_query(reader, name, report->id);
}

static bool find_run(reader_t *reader, reading_t *reading, const char *run_id, size_t *run)
{
    /* From the last one on: that is where it nearly always is. */
    for (*run = reading->run_count; *run > 0; --*run)
        if (strcmp(reading->runs[*run - 1], run_id) == 0) {
            --*run;
            return true;
        }
    char **grown = realloc(reading->runs, (reading->run_count + 1) * sizeof *grown);
    if (grown) reading->runs = grown;
    char *copy = grown ? strdup(run_id) : NULL;
    if (!copy) return fail(reader, "out of memory");
    *run = reading->run_count;
    reading->runs[reading->run_count++] = copy;
    return true;
}

static bool add_trigger(void *context, const progress_report_t *report)
{
    reader_t *reader = context;
    size_t index, run;
    if (!find_query(reader, report, &index) ||
        !find_run(reader, &reader->readings[index], report->run_id, &run))
        return false;
    reported_query_t *query = &reader->history->queries[index];
    if ((query->count & (query->count - 1)) == 0) {
        const size_t room = query->count ? 2 * query->count : 1;
        reported_trigger_t *grown = realloc(query->triggers, room * sizeof *grown);
        if (!grown) return fail(reader, "out of memory");
        query->triggers = grown;
    }
    query->triggers[query->count++] = (reported_trigger_t){.trigger_ms = report->trigger_ms,
                                                           .duration_ms = report->duration_ms,
                                                           .rows = report->rows,
                                                           .batch_id = report->batch_id,
                                                           .run = run,
                                                           .behind = report->behind};
    return true;
}

/* Run after run, each by time, for logs may be put together in any order. Of equal ones the one with rows comes first,
 * and stays. */
static int by_time(const void *left, const void *right)
{
    const reported_trigger_t *a = left, *b = right;
    if (a->run != b->run) return a->run < b->run ? -1 : 1;
    if (a->trigger_ms != b->trigger_ms) return a->trigger_ms < b->trigger_ms ? -1 : 1;
    return (a->rows < b->rows) - (a->rows > b->rows);
}

static void put_in_order(reported_query_t *query)
{
    size_t kept = 0;
    qsort(query->triggers, query->count, sizeof *query->triggers, by_time);
    for (size_t i = 0; i < query->count; i++) {
        const reported_trigger_t *trigger = &query->triggers[i];
        const reported_trigger_t *last = kept > 0 ? &query->triggers[kept - 1] : NULL;
        if (last && last->run == trigger->run && last->trigger_ms == trigger->trigger_ms) continue;
        query->rows += trigger->rows;
        query->triggers[kept++] = *trigger;
    }
    query->count = kept;
}

bool progress_history_read(const char *path, progress_history_t *history, char *error, size_t error_size)
{
    *history = (progress_history_t){0};
    reader_t *reader = calloc(1, sizeof *reader);
    bool good = reader != NULL;
    if (good) {
        reader->history = history;
        good = progress_files_read(path, add_trigger, reader, error, error_size);
    }
    if (!reader || reader->problem)
        snprintf(error, error_size, "%s: %s", path, reader ? reader->problem : "out of memory");
    for (size_t i = 0; reader && i < history->count; i++) {
        for (size_t k = 0; k < reader->readings[i].run_count; k++)
            free(reader->readings[i].runs[k]);
        free(reader->readings[i].runs);
        put_in_order(&history->queries[i]);
    }
    free(reader);
    if (good && history->count == 0) {
        snprintf(
            error, error_size,
            "%s: no query's progress in it; expected is Spark's event log, a driver's log with \"Streaming "
            "query made progress\", or a listener's JSON",
            strcmp(path, "-") == 0 ? "standard input" : path);
        good = false;
    }
    if (!good) progress_history_free(history);
    return good;
}

void progress_history_free(progress_history_t *history)
{
    for (size_t i = 0; i < history->count; i++) {
        free(history->queries[i].name);
        free(history->queries[i].id);
        free(history->queries[i].triggers);
    }
    free(history->queries);
    *history = (progress_history_t){0};
}

const reported_query_t *progress_history_find(const progress_history_t *history, const char *name_or_id)
{
    for (size_t i = 0; i < history->count; i++)
        if (strcmp(history->queries[i].name, name_or_id) == 0 ||
            strcmp(history->queries[i].id, name_or_id) == 0)
            return &history->queries[i];
    return NULL;
}
