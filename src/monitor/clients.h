/*
 * How long clients of the dashboard's server take: each has REQUEST_S in whole for its next request and the answer to it, however
 * busily it drips its bytes. A stream of events is one answer that may go on for ever (monitor/streams.h bounds those).
 *
 * In the server's thread alone.
 */
#ifndef ADAPTIVESTREAM_MONITOR_CLIENTS_H
#define ADAPTIVESTREAM_MONITOR_CLIENTS_H

#include "monitor/http_server.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool used, may_go_on;
    int fd;
    int64_t since_ms; /* the last answer ended then, or the connection began */
} client_t;

typedef struct {
    client_t clients[SERVER_CONNECTIONS];
} clients_t;

/* Times are of a clock that only goes forward. NULL when there are more than the server lets in. */
client_t *clients_begin(clients_t *clients, int fd, int64_t now_ms);
/* The answer to its request has ended: the next one's time begins. */
void clients_next(client_t *client, int64_t now_ms);
/* The answer may take as long as it wants. */
void clients_let_go_on(client_t *client);
void clients_end(client_t *client);

/* Cuts off those whose time is up, by shutting their sockets down: the server then finds them ended. Returns how long until it is to
 * be called again, ms. */
int64_t clients_tick(clients_t *clients, int64_t now_ms);

#endif
