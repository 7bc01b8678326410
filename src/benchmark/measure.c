#include "benchmark/measure.h"

#include "benchmark/progress.h"
#include "traffic/packed_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void measurement_free(measurement_t *measurement)
{
    for (size_t i = 0; i < measurement->query_count; i++)
        free(measurement->queries[i].by_phase);
    phases_free(&measurement->phases);
    *measurement = (measurement_t){0};
}

bool measurement_is_complete(const measurement_t *measurement)
{
    for (size_t i = 0; i < measurement->query_count; i++) {
        if (measurement->queries[i].missing > 0 || measurement->queries[i].repeated > 0) return false;
    }
    return true;
}

static void name(measured_query_t *query, const char *file, const char *name_or_id)
{
    const char *slash = strrchr(file, '/');
    query->file = file;
    if (name_or_id) {
        snprintf(query->name, sizeof query->name, "%s", name_or_id);
        return;
    }
    snprintf(query->name, sizeof query->name, "%s", slash ? slash + 1 : file);
    char *dot = strrchr(query->name, '.');
    if (dot && dot > query->name) *dot = '\0';
}

static bool fill_figures(const waits_t *waits, const measured_phases_t *phases, int64_t bound_ms,
                         measured_query_t *query)
{
    query->before = waits->before;
    query->missing = waits->missing;
    query->repeated = waits->repeated;
    query->rows = waits->rows;
    query->excess = waits_excess(waits, bound_ms);
    query->by_phase = calloc(phases->count + 1, sizeof *query->by_phase);
    if (!query->by_phase || !waits_figures(waits, NULL, 0, &query->all)) return false;
    for (size_t i = 0; i < phases->count; i++) {
        const measured_phase_t *phase = &phases->items[i];
        if (!waits_figures(waits, phase->spans, phase->span_count, &query->by_phase[i])) return false;
    }
    return true;
}

static bool measure_query(const measure_request_t *request, size_t index, const batches_t *batches,
                          const topic_events_t *events, measurement_t *measurement)
{
    waits_t waits;
    measured_query_t *query = &measurement->queries[measurement->query_count++];
    name(query, request->progress[index], request->query[index]);
    if (!waits_join(batches, events, &waits)) return false;
    bool good = fill_figures(&waits, &measurement->phases, request->bound_ms, query);
    waits_free(&waits);
    return good;
}

static bool read_batches(const measure_request_t *request, batches_t *batches, char *error, size_t error_size)
{
    const char *topic = request->topic.topic;
    for (size_t i = 0; i < request->progress_count; i++) {
        const char *file = request->progress[i];
        const char *query = request->query[i];
        if (!progress_read(file, topic, query, &batches[i], error, error_size)) return false;
        if (batches[i].count > 0) continue;
        snprintf(error, error_size,
                 "%s: no batch%s%s took a row of topic %s; is --topic the one that the query reads, and is "
                 "its progress in the file, from its first batch on?",
                 packed_input_name(file), query ? " of query " : "", query ? query : "", topic);
        return false;
    }
    return true;
}

static bool locate_phases(const measure_request_t *request, const topic_events_t *events,
                          measurement_t *measurement, char *error, size_t error_size)
{
    int64_t start_ms = request->start_ms;
    if (!request->phases) return true;
    if (!request->start_known && !topic_events_first_ms(events, &start_ms)) {
        snprintf(error, error_size, "topic %s holds no event", request->topic.topic);
        return false;
    }
    if (phases_locate(request->phases, start_ms, request->repeat, &measurement->phases)) return true;
    snprintf(error, error_size, "out of memory");
    return false;
}

static bool measure_batches(const measure_request_t *request, const batches_t *batches,
                            measurement_t *measurement, char *error, size_t error_size)
{
    topic_events_t events;
    if (!topic_read(&request->topic, &events, error, error_size)) return false;
    for (size_t i = 0; i < events.count; i++)
        measurement->events += (int64_t)events.partitions[i].count;
    bool good = locate_phases(request, &events, measurement, error, error_size);
    for (size_t i = 0; good && i < request->progress_count; i++) {
        good = measure_query(request, i, &batches[i], &events, measurement);
        if (!good) snprintf(error, error_size, "out of memory");
    }
    topic_events_free(&events);
    return good;
}

/* The files first: what is wrong with them is known at once, while a broker may not answer for a minute. */
bool measure(const measure_request_t *request, measurement_t *measurement, char *error, size_t error_size)
{
    batches_t batches[MEASURED_MAXIMUM] = {0};
    *measurement = (measurement_t){0};
    bool good = read_batches(request, batches, error, error_size) &&
                measure_batches(request, batches, measurement, error, error_size);
    for (size_t i = 0; i < request->progress_count; i++)
        batches_free(&batches[i]);
    if (!good) measurement_free(measurement);
    return good;
}
