/*
 * Lines to and from the predictor over TCP. No call waits but connection_open(), where a host's name is looked up. Used by
 * one thread.
 */
#ifndef ADAPTIVESTREAM_AGENT_CONNECTION_H
#define ADAPTIVESTREAM_AGENT_CONNECTION_H

#include "protocol/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONNECTION_ROOM = 2 * PROTOCOL_LINE_MAXIMUM };

struct addrinfo;

typedef struct {
    struct addrinfo *found, *next; /* addresses of the host, and the one to try if this one fails */
    int fd;                        /* -1: closed */
    bool connected;
    char *in, *out; /* PROTOCOL_LINE_MAXIMUM and CONNECTION_ROOM bytes, while open */
    size_t in_start, in_length;
    size_t out_start, out_length;
} connection_t;

#define CONNECTION_CLOSED ((connection_t){.fd = -1})

/* Begins to connect to the first of the host's addresses that can be begun with; a name is looked up, which may take
 * seconds. False with errno set. */
bool connection_open(connection_t *connection, const char *host, int port);

/* Begins to connect to the next of the host's addresses (::1 of "localhost", say, where only 127.0.0.1 is listened at), after
 * one that did not come about. False when there is none; errno is then of the last that was tried. */
bool connection_try_next(connection_t *connection);
void connection_close(connection_t *connection);

/* Once the socket is writable: whether the connection has come about; else errno is set. */
bool connection_finish(connection_t *connection);

/* Bytes that connection_send() takes at the moment. */
size_t connection_room(const connection_t *connection);

/* Sends, now or when there is room in the socket. False when it does not fit, or the connection has failed. */
bool connection_send(connection_t *connection, const char *text, size_t length);
bool connection_flush(connection_t *connection);
bool connection_has_unsent(const connection_t *connection);

typedef enum { CONNECTION_LINE, CONNECTION_QUIET, CONNECTION_LOST } connection_news_t;

/* The next line, which is good until the next call; without its line break. A line that is too long is a loss. */
connection_news_t connection_read(connection_t *connection, char **line, size_t *length);

#endif
