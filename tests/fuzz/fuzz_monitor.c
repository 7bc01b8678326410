/* Observations of any kind, as lines of the protocol, into the dashboard's store; then everything that is said of it is written and
 * must be JSON. */
/* links: monitor protocol common */
#include "monitor/metrics.h"
#include "monitor/report.h"
#include "protocol/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 4 << 20 };
static const int64_t now_ms = INT64_C(1790000000000);
static char text[TEXT_SIZE];
static request_t request;

static void check(int holds)
{
    if (!holds) abort();
}

static void check_json(size_t length)
{
    json_reader_t json;
    json_read_begin(&json, text, length);
    json_read_skip(&json);
    check(length > 0 && json_read_end(&json));
}

static void tell(store_t *store, const char *line, size_t length)
{
    char error[PROTOCOL_ERROR_SIZE];
    if (!request_read(line, length, &request, error, sizeof error)) return;
    if (request.op == REQUEST_OBSERVE) store_observe(store, &request.observation, now_ms);
    if (request.op == REQUEST_SET) store_note_change(store, request.query, &request.change, now_ms);
    if (request.op != REQUEST_PREDICT) return;
    monitored_forecast_t forecast = {
        .time_ms = now_ms, .rate = request.history[0], .effective = request.history[1], .confidence = 0.5};
    store_forecast(store, request.query, &forecast);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    store_t store;
    store_create(&store);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - data) - at;
        tell(&store, (const char *)data + at, length);
        at += length + 1;
    }
    static metrics_row_t rows[STORE_QUERIES];
    for (size_t i = 0; i < store.count; i++) {
        metrics_row_of(store.queries[i], &rows[i]);
        report_host_t host = {.source = "", .model = "", .now_ms = store.now_ms};
        json_writer_t json;
        report_overview_begin(&json, &host, text, sizeof text);
        report_overview_add(&json, store.queries[i], store.now_ms);
        check_json(report_overview_end(&json));
        check_json(
            report_series(store.queries[i], 120000 << (size % 12), 0, store.now_ms, text, sizeof text));
        check_json(report_details(store.queries[i], text, sizeof text));
    }
    metrics_host_t host = {.predictor_uptime_s = 1};
    check(store.count == 0 || metrics_write(rows, store.count, &host, text, sizeof text) > 0);
    store_destroy(&store);
    return 0;
}
