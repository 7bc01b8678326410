#include "monitor/report.h"

#include "common/json_writer.h"
#include "monitor/words.h"

#include <math.h>
#include <string.h>

enum { SPARKS = 30 }; /* buckets of 2 s */

static void write_known(json_writer_t *json, const char *key, int64_t value)
{
    if (value != FIELD_UNKNOWN) json_write_integer(json, key, value);
}

static void write_finite(json_writer_t *json, const char *key, double value, int digits)
{
    if (isfinite(value)) json_write_number(json, key, value, digits);
}

static void write_text(json_writer_t *json, const char *key, const char *text)
{
    if (*text != '\0') json_write_string(json, key, text);
}

/* ------------------------------------------------------------------------------------------------ overview */

static void write_savings(json_writer_t *json, const savings_t *savings)
{
    json_write_integer(json, "start_ms", savings->start_ms);
    json_write_number(json, "own_batches", savings->own_batches, 0);
    json_write_number(json, "shadow_batches", savings->shadow_batches, 0);
    json_write_number(json, "own_wait_s", savings->own_waited_s / savings->own_events, 6);
    json_write_number(json, "shadow_wait_s", savings->shadow_waited_s / savings->shadow_events, 6);
    json_write_number(json, "waits_ratio", savings->waits_ratio, 4);
    json_write_number(json, "batches_ratio", savings->batches_ratio, 4);
    json_write_number(json, "saved_s", savings->saved_s, 1);
    json_write_number(json, "saved_batches", savings->saved_batches, 0);
}

static void write_forecast(json_writer_t *json, const monitored_forecast_t *forecast)
{
    json_write_open_object(json, "forecast");
    json_write_integer(json, "time_ms", forecast->time_ms);
    write_finite(json, "rate", forecast->rate, 2);
    write_finite(json, "effective", forecast->effective, 2);
    write_finite(json, "confidence", forecast->confidence, 3);
    if (forecast->has_quantiles) {
        json_write_number(json, "low", forecast->low, 2);
        json_write_number(json, "high", forecast->high, 2);
    }
    write_text(json, "model", forecast->model);
    write_known(json, "elapsed_us", forecast->elapsed_us);
    json_write_close_object(json);
}

/* The rates of the last minute, for a small picture beside the name. */
static void write_sparks(json_writer_t *json, const store_query_t *query, int64_t now_ms)
{
    json_write_open_array(json, "sparks");
    for (int i = SPARKS; i >= 1; i--) {
        const bucket_t *bucket = history_at(&query->history, 1, now_ms - i * history_width_ms(1));
        bool known = bucket != NULL && bucket->values[COLUMN_KNOWN_S] > 0;
        json_write_number(
            json, NULL, known ? bucket->values[COLUMN_ARRIVED] / bucket->values[COLUMN_KNOWN_S] : (double)NAN,
            1);
    }
    json_write_close_array(json);
}

void report_overview_add(json_writer_t *json, const store_query_t *query, int64_t now_ms)
{
    json_write_open_object(json, NULL);
    observed_status_write(json, &query->status);
    json_write_string(json, "state_words", words_state(query->status.state));
    json_write_integer(json, "first_ms", query->first_ms);
    json_write_integer(json, "last_ms", query->last_ms);
    json_write_number(json, "arrival_rate", store_rate(query), 2);
    if (query->has_forecast) write_forecast(json, &query->forecast);
    char sentence[WORDS_SIZE];
    words_savings(query, now_ms, sentence);
    json_write_string(json, "sentence", sentence);
    savings_t hour = store_savings(query, now_ms, 3600 * 1000);
    json_write_open_object(json, "last_hour");
    write_savings(json, &hour);
    json_write_close_object(json);
    write_sparks(json, query, now_ms);
    json_write_close_object(json);
}

void report_overview_begin(json_writer_t *json, const report_host_t *host, char *buffer, size_t size)
{
    json_write_begin(json, buffer, size);
    json_write_integer(json, "v", 1);
    json_write_string(json, "version", ADAPTIVESTREAM_VERSION);
    json_write_integer(json, "now_ms", host->now_ms);
    json_write_integer(json, "changes", host->changes);
    json_write_boolean(json, "replay", host->replay);
    write_text(json, "source", host->source);
    json_write_boolean(json, "may_change", host->may_change);
    json_write_open_object(json, "predictor");
    write_text(json, "model", host->model);
    json_write_integer(json, "requests", host->requests);
    json_write_number(json, "uptime_s", host->uptime_s, 1);
    json_write_close_object(json);
    json_write_integer(json, "forgotten", host->forgotten);
    json_write_open_array(json, "queries");
}

size_t report_overview_end(json_writer_t *json)
{
    json_write_close_array(json);
    return json_write_end(json) ? json->length : 0;
}

