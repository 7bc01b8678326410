#include "monitor/texts.h"

#include "monitor/metrics.h"
#include "monitor/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 128 << 10, LAST_SIZE = 8 << 20 };

bool workspace_begin(workspace_t *workspace)
{
    *workspace = (workspace_t){.size = FIRST_SIZE};
    workspace->query = malloc(sizeof *workspace->query);
    workspace->text = malloc(workspace->size);
    if (workspace->query != NULL && workspace->text != NULL) return true;
    workspace_end(workspace);
    return false;
}

void workspace_end(workspace_t *workspace)
{
    free(workspace->query);
    free(workspace->text);
    *workspace = (workspace_t){.size = 0};
}

/* Makes the text's place larger; false when it is large enough for anything, or memory is out. */
static bool grow(workspace_t *workspace)
{
    if (workspace->size >= LAST_SIZE) return false;
    char *larger = malloc(workspace->size * 2);
    if (larger == NULL) return false;
    free(workspace->text);
    workspace->text = larger;
    workspace->size *= 2;
    return true;
}

static monitor_health_t health_of(monitor_t *monitor)
{
    monitor_health_t health = {.model = ""};
    const monitor_options_t *options = monitor_options(monitor);
    if (options->health != NULL) options->health(options->context, &health);
    return health;
}

size_t text_overview(workspace_t *workspace, monitor_t *monitor)
{
    const monitor_options_t *options = monitor_options(monitor);
    monitor_standing_t standing = monitor_standing(monitor);
    monitor_health_t health = health_of(monitor);
    report_host_t host = {
        .replay = options->replay != NULL,
        .source = options->replay != NULL ? options->replay : "",
        .model = health.model,
        .requests = health.requests,
        .uptime_s = health.uptime_s,
        .may_change = options->token != NULL && options->change != NULL,
        .now_ms = standing.now_ms,
        .changes = standing.changes,
        .forgotten = standing.forgotten,
    };
    do {
        json_writer_t json;
        report_overview_begin(&json, &host, workspace->text, workspace->size);
        for (size_t i = 0; monitor_copy_at(monitor, i, workspace->query); i++)
            report_overview_add(&json, workspace->query, standing.now_ms);
        size_t length = report_overview_end(&json);
        if (length > 0) return length;
    } while (grow(workspace));
    return 0;
}

size_t text_series(workspace_t *workspace, monitor_t *monitor, const char *query, int64_t range_ms,
                   int64_t since_ms, int64_t end_ms)
{
    if (!monitor_copy(monitor, query, workspace->query)) return 0;
    int64_t now_ms = monitor_standing(monitor).now_ms;
    if (end_ms <= 0 || end_ms > now_ms) end_ms = now_ms;
    size_t length;
    do
        length =
            report_series(workspace->query, range_ms, since_ms, end_ms, workspace->text, workspace->size);
    while (length == 0 && grow(workspace));
    return length;
}

size_t text_details(workspace_t *workspace, monitor_t *monitor, const char *query)
{
    if (!monitor_copy(monitor, query, workspace->query)) return 0;
    size_t length;
    do
        length = report_details(workspace->query, workspace->text, workspace->size);
    while (length == 0 && grow(workspace));
    return length;
}

size_t text_metrics(workspace_t *workspace, monitor_t *monitor)
{
    monitor_health_t health = health_of(monitor);
    metrics_host_t host = {.predictor_requests = health.requests, .predictor_uptime_s = health.uptime_s};
    metrics_row_t *rows = malloc(STORE_QUERIES * sizeof *rows);
    if (rows == NULL) return 0;
    size_t count = 0, length;
    for (; count < STORE_QUERIES && monitor_copy_at(monitor, count, workspace->query); count++)
        metrics_row_of(workspace->query, &rows[count]);
    do
        length = metrics_write(rows, count, &host, workspace->text, workspace->size);
    while (length == 0 && grow(workspace));
    free(rows);
    return length;
}

size_t text_health(workspace_t *workspace, monitor_t *monitor)
{
    monitor_standing_t standing = monitor_standing(monitor);
    return (size_t)snprintf(workspace->text, workspace->size, "{\"v\":1,\"status\":\"ok\",\"queries\":%zu}\n",
                            standing.queries);
}
