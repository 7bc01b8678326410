#include "predictor/queries.h"

#include <stdlib.h>
#include <string.h>

void queries_begin(queries_t *queries, size_t maximum, adviser_settings_t *settings)
{
    *queries = (queries_t){.maximum = maximum, .settings = settings};
}

static void destroy(query_t *query)
{
    forecaster_destroy(query->learning);
    query_adviser_destroy(query->adviser);
    free(query);
}

void queries_end(queries_t *queries)
{
    for (size_t i = 0; i < queries->count; i++)
        destroy(queries->items[i]);
    queries->count = 0;
}

/* FNV-1a. It only saves comparing texts: equal hashes are compared. */
static uint32_t hash_of(const char *label)
{
    uint32_t hash = UINT32_C(2166136261);
    for (; *label != '\0'; label++)
        hash = (hash ^ (unsigned char)*label) * UINT32_C(16777619);
    return hash;
}

query_t *queries_find(queries_t *queries, const char *label)
{
    const uint32_t hash = hash_of(label);
    for (size_t i = 0; i < queries->count; i++)
        if (queries->hashes[i] == hash && strcmp(queries->items[i]->label, label) == 0)
            return queries->items[i];
    return NULL;
}

/* Where a new one goes: at the end, or where the one is that was used longest ago. */
static size_t make_room(queries_t *queries)
{
    if (queries->count < queries->maximum) return queries->count++;
    size_t oldest = 0;
    for (size_t i = 1; i < queries->count; i++)
        if (queries->items[i]->used < queries->items[oldest]->used) oldest = i;
    destroy(queries->items[oldest]);
    return oldest;
}

query_t *queries_use(queries_t *queries, const char *label)
{
    query_t *query = queries_find(queries, label);
    if (query == NULL) {
        query = calloc(1, sizeof *query);
        if (query == NULL) return NULL;
        strncpy(query->label, label, sizeof query->label - 1);
        observed_status_clear(&query->status);
        query->time_ms = FIELD_UNKNOWN;
        query->adviser = query_adviser_create(label, queries->settings);
        const size_t place = make_room(queries);
        queries->items[place] = query;
        queries->hashes[place] = hash_of(label);
    }
    query->used = ++queries->uses;
    return query;
}

double time_of_day_s(int64_t time_ms)
{
    const int64_t day_ms = 86400000;
    if (time_ms == FIELD_UNKNOWN) return -1;
    const int64_t since_ms = time_ms % day_ms;
    return (double)(since_ms < 0 ? since_ms + day_ms : since_ms) / 1000;
}

/* How many seconds later than the last request this one is; -1 when the two do not belong together. */
static int seconds_since(const query_t *query, const double *history, int64_t time_ms)
{
    const int64_t second_ms = 1000;
    if (!query->has_history) return -1;
    if (time_ms != FIELD_UNKNOWN && query->time_ms != FIELD_UNKNOWN) {
        if (time_ms < query->time_ms || time_ms - query->time_ms > PROTOCOL_HISTORY * second_ms) return -1;
        return (int)((time_ms - query->time_ms + second_ms / 2) / second_ms);
    }
    return memcmp(history, query->history + 1, (PROTOCOL_HISTORY - 1) * sizeof *history) == 0 ? 1 : -1;
}

void query_learn(query_t *query, const double *history, int64_t time_ms)
{
    if (query->learning == NULL) return;
    const int seconds = seconds_since(query, history, time_ms);
    if (seconds == 0) return; /* asked more than once in a second */
    if (seconds > 0) {
        double both[2 * PROTOCOL_HISTORY];
        memcpy(both, query->history, sizeof query->history);
        memcpy(both + PROTOCOL_HISTORY, history + PROTOCOL_HISTORY - seconds,
               (size_t)seconds * sizeof *history);
        for (int i = 0; i < seconds; i++) {
            const int64_t at_ms = query->time_ms == FIELD_UNKNOWN ? FIELD_UNKNOWN : query->time_ms + i * 1000;
            forecaster_observe(query->learning, both + i, time_of_day_s(at_ms), both[PROTOCOL_HISTORY + i]);
        }
    }
    memcpy(query->history, history, sizeof query->history);
    query->time_ms = time_ms;
    query->has_history = true;
}
