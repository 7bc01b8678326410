/*
 * HTTP for the page, its figures as JSON, server-sent events and metrics, on one thread by libmicrohttpd.
 *
 *     /  /app.js ...                 the page (web/)
 *     /api/overview                  all queries (monitor/report.h)
 *     /api/series?query=Q&range=S    one query's charts, S seconds; &since=MS: what is newer; &end=MS: up to then
 *     /api/details?query=Q           its latest triggers in words
 *     /api/events                    server-sent events: an overview whenever something has changed, twice a second at most
 *     /api/set                       POST, a change as in docs/protocol.md; token and same origin needed
 *     /metrics  /healthz
 *
 * At most SERVER_CONNECTIONS at a time; requests, heads and bodies are bounded; who neither sends nor reads for SERVER_TIMEOUT_S is
 * cut off, and who takes more than SERVER_REQUEST_S for a request and its answer (streams aside). A client that reads slowly gets fewer events, never more work for the server.
 */
#ifndef ADAPTIVESTREAM_MONITOR_HTTP_SERVER_H
#define ADAPTIVESTREAM_MONITOR_HTTP_SERVER_H

#include "monitor/monitor.h"

#include <stddef.h>

enum {
    SERVER_CONNECTIONS = 64,
    SERVER_STREAMS = 32,
    SERVER_TIMEOUT_S = 10,
    SERVER_REQUEST_S = 20,
    SERVER_BODY_MAXIMUM = 4096,
};

typedef struct http_server http_server_t;

/* Takes over the listening socket, also when it fails (NULL). */
http_server_t *http_server_start(monitor_t *monitor, int fd, char *error, size_t error_size);
void http_server_stop(http_server_t *server);

#endif
