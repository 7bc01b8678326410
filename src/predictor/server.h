/*
 * Listens and serves its clients, all in one thread that waits in epoll_wait() alone: one who is slow, silent or mad holds up
 * nobody else.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_SERVER_H
#define ADAPTIVESTREAM_PREDICTOR_SERVER_H

#include "predictor/service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERVER_CLIENTS_MAXIMUM = 256 };

typedef struct {
    int listener;              /* from server_listen() */
    int signals;               /* a signalfd: when it can be read the server ends; -1: none */
    const listener_t *watcher; /* whose `called` and `descriptor` are served; NULL: nobody */
    int parent;             /* our end of the pair with who has started us, gone when he is; -1: nobody has */
    int64_t patience_ns;    /* for half a line, or an answer that is not taken */
    size_t clients_maximum; /* 1 to SERVER_CLIENTS_MAXIMUM */
} server_config_t;

typedef enum {
    SERVER_STOPPED,  /* by a signal */
    SERVER_ORPHANED, /* the parent's end is closed */
    SERVER_FAILED    /* epoll failed, or out of memory at the start; errno says why */
} server_end_t;

/* A socket that listens at host:port; port 0: at a free one. *port gets the one it has, *loopback whether only this machine
 * reaches it. -1 with one sentence in `error`; *taken: because somebody else listens there. */
int server_listen(const char *host, int *port, bool *loopback, bool *taken, char *error, size_t error_size);

/* Serves until one of the ends above, then closes all clients. */
server_end_t server_run(const server_config_t *config, service_t *service);

#endif
