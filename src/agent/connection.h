/*
 * Lines to and from the predictor over TCP. No call waits. Used by one thread.
 */
#ifndef ADAPTIVESTREAM_AGENT_CONNECTION_H
#define ADAPTIVESTREAM_AGENT_CONNECTION_H

#include "protocol/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONNECTION_ROOM = 2 * PROTOCOL_LINE_MAXIMUM };

typedef struct {
    int fd; /* -1: closed */
    bool connected;
    char *in, *out; /* PROTOCOL_LINE_MAXIMUM and CONNECTION_ROOM bytes, while open */
    size_t in_start, in_length;
    size_t out_start, out_length;
} connection_t;

#define CONNECTION_CLOSED ((connection_t){.fd = -1})

/* Begins to connect; the name of a host is looked up, which may take seconds. False with errno set. */
bool connection_open(connection_t *connection, const char *host, int port);
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
