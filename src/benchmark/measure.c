#include "benchmark/measure.h"

#include "benchmark/progress.h"

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

static void name_after_file(measured_query_t *query, const char *file)
{
    const char *slash = strrchr(file, '/');
    query->file = file;
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

static bool measure_query(const char *file, const measure_request_t *request, const topic_events_t *events,
                          measurement_t *measurement, char *error, size_t error_size)
{
    const char *topic = request->topic.topic;
    batches_t batches;
    waits_t waits;
    if (!progress_read(file, topic, &batches, error, error_size)) return false;
    if (batches.count == 0) {
        snprintf(error, error_size, "%s: no batch took a row of topic %s", file, topic);
        return false;
    }
    measured_query_t *query = &measurement->queries[measurement->query_count++];
    name_after_file(query, file);
    bool good = waits_join(&batches, events, &waits);
    batches_free(&batches);
    if (good) {
        good = fill_figures(&waits, &measurement->phases, request->bound_ms, query);
        waits_free(&waits);
    }
    if (!good) snprintf(error, error_size, "out of memory");
    return good;
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

bool measure(const measure_request_t *request, measurement_t *measurement, char *error, size_t error_size)
{
    topic_events_t events;
    *measurement = (measurement_t){0};
    if (!topic_read(&request->topic, &events, error, error_size)) return false;
    for (size_t i = 0; i < events.count; i++)
        measurement->events += (int64_t)events.partitions[i].count;
    bool good = locate_phases(request, &events, measurement, error, error_size);
    for (size_t i = 0; good && i < request->progress_count; i++)
        good = measure_query(request->progress[i], request, &events, measurement, error, error_size);
    topic_events_free(&events);
    if (!good) measurement_free(measurement);
    return good;
}
