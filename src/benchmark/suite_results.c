#include "benchmark/suite_results.h"

#include "benchmark/csv.h"
#include "benchmark/suite_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const suite_metric_names[METRIC_COUNT] = {
    [METRIC_BATCHES] = "batches",
    [METRIC_BATCH_MEAN] = "batch_mean_s",
    [METRIC_BUSY] = "busy_s",
    [METRIC_WAIT_MEAN] = "wait_mean_s",
    [METRIC_WAIT_P50] = "wait_p50_s",
    [METRIC_WAIT_P95] = "wait_p95_s",
    [METRIC_WAIT_P99] = "wait_p99_s",
    [METRIC_WAIT_MAX] = "wait_max_s",
    [METRIC_LATENCY_MEAN] = "latency_mean_s",
    [METRIC_LATENCY_P95] = "latency_p95_s",
    [METRIC_LATENCY_P99] = "latency_p99_s",
    [METRIC_CPU] = "cpu_s",
    [METRIC_COMPILER] = "compiler_s",
    [METRIC_PREDICTOR] = "predictor_s",
    [METRIC_RESIDENT] = "resident_mb",
    [METRIC_PREDICTOR_RESIDENT] = "predictor_mb",
    [METRIC_FILES] = "files",
    [METRIC_OTHERS] = "others",
    [METRIC_REQUESTS] = "requests",
    [METRIC_EMPTY] = "empty_triggers",
    [METRIC_PRODUCT] = "wait_mean_s_x_batches",
};

enum { TEXT_JOB, TEXT_WORKLOAD, TEXT_ARM, TEXT_STATUS, TEXT_REASON, TEXT_FOLDER, TEXT_DIGEST, TEXT_COUNT };

static const char *const text_names[TEXT_COUNT] = {"job",    "workload", "arm",   "status",
                                                   "reason", "folder",   "digest"};

enum { NUMBER_REPETITION, NUMBER_EVENTS, NUMBER_BESIDE, NUMBER_BEGAN, NUMBER_COUNT };

static const char *const number_names[NUMBER_COUNT] = {"repetition", "events", "beside", "began_ms"};

typedef struct {
    const char *path;
    csv_t csv;
    int texts[TEXT_COUNT], numbers[NUMBER_COUNT], metrics[METRIC_READ_COUNT];
} reader_t;

void suite_results_free(suite_results_t *results)
{
    free(results->rows);
    free(results->stale);
    free(results->scenes);
    *results = (suite_results_t){0};
}

bool suite_row_counts(const suite_row_t *row)
{
    return strcmp(row->status, "ok") == 0;
}

bool suite_row_is_of(const suite_row_t *row, const suite_scene_t *scene)
{
    return strcmp(row->job, scene->job) == 0 && strcmp(row->workload, scene->workload) == 0;
}

static bool same_run(const suite_row_t *left, const suite_row_t *right)
{
    return strcmp(left->job, right->job) == 0 && strcmp(left->workload, right->workload) == 0 &&
           strcmp(left->arm, right->arm) == 0 && left->repetition == right->repetition;
}

static bool read_metric(const reader_t *reader, size_t index, size_t metric, double *value)
{
    const int column = reader->metrics[metric];
    *value = (double)NAN;
    if (metric >= METRIC_REQUIRED_COUNT &&
        (column == CSV_NONE || csv_text(&reader->csv, index, column)[0] == '\0'))
        return true;
    return csv_number(&reader->csv, index, column, value);
}

static bool read_row(const reader_t *reader, size_t index, suite_row_t *row, char *error, size_t error_size)
{
    const csv_t *csv = &reader->csv;
    char *const texts[TEXT_COUNT] = {row->job,    row->workload, row->arm,   row->status,
                                     row->reason, row->folder,   row->digest};
    const size_t sizes[TEXT_COUNT] = {sizeof row->job,    sizeof row->workload, sizeof row->arm,
                                      sizeof row->status, sizeof row->reason,   sizeof row->folder,
                                      sizeof row->digest};
    for (size_t i = 0; i < TEXT_COUNT; i++)
        snprintf(texts[i], sizes[i], "%s", csv_text(csv, index, reader->texts[i]));
    int64_t *const numbers[NUMBER_COUNT] = {&row->repetition, &row->events, &row->beside, &row->began_ms};
    const char *wrong = NULL;
    if (!suite_name_is_plain(row->job) || !suite_name_is_plain(row->workload) ||
        !suite_name_is_plain(row->arm))
        wrong = "job, workload or arm";
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        if (!csv_integer(csv, index, reader->numbers[i], numbers[i]) || *numbers[i] < 0)
            wrong = number_names[i];
    for (size_t i = 0; i < METRIC_READ_COUNT; i++)
        if (!read_metric(reader, index, i, &row->values[i])) wrong = suite_metric_names[i];
    row->values[METRIC_PRODUCT] = row->values[METRIC_WAIT_MEAN] * row->values[METRIC_BATCHES];
    /* Only what tools/bench_suite.py writes: a path that leaves the folder is none of it. */
    if (row->folder[0] == '/' || strstr(row->folder, "..")) wrong = "folder";
    if (wrong)
        snprintf(error, error_size, "%s: run %zu: the value of %s cannot be read", reader->path, index + 1,
                 wrong);
    return !wrong;
}

