#include "predictor/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SMALL_SIZE = 4096, /* kept by a quiet client */
    /* A line's bytes and one for service_answer() to end it with. */
    INPUT_MAXIMUM = PROTOCOL_LINE_MAXIMUM + 1,
    /* No line is answered while this much is waiting to be taken; an answer may come on top. */
    OUTPUT_ENOUGH = PROTOCOL_LINE_MAXIMUM,
    LINES_A_TURN = 4,
};

/* How long one who is sent away may take to read why. */
static const int64_t farewell_ns = INT64_C(1000000000);

connection_t *connection_create(int fd, int64_t now_ns)
{
    connection_t *connection = calloc(1, sizeof *connection);
    if (connection == NULL) return NULL;
    connection->fd = fd;
    connection->active_ns = now_ns;
    return connection;
}

void connection_destroy(connection_t *connection)
{
    close(connection->fd);
    free(connection->input);
    free(connection->output);
    free(connection);
}

static bool has_output(const connection_t *connection)
{
    return connection->output_begin < connection->output_end;
}

static bool may_answer(const connection_t *connection)
{
    return !connection->closing && connection->held_until_ns == 0 &&
           connection->output_end - connection->output_begin < OUTPUT_ENOUGH;
}

static bool has_line(const connection_t *connection)
{
    return connection->input_seen < connection->input_length;
}

bool connection_has_work(const connection_t *connection, int64_t now_ns)
{
    if (connection->held_until_ns != 0) return now_ns >= connection->held_until_ns;
    return has_line(connection) && may_answer(connection);
}

short connection_events(const connection_t *connection)
{
    short events = has_output(connection) && connection->held_until_ns == 0 ? POLLOUT : 0;
    /* What is there is answered before more is taken: so a client is slowed down to what it gets done. */
    const bool wants_more = connection->closing || (!has_line(connection) && may_answer(connection));
    if (!connection->ended && wants_more) events |= POLLIN;
    return events;
}

/* Room for `more` bytes behind *length, of at most `maximum` in all. */
static bool make_room(char **buffer, size_t *size, size_t length, size_t more, size_t maximum)
{
    if (*size - length >= more) return true;
    size_t wanted = *size < SMALL_SIZE ? SMALL_SIZE : *size;
    while (wanted < length + more)
        wanted *= 2;
    if (wanted > maximum) wanted = maximum;
    if (wanted < length + more) return false;
    char *grown = realloc(*buffer, wanted);
    if (grown == NULL) return false;
    *buffer = grown;
    *size = wanted;
    return true;
}

/* What only a long line needed is given back. */
static void give_back(char **buffer, size_t *size)
{
    if (*size <= SMALL_SIZE) return;
    free(*buffer);
    *buffer = NULL;
    *size = 0;
}

/* How many bytes from input_seen on hold no line break; the others begin with one that ends a line. */
static void look_for_line(connection_t *connection)
{
    const size_t left = connection->input_length - connection->input_seen;
    const char *from = connection->input + connection->input_seen;
    const char *found = left > 0 ? memchr(from, '\n', left) : NULL;
    connection->input_seen += found != NULL ? (size_t)(found - from) : left;
}

/* False when the connection is broken. */
static bool receive(connection_t *connection, int64_t now_ns)
{
    char waste[SMALL_SIZE];
    char *to = waste;
    size_t room = sizeof waste;
    if (!connection->closing) {
        if (connection->input_length == connection->input_size &&
            !make_room(&connection->input, &connection->input_size, connection->input_length, 1,
                       INPUT_MAXIMUM))
            return false;
        to = connection->input + connection->input_length;
        /* The last byte of the buffer is kept for ending a line with. */
        room = connection->input_size - connection->input_length;
        if (connection->input_size == INPUT_MAXIMUM) room--;
    }
    const ssize_t count = recv(connection->fd, to, room, 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) {
        connection->ended = true;
        return true;
    }
    connection->active_ns = now_ns;
    if (connection->closing) return true;
    connection->input_length += (size_t)count;
    look_for_line(connection);
    return true;
}

static bool append(connection_t *connection, const char *text, size_t length)
{
    if (connection->output_begin == connection->output_end)
        connection->output_begin = connection->output_end = 0;
    if (connection->output_begin > 0 && connection->output_size - connection->output_end < length) {
        memmove(connection->output, connection->output + connection->output_begin,
                connection->output_end - connection->output_begin);
        connection->output_end -= connection->output_begin;
        connection->output_begin = 0;
    }
    if (!make_room(&connection->output, &connection->output_size, connection->output_end, length,
                   OUTPUT_ENOUGH + PROTOCOL_LINE_MAXIMUM))
        return false;
    memcpy(connection->output + connection->output_end, text, length);
    connection->output_end += length;
    return true;
}

