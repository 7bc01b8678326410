#include "benchmark/progress_history.h"

#include "benchmark/progress_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUERIES_MAXIMUM = 1000, FIRST_TABLE = 16 };

/* What is known of a query only while it is read. */
typedef struct {
    char **runs; /* its run ids, by the numbers of reported_trigger_t.run */
    size_t run_count;
    size_t *table; /* hashed: 1 + the number of a run, 0 where there is none; at most half full */
    size_t table_size;
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
    if (history->count == QUERIES_MAXIMUM) return fail(reader, "more than 1000 queries");
    reported_query_t *grown = realloc(history->queries, (history->count + 1) * sizeof *grown);
    if (!grown) return fail(reader, "out of memory");
    history->queries = grown;
    reported_query_t *query = &grown[history->count++];
    *query = (reported_query_t){.name = strdup(name), .id = strdup(id)};
    return query->name && query->id ? true : fail(reader, "out of memory");
}

static bool find_query(reader_t *reader, const progress_report_t *report, size_t *index)
{
    const progress_history_t *history = reader->history;
    for (*index = 0; *index < history->count; ++*index)
        if (strcmp(history->queries[*index].id, report->id) == 0) return true;
    return add_query(reader, report->name && *report->name ? report->name : report->id, report->id);
}

/* FNV-1a. */
static size_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32);
}

/* Where the run is in the table, or would be. */
static size_t *place_of(const reading_t *reading, const char *run_id)
{
    size_t at = hash_of(run_id) & (reading->table_size - 1);
    while (reading->table[at] > 0 && strcmp(reading->runs[reading->table[at] - 1], run_id) != 0)
        at = (at + 1) & (reading->table_size - 1);
    return &reading->table[at];
}

static bool make_room(reading_t *reading)
{
    if (2 * (reading->run_count + 1) <= reading->table_size) return true;
    const size_t size = reading->table_size > 0 ? 2 * reading->table_size : FIRST_TABLE;
    size_t *table = calloc(size, sizeof *table);
    char **runs = table ? realloc(reading->runs, size / 2 * sizeof *runs) : NULL;
    if (!runs) {
        free(table);
        return false;
    }
    free(reading->table);
    reading->table = table;
    reading->table_size = size;
    reading->runs = runs;
    for (size_t i = 0; i < reading->run_count; i++)
        *place_of(reading, runs[i]) = i + 1;
    return true;
}

static bool find_run(reader_t *reader, reading_t *reading, const char *run_id, size_t *run)
{
    if (!make_room(reading)) return fail(reader, "out of memory");
    size_t *place = place_of(reading, run_id);
    if (*place == 0) {
        char *copy = strdup(run_id);
        if (!copy) return fail(reader, "out of memory");
        reading->runs[reading->run_count++] = copy;
        *place = reading->run_count;
    }
    *run = *place - 1;
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
        free(reader->readings[i].table);
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
        if (strcmp(history->queries[i].id, name_or_id) == 0) return &history->queries[i];
    for (size_t i = 0; i < history->count; i++)
        if (strcmp(history->queries[i].name, name_or_id) == 0) return &history->queries[i];
    return NULL;
}

size_t progress_history_named(const progress_history_t *history, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++)
        count += strcmp(history->queries[i].name, name) == 0;
    return count;
}
