/*
 * The texts that the server answers with, made from copies of queries. In the server's thread alone.
 */
#ifndef ADAPTIVESTREAM_MONITOR_TEXTS_H
#define ADAPTIVESTREAM_MONITOR_TEXTS_H

#include "monitor/monitor.h"

#include <stddef.h>

/* Where copies and texts are made; one for all requests. */
typedef struct {
    store_query_t *query;
    char *text;
    size_t size;
} workspace_t;

bool workspace_begin(workspace_t *workspace);
void workspace_end(workspace_t *workspace);

/* Each leaves its text in the workspace and returns its length; 0: out of memory, or what was asked for is not known. */
size_t text_overview(workspace_t *workspace, monitor_t *monitor);
size_t text_series(workspace_t *workspace, monitor_t *monitor, const char *query, int64_t range_ms,
                   int64_t since_ms, int64_t end_ms);
size_t text_details(workspace_t *workspace, monitor_t *monitor, const char *query);
size_t text_metrics(workspace_t *workspace, monitor_t *monitor);
size_t text_health(workspace_t *workspace, monitor_t *monitor);

#endif
