#include "benchmark/progress.h"

#include "benchmark/progress_files.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *topic;
    const char *query;               /* name or id; NULL: the only one there is */
    char *id;                        /* of the query that the batches are of; NULL before the first */
    const progress_report_t *report; /* the one being read */
    int64_t last_id;
    bool any;
    json_t *last_end; /* end offsets of the batch before, rows or not: the start of one that reports none */
    batches_t *batches;
    char *error;
    size_t error_size;
} reader_t;

static bool fail(reader_t *reader, const char *what)
{
    snprintf(reader->error, reader->error_size, "%s:%zu: %s", reader->report->path, reader->report->line,
             what);
    return false;
}

/* The offsets of one side of a source, {"0": 12, "1": 7}, of our topic; NULL when the source is not of it.
 * Spark writes the offset as an object; a source that was restored from a checkpoint may report it as a
 * string of JSON. */
static json_t *offsets_of(const json_t *source, const char *side, const char *topic)
{
    json_t *offsets = json_object_get(source, side);
    if (json_is_string(offsets))
        offsets = json_loads(json_string_value(offsets), 0, NULL);
    else
        json_incref(offsets);
    json_t *of_topic = json_incref(json_object_get(offsets, topic));
    json_decref(offsets);
    return of_topic;
}

/* The ranges between two sets of offsets. A partition without a start is new, or the query's first batch. */
static bool add_ranges(reader_t *reader, batch_t *batch, const json_t *start, json_t *end)
{
    const char *key;
    json_t *value;
    batch->ranges = calloc(json_object_size(end) + 1, sizeof *batch->ranges);
    if (!batch->ranges) return fail(reader, "out of memory");
    json_object_foreach(end, key, value)
    {
        char *rest;
        long partition = strtol(key, &rest, 10);
        const json_t *from = json_object_get(start, key);
        if (rest == key || *rest || partition < 0 || partition > INT32_MAX || !json_is_integer(value) ||
            (from && !json_is_integer(from)))
            return fail(reader,
                        "offsets are not {\"partition\": offset}; is this a Kafka source's progress?");
        offset_range_t range = {(int32_t)partition, from ? json_integer_value(from) : OFFSET_BEGINNING,
                                json_integer_value(value)};
        if (range.end < range.start) return fail(reader, "an end offset lies before its start offset");
        batch->ranges[batch->range_count++] = range;
    }
    return true;
}

static bool append(reader_t *reader, batch_t *batch)
{
    batches_t *batches = reader->batches;
    if ((batches->count & (batches->count - 1)) == 0) {
        size_t room = batches->count ? batches->count * 2 : 1;
        batch_t *grown = realloc(batches->batches, room * sizeof *grown);
        if (!grown) return fail(reader, "out of memory");
        batches->batches = grown;
    }
    batches->batches[batches->count++] = *batch;
    batch->ranges = NULL;
    return true;
}

static bool read_source(reader_t *reader, const json_t *source, batch_t *batch)
{
    json_t *end = offsets_of(source, "endOffset", reader->topic);
    if (!end) return true;
    json_t *start = offsets_of(source, "startOffset", reader->topic);
    bool good = true;
    if (batch->rows > 0)
        good = add_ranges(reader, batch, start ? start : reader->last_end, end) && append(reader, batch);
    free(batch->ranges);
    batch->ranges = NULL;
    json_decref(start);
    json_decref(reader->last_end);
    reader->last_end = end;
    return good;
}

/* Whether the report is of the query that is read, and reads the topic. False with an error where it is not clear which one
 * is meant. */
static bool is_ours(reader_t *reader, const progress_report_t *report, bool *ours)
{
    const bool named = reader->query && ((report->name && strcmp(report->name, reader->query) == 0) ||
                                         strcmp(report->id, reader->query) == 0);
    bool reads = false;
    *ours = false;
    if (reader->query && !named) return true;
    size_t index;
    json_t *source;
    json_array_foreach(json_object_get(report->json, "sources"), index, source)
    {
        json_t *end = offsets_of(source, "endOffset", reader->topic);
        reads = reads || end != NULL;
        json_decref(end);
    }
    *ours = reads;
    if (!reads || (reader->id && strcmp(reader->id, report->id) == 0)) return true;
    if (reader->id) {
        char what[512];
        snprintf(what, sizeof what, "%s read topic %s, with the ids %.64s and %.64s; choose one by its %s",
                 named ? "several queries of that name" : "several queries", reader->topic, reader->id,
                 report->id, named ? "id" : "name or id");
        return fail(reader, what);
    }
    reader->id = strdup(report->id);
    return reader->id ? true : fail(reader, "out of memory");
}

/* Spark reports the last batch again while it is idle. An earlier one is of another file's beginning. */
static bool is_repeated(reader_t *reader, int64_t batch_id)
{
    char what[160];
    if (batch_id == reader->last_id) return true;
    snprintf(what, sizeof what,
             "batch %" PRId64 " is reported after batch %" PRId64
             "; the reports are to be in the order of their batches",
             batch_id, reader->last_id);
    return fail(reader, what);
}

static bool read_report(void *context, const progress_report_t *report)
{
    reader_t *reader = context;
    bool ours;
    reader->report = report;
    if (!is_ours(reader, report, &ours)) return false;
    if (!ours) return true;
    batch_t batch = {.id = report->batch_id, .trigger_ms = report->trigger_ms};
    if (report->duration_ms >= 0) batch.end_ms = batch.trigger_ms + report->duration_ms;
    size_t index;
    json_t *source;
    json_array_foreach(json_object_get(report->json, "sources"), index, source)
    {
        batch.rows = json_integer_value(json_object_get(source, "numInputRows"));
        if (batch.rows > 0 && reader->any && batch.id <= reader->last_id)
            return is_repeated(reader, batch.id);
        if (!read_source(reader, source, &batch)) return false;
    }
    if (report->rows > 0) {
        reader->last_id = batch.id;
        reader->any = true;
    }
    return true;
}

bool progress_read(const char *path, const char *topic, const char *query, batches_t *batches, char *error,
                   size_t error_size)
{
    *batches = (batches_t){0};
    reader_t reader = {
        .topic = topic, .query = query, .batches = batches, .error = error, .error_size = error_size};
    const bool good = progress_files_read(path, read_report, &reader, error, error_size);
    free(reader.id);
    json_decref(reader.last_end);
    if (!good) batches_free(batches);
    return good;
}