/* False when the connection is broken. */
static bool send_output(connection_t *connection, int64_t now_ns)
{
    while (has_output(connection)) {
        const ssize_t count = send(connection->fd, connection->output + connection->output_begin,
                                   connection->output_end - connection->output_begin, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            if (connection->stuck_since_ns == 0) connection->stuck_since_ns = now_ns;
            return true;
        }
        if (count < 0) return false;
        connection->output_begin += (size_t)count;
        connection->stuck_since_ns = 0;
    }
    connection->stuck_since_ns = 0;
    give_back(&connection->output, &connection->output_size);
    connection->output_begin = connection->output_end = 0;
    return true;
}

/* Answers the first line and moves the rest up. */
static bool answer_line(connection_t *connection, service_t *service, int64_t now_ns, char *scratch)
{
    const size_t length = connection->input_seen;
    const reply_t reply = service_answer(service, &connection->session, connection->input, length, scratch);
    if (reply.length > 0 && !append(connection, scratch, reply.length)) return false;
    if (reply.hold_back) connection->held_until_ns = now_ns + SERVICE_PENALTY_NS;
    connection->input_length -= length + 1;
    memmove(connection->input, connection->input + length + 1, connection->input_length);
    connection->input_seen = 0;
    connection->line_since_ns = 0;
    if (connection->input_length > 0)
        look_for_line(connection);
    else
        give_back(&connection->input, &connection->input_size);
    return true;
}

static void refuse_long_line(connection_t *connection, int64_t now_ns, char *scratch)
{
    const size_t length = answer_write_error(scratch, PROTOCOL_LINE_MAXIMUM + 1, REQUEST_NO_ID,
                                             "a line is longer than 65536 bytes; the connection ends here");
    append(connection, scratch, length);
    connection->closing = true;
    connection->line_since_ns = now_ns;
    connection->input_length = connection->input_seen = 0;
    give_back(&connection->input, &connection->input_size);
}

bool connection_serve(connection_t *connection, service_t *service, short revents, int64_t now_ns,
                      char *scratch)
{
    if (connection->held_until_ns != 0 && now_ns >= connection->held_until_ns) connection->held_until_ns = 0;
    if ((revents & POLLERR) != 0) return false;
    if ((revents & POLLIN) != 0 && (connection_events(connection) & POLLIN) != 0 &&
        !receive(connection, now_ns))
        return false;
    /* A hang-up would be told over and over while nothing else is waited for. */
    if ((revents & POLLHUP) != 0 && (revents & POLLIN) == 0) return false;

    for (int i = 0; i < LINES_A_TURN && has_line(connection) && may_answer(connection); i++)
        if (!answer_line(connection, service, now_ns, scratch)) return false;
    if (!has_line(connection) && connection->input_length >= PROTOCOL_LINE_MAXIMUM)
        refuse_long_line(connection, now_ns, scratch);
    if (!connection->closing) {
        if (has_line(connection) || connection->input_length == 0)
            connection->line_since_ns = 0;
        else if (connection->line_since_ns == 0)
            connection->line_since_ns = now_ns;
    }
    if (connection->held_until_ns != 0) return true;
    if (!send_output(connection, now_ns)) return false;
    if (has_output(connection)) return true;
    if (connection->closing) {
        /* Closing with something unread would reset the connection, and the answer might be lost with it. */
        shutdown(connection->fd, SHUT_WR);
        return !connection->ended;
    }
    return !connection->ended || has_line(connection);
}

static int64_t limit_ns(const connection_t *connection, int64_t patience_ns)
{
    return connection->closing && farewell_ns < patience_ns ? farewell_ns : patience_ns;
}

int64_t connection_due_ns(const connection_t *connection, int64_t patience_ns)
{
    int64_t due_ns = INT64_MAX;
    const int64_t limit = limit_ns(connection, patience_ns);
    if (connection->line_since_ns != 0) due_ns = connection->line_since_ns + limit;
    if (connection->stuck_since_ns != 0 && connection->stuck_since_ns + limit < due_ns)
        due_ns = connection->stuck_since_ns + limit;
    if (connection->held_until_ns != 0 && connection->held_until_ns < due_ns)
        due_ns = connection->held_until_ns;
    return due_ns;
}

bool connection_in_time(connection_t *connection, int64_t now_ns, int64_t patience_ns)
{
    const int64_t limit = limit_ns(connection, patience_ns);
    if (connection->line_since_ns != 0 && now_ns - connection->line_since_ns >= limit) return false;
    return connection->stuck_since_ns == 0 || now_ns - connection->stuck_since_ns < limit;
}
