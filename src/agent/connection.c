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

/* The first address of the host. */
static bool resolve(const char *host, int port, struct sockaddr_storage *address, socklen_t *size)
{
    char service[16];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        errno = EHOSTUNREACH;
        return false;
    }
    *size = found->ai_addrlen;
    memcpy(address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

static bool begin(connection_t *connection, const struct sockaddr_storage *address, socklen_t size)
{
    connection->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) return false;
    /* A request is one small write, and its answer is waited for. */
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    connection->connected = connect(connection->fd, (const struct sockaddr *)address, size) == 0;
    return connection->connected || errno == EINPROGRESS;
}

bool connection_open(connection_t *connection, const char *host, int port)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(struct sockaddr_in);
    *connection = CONNECTION_CLOSED;
    if (strcmp(host, "127.0.0.1") == 0)
        memcpy(&address,
               &(struct sockaddr_in){.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)port),
                                     .sin_addr = {htonl(INADDR_LOOPBACK)}},
               sizeof(struct sockaddr_in));
    else if (!resolve(host, port, &address, &size))
        return false;
    connection->in = malloc(PROTOCOL_LINE_MAXIMUM);
    connection->out = malloc(CONNECTION_ROOM);
    if (connection->in && connection->out && begin(connection, &address, size)) return true;
    const int reason = connection->in && connection->out ? errno : ENOMEM;
    connection_close(connection);
    errno = reason;
    return false;
}

void connection_close(connection_t *connection)
{
    if (connection->fd >= 0) close(connection->fd);
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