/* ------------------------------------------------------------------------------------------------ series */

/* A column of the answer: `sum` over `by`, or `sum` itself. */
typedef struct {
    const char *key;
    column_t sum;
    int by; /* a column; NO_COUNT: none, and 0 means that nothing is known */
    int digits;
} answer_column_t;

enum { NO_COUNT = -1, NO_COUNT_NOR_NULL = -2 };

static const answer_column_t answer_columns[] = {
    {"rate", COLUMN_ARRIVED, COLUMN_KNOWN_S, 1},
    {"peak", COLUMN_PEAK, NO_COUNT, 1},
    {"forecast", COLUMN_FORECAST, COLUMN_FORECASTS, 1},
    {"low", COLUMN_LOW, COLUMN_FORECASTS, 1},
    {"high", COLUMN_HIGH, COLUMN_FORECASTS, 1},
    {"effective", COLUMN_EFFECTIVE, COLUMN_ADVICES, 1},
    {"confidence", COLUMN_CONFIDENCE, COLUMN_ADVICES, 3},
    {"interval_s", COLUMN_INTERVAL_S, COLUMN_DECISIONS, 3},
    {"pending", COLUMN_PENDING, COLUMN_COUNT, 0},
    {"cost", COLUMN_COST, COLUMN_COUNT, 3},
    {"batches", COLUMN_BATCHES, NO_COUNT_NOR_NULL, 0},
    {"batch_events", COLUMN_BATCH_EVENTS, NO_COUNT_NOR_NULL, 0},
    {"batch_s", COLUMN_BATCH_S, COLUMN_BATCHES, 3},
    {"shadow_batches", COLUMN_SHADOW_BATCHES, NO_COUNT_NOR_NULL, 0},
    {"own_wait_s", COLUMN_OWN_WAITED_S, COLUMN_OWN_EVENTS, 4},
    {"shadow_wait_s", COLUMN_SHADOW_WAITED_S, COLUMN_SHADOW_EVENTS, 4},
    {"own_events", COLUMN_OWN_EVENTS, NO_COUNT_NOR_NULL, 0},
    {"shadow_events", COLUMN_SHADOW_EVENTS, NO_COUNT_NOR_NULL, 0},
    {"saved_s", COLUMN_SHADOW_WAITED_S, NO_COUNT_NOR_NULL, 1}, /* less the own */
};

static double value_of(const answer_column_t *column, const bucket_t *bucket)
{
    if (bucket == NULL) return (double)NAN;
    const float *values = bucket->values;
    double value = values[column->sum];
    if (strcmp(column->key, "saved_s") == 0) return value - (double)values[COLUMN_OWN_WAITED_S];
    if (column->by == NO_COUNT_NOR_NULL) return value;
    if (column->by == NO_COUNT) return value > 0 ? value : (double)NAN;
    /* A greatest value: 0 is one only where something was seen or decided. */
    if (column->by == COLUMN_COUNT)
        return values[COLUMN_DECISIONS] > 0 || values[COLUMN_KNOWN_S] > 0 ? value : (double)NAN;
    return values[column->by] > 0 ? value / (double)values[column->by] : (double)NAN;
}

/* Oldest first: [[start_ms, events, duration_ms, "reason"], ...] */
static void write_marks(json_writer_t *json, const char *key, const store_query_t *query,
                        const marks_t *marks, int64_t from_ms, int64_t end_ms)
{
    int64_t count = 0;
    for (const mark_t *mark; (mark = marks_latest(marks, count)) != NULL && mark->start_ms >= from_ms;)
        count++;
    json_write_open_array(json, key);
    for (int64_t i = count - 1; i >= 0; i--) {
        const mark_t *mark = marks_latest(marks, i);
        if (mark->start_ms > end_ms) continue;
        json_write_open_array(json, NULL);
        json_write_integer(json, NULL, mark->start_ms);
        json_write_number(json, NULL, mark->events, 0);
        json_write_integer(json, NULL, mark->duration_ms);
        if (marks == &query->own) json_write_string(json, NULL, query->reasons[mark->reason].reason);
        json_write_close_array(json);
    }
    json_write_close_array(json);
}

/* Of the waits that ended in this time. */
static void write_quantiles(json_writer_t *json, const store_query_t *query, int64_t start_ms, int64_t end_ms)
{
    enum { COUNT = 3 };
    static const double quantiles[COUNT] = {0.5, 0.95, 0.99};
    static const char *const own_keys[COUNT] = {"own_p50_s", "own_p95_s", "own_p99_s"},
                             *const shadow_keys[COUNT] = {"shadow_p50_s", "shadow_p95_s", "shadow_p99_s"};
    double own[COUNT], shadow[COUNT];
    wait_history_quantiles(&query->own_waits.over_time, query->last_ms, start_ms, end_ms + 1, quantiles, own,
                           COUNT);
    wait_history_quantiles(&query->shadow_waits.over_time, query->last_ms, start_ms, end_ms + 1, quantiles,
                           shadow, COUNT);
    for (int i = 0; i < COUNT; i++) {
        json_write_number(json, own_keys[i], own[i], 4);
        json_write_number(json, shadow_keys[i], shadow[i], 4);
    }
}