/* The last attempt that is ok, else the last. */
static void keep_row(suite_results_t *results, suite_row_t *row)
{
    row->attempts = 1;
    for (size_t i = 0; i < results->count; i++) {
        suite_row_t *kept = &results->rows[i];
        if (!same_run(kept, row)) continue;
        row->attempts = kept->attempts + 1;
        if (suite_row_counts(row) || !suite_row_counts(kept))
            *kept = *row;
        else
            kept->attempts = row->attempts;
        return;
    }
    results->rows[results->count++] = *row;
}

/* What the run of rows[i] has to be made of; NULL: there is to be no such run. */
static const char *wanted(const suite_digests_t *digests, const suite_row_t *rows, size_t count, size_t i)
{
    if (digests->count > 0)
        return suite_digests_of(digests, rows[i].job, rows[i].workload, rows[i].arm, rows[i].repetition);
    size_t last = count - 1;
    while (!same_run(&rows[last], &rows[i]))
        last--;
    return rows[last].digest;
}

static void sort_out(const suite_digests_t *digests, suite_results_t *results, suite_row_t *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *digest = wanted(digests, all, count, i);
        if (digest && strcmp(digest, all[i].digest) == 0)
            keep_row(results, &all[i]);
        else
            results->stale[results->stale_count++] = all[i];
    }
}

/* Position of a name in the catalogue; names of one's own come last, and keep their order by being all alike. */
static size_t place_of(const char *name, const char *(*known)(size_t, const char **))
{
    size_t place = 0;
    for (const char *text, *entry; (entry = known(place, &text)) && strcmp(entry, name) != 0;)
        place++;
    return place;
}

static int by_place(const void *left, const void *right)
{
    const suite_row_t *a = left, *b = right;
    int order = strcmp(a->job, b->job);
    if (order == 0) {
        const size_t x = place_of(a->workload, suite_known_workload),
                     y = place_of(b->workload, suite_known_workload);
        order = (x > y) - (x < y);
    }
    if (order == 0) order = strcmp(a->workload, b->workload);
    if (order == 0) {
        const size_t x = place_of(a->arm, suite_known_arm), y = place_of(b->arm, suite_known_arm);
        order = (x > y) - (x < y);
    }
    if (order == 0) order = strcmp(a->arm, b->arm);
    return order != 0 ? order : (a->repetition > b->repetition) - (a->repetition < b->repetition);
}

static void find_scenes(suite_results_t *results)
{
    for (size_t i = 0; i < results->count; i++) {
        const suite_row_t *row = &results->rows[i];
        if (i > 0 && suite_row_is_of(row, &results->scenes[results->scene_count - 1])) continue;
        suite_scene_t *scene = &results->scenes[results->scene_count++];
        memcpy(scene->job, row->job, sizeof scene->job);
        memcpy(scene->workload, row->workload, sizeof scene->workload);
    }
}

static bool read_rows(const reader_t *reader, const suite_digests_t *digests, suite_results_t *results,
                      char *error, size_t error_size)
{
    const size_t count = reader->csv.rows;
    suite_row_t *all = calloc(count + 1, sizeof *all);
    results->rows = calloc(count + 1, sizeof *results->rows);
    results->stale = calloc(count + 1, sizeof *results->stale);
    results->scenes = calloc(count + 1, sizeof *results->scenes);
    bool good = all && results->rows && results->stale && results->scenes;
    if (!good) snprintf(error, error_size, "out of memory");
    for (size_t i = 0; good && i < count; i++)
        good = read_row(reader, i, &all[i], error, error_size);
    if (good) sort_out(digests, results, all, count);
    free(all);
    if (!good) return false;
    qsort(results->rows, results->count, sizeof *results->rows, by_place);
    find_scenes(results);
    return true;
}

bool suite_results_load(const char *folder, const suite_digests_t *digests, suite_results_t *results,
                        char *error, size_t error_size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/runs.csv", folder);
    *results = (suite_results_t){0};
    reader_t reader = {.path = path};
    if (!csv_load(path, &reader.csv, error, error_size)) return false;
    for (size_t i = METRIC_REQUIRED_COUNT; i < METRIC_READ_COUNT; i++)
        reader.metrics[i] = csv_column(&reader.csv, suite_metric_names[i]);
    const bool good =
        csv_columns(&reader.csv, path, text_names, TEXT_COUNT, reader.texts, error, error_size) &&
        csv_columns(&reader.csv, path, number_names, NUMBER_COUNT, reader.numbers, error, error_size) &&
        csv_columns(&reader.csv, path, suite_metric_names, METRIC_REQUIRED_COUNT, reader.metrics, error,
                    error_size) &&
        read_rows(&reader, digests, results, error, error_size);
    csv_free(&reader.csv);
    if (!good) suite_results_free(results);
    return good;
}

const suite_row_t *suite_results_run(const suite_results_t *results, const suite_scene_t *scene,
                                     const char *arm, int64_t repetition)
{
    for (size_t i = 0; i < results->count; i++) {
        const suite_row_t *row = &results->rows[i];
        if (suite_row_is_of(row, scene) && strcmp(row->arm, arm) == 0 && row->repetition == repetition &&
            suite_row_counts(row))
            return row;
    }
    return NULL;
}
