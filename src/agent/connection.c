#include "agent/connection.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool resolve(connection_t *connection, const char *host, int port)
{
    char service[16];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &connection->found) != 0) {
        connection->found = NULL;
        errno = EHOSTUNREACH;
        return false;
    }
    connection->next = connection->found;
    return true;
}

static bool begin(connection_t *connection, const struct sockaddr *address, socklen_t size)
{
    connection->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) return false;
    /* A request is one small write, and its answer is waited for. */
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    connection->connected = connect(connection->fd, address, size) == 0;
    return connection->connected || errno == EINPROGRESS;
}

bool connection_try_next(connection_t *connection)
{
    int reason = errno;
    while (connection->next) {
        const struct addrinfo *address = connection->next;
        connection->next = address->ai_next;
        if (connection->fd >= 0) close(connection->fd);
        if (begin(connection, address->ai_addr, address->ai_addrlen)) return true;
        reason = errno;
    }
    errno = reason;
    return false;
}

bool connection_open(connection_t *connection, const char *host, int port)
{
    const struct sockaddr_in loopback = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    *connection = CONNECTION_CLOSED;
    connection->in = malloc(PROTOCOL_LINE_MAXIMUM);
    connection->out = malloc(CONNECTION_ROOM);
    bool begun = false;
    errno = ENOMEM;
    if (connection->in && connection->out)
        begun = strcmp(host, "127.0.0.1") == 0
                    ? begin(connection, (const struct sockaddr *)&loopback, sizeof loopback)
                    : resolve(connection, host, port) && connection_try_next(connection);
    const int reason = errno;
    if (!begun) connection_close(connection);
    errno = reason;
    return begun;
}

void connection_close(connection_t *connection)
{
    if (connection->fd >= 0) close(connection->fd);
    if (connection->found) freeaddrinfo(connection->found);
    free(connection->in);
    free(connection->out);
    *connection = CONNECTION_CLOSED;
}

bool connection_finish(connection_t *connection)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    connection->connected = error == 0;
    errno = error;
    return connection->connected;
}

size_t connection_room(const connection_t *connection)
{
    return connection->fd >= 0 ? CONNECTION_ROOM - (connection->out_length - connection->out_start) : 0;
}

bool connection_has_unsent(const connection_t *connection)
{
    return connection->out_length > connection->out_start;
}

bool connection_flush(connection_t *connection)
{
    while (connection->fd >= 0 && connection->connected && connection_has_unsent(connection)) {
        const ssize_t sent = send(connection->fd, connection->out + connection->out_start,
                                  connection->out_length - connection->out_start, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        connection->out_start += (size_t)sent;
    }
    return connection->fd >= 0;
}

bool connection_send(connection_t *connection, const char *text, size_t length)
{
    if (length > connection_room(connection)) return false;
    if (connection->out_start > 0) {
        connection->out_length -= connection->out_start;
        memmove(connection->out, connection->out + connection->out_start, connection->out_length);
        connection->out_start = 0;
    }
    memcpy(connection->out + connection->out_length, text, length);
    connection->out_length += length;
    return connection_flush(connection);
}

/* A whole line that has been received, if there is one. */
static bool next_line(connection_t *connection, char **line, size_t *length)
{
    char *begin = connection->in + connection->in_start;
    char *end = memchr(begin, '\n', connection->in_length);
    if (!end) return false;
    *line = begin;
    *length = (size_t)(end - begin);
    connection->in_start += *length + 1;
    connection->in_length -= *length + 1;
    return true;
}

connection_news_t connection_read(connection_t *connection, char **line, size_t *length)
{
    if (connection->fd < 0) return CONNECTION_LOST;
    for (;;) {
        if (next_line(connection, line, length)) return CONNECTION_LINE;
        memmove(connection->in, connection->in + connection->in_start, connection->in_length);
        connection->in_start = 0;
        if (connection->in_length == PROTOCOL_LINE_MAXIMUM) return CONNECTION_LOST;
        const ssize_t got = recv(connection->fd, connection->in + connection->in_length,
                                 PROTOCOL_LINE_MAXIMUM - connection->in_length, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return CONNECTION_QUIET;
        if (got <= 0) return CONNECTION_LOST;
        connection->in_length += (size_t)got;
    }
}