size_t report_series(const store_query_t *query, int64_t range_ms, int64_t since_ms, int64_t end_ms,
                     char *buffer, size_t size)
{
    size_t level = store_level(query, end_ms - range_ms, range_ms);
    int64_t width_ms = history_width_ms(level);
    if (range_ms > history_span_ms(level)) range_ms = history_span_ms(level);
    int64_t start_ms = end_ms - range_ms;
    if (since_ms > start_ms) start_ms = since_ms;
    start_ms -= start_ms % width_ms;
    if (start_ms < 0) start_ms = 0;

    json_writer_t json;
    json_write_begin(&json, buffer, size);
    json_write_integer(&json, "v", 1);
    json_write_string(&json, "query", query->status.query);
    json_write_integer(&json, "now_ms", end_ms);
    json_write_integer(&json, "range_ms", range_ms);
    json_write_integer(&json, "start_ms", start_ms);
    json_write_integer(&json, "width_ms", width_ms);
    savings_t savings = store_savings(query, end_ms, range_ms);
    json_write_open_object(&json, "savings");
    write_savings(&json, &savings);
    write_quantiles(&json, query, end_ms - range_ms, end_ms);
    json_write_close_object(&json);
    for (size_t i = 0; i < sizeof answer_columns / sizeof *answer_columns; i++) {
        const answer_column_t *column = &answer_columns[i];
        json_write_open_array(&json, column->key);
        for (int64_t at_ms = start_ms; at_ms <= end_ms; at_ms += width_ms)
            json_write_number(&json, NULL, value_of(column, history_at(&query->history, level, at_ms)),
                              column->digits);
        json_write_close_array(&json);
    }
    /* Where marks would stand closer than pixels the counts above serve. */
    int64_t marks_from_ms = level <= 1 ? start_ms : INT64_MAX;
    write_marks(&json, "own_triggers", query, &query->own, marks_from_ms, end_ms);
    write_marks(&json, "shadow_triggers", query, &query->shadow, marks_from_ms, end_ms);
    return json_write_end(&json) ? json.length : 0;
}

/* ------------------------------------------------------------------------------------------------ details */

static void write_logged(json_writer_t *json, const logged_t *entry)
{
    char text[WORDS_SIZE];
    words_trigger(entry, text);
    json_write_open_object(json, NULL);
    json_write_integer(json, "start_ms", entry->start_ms);
    write_known(json, "end_ms", entry->end_ms);
    json_write_integer(json, "events", entry->events);
    json_write_string(json, "reason", entry->reason);
    json_write_string(json, "words", text);
    if (entry->has_decision) {
        write_finite(json, "oldest_s", entry->decision.oldest_s, 3);
        write_finite(json, "cost", entry->cost, 3);
        write_finite(json, "rate", entry->decision.rate, 2);
        write_finite(json, "interval_s", entry->decision.interval_s, 3);
    }
    json_write_close_object(json);
}

size_t report_details(const store_query_t *query, char *buffer, size_t size)
{
    json_writer_t json;
    json_write_begin(&json, buffer, size);
    json_write_integer(&json, "v", 1);
    json_write_string(&json, "query", query->status.query);
    json_write_open_array(&json, "log");
    const logged_t *entry;
    for (int64_t i = 0; (entry = store_logged(query, i)) != NULL; i++)
        write_logged(&json, entry);
    json_write_close_array(&json);
    json_write_open_array(&json, "options_changed");
    const logged_change_t *change;
    for (int64_t i = 0; (change = store_changed(query, i)) != NULL; i++) {
        json_write_open_object(&json, NULL);
        json_write_integer(&json, "time_ms", change->time_ms);
        json_write_string(&json, "origin", change->origin);
        json_write_string(&json, "what", change->what);
        json_write_close_object(&json);
    }
    json_write_close_array(&json);
    json_write_open_object(&json, "reasons");
    for (size_t i = 0; i < STORE_REASONS && query->reasons[i].count > 0; i++)
        json_write_integer(&json, query->reasons[i].reason, query->reasons[i].count);
    json_write_close_object(&json);
    json_write_open_object(&json, "meanings");
    for (size_t i = 0; i < STORE_REASONS && query->reasons[i].count > 0; i++)
        json_write_string(&json, query->reasons[i].reason, words_reason(query->reasons[i].reason));
    json_write_close_object(&json);
    return json_write_end(&json) ? json.length : 0;
}
