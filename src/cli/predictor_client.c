#include "cli/predictor_client.h"

#include "cli/plain_text.h"
#include "predictor/token_file.h"
#include "protocol/request.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PORTS = 8, PATIENCE_S = 3, STATUS_MAXIMUM = 1000, QUERIES_NAMED = 4, PORT_TEXT = 6 /* " 65535" */ };

static int connect_to(const char *host, int port, char *error, size_t error_size)
{
    char service[16];
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    snprintf(service, sizeof service, "%d", port);
    int status = getaddrinfo(host, service, &hints, &found), fd = -1;
    if (status != 0) {
        snprintf(error, error_size, "%s: %s", host, gai_strerror(status));
        return -1;
    }
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) break;
        int reason = errno;
        close(fd);
        fd = -1;
        errno = reason;
    }
    if (fd < 0)
        snprintf(error, error_size,
                 "no predictor answers at %s port %d: %s. Is a job with the agent running?", host, port,
                 strerror(errno));
    freeaddrinfo(found);
    return fd;
}

static bool open_at(predictor_client_t *client, const predictor_place_t *place, int port, char *error,
                    size_t error_size)
{
    char path[TOKEN_FILE_PATH_SIZE], token[PROTOCOL_TOKEN_SIZE], request[256];
    bool open_to_others;
    answer_t answer;
    client->have = client->used = 0;
    client->fd = -1;
    client->port = port;
    token_file_path(client->port, path);
    client->fd = connect_to(place->host, client->port, error, error_size);
    if (client->fd < 0) return false;
    size_t length;
    const char *line = NULL;
    if (token_load(place->token_file != NULL ? place->token_file : path, token, &open_to_others, error,
                   error_size))
        line = predictor_client_ask(client, request,
                                    request_write_hello(request, sizeof request, REQUEST_NO_ID, token, "cli"),
                                    &length, error, error_size);
    if (line != NULL && answer_read(line, length, &answer, error, error_size)) {
        if (answer.error[0] == '\0') return true;
        snprintf(error, error_size, "the predictor at port %d: %s", client->port, answer.error);
    }
    predictor_client_close(client);
    return false;
}

void predictor_client_close(predictor_client_t *client)
{
    if (client->fd >= 0) close(client->fd);
    client->fd = -1;
}

static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

const char *predictor_client_ask(predictor_client_t *client, const char *request, size_t length,
                                 size_t *answer_length, char *error, size_t error_size)
{
    memmove(client->line, client->line + client->used, client->have -= client->used);
    client->used = 0;
    if (length == 0 || !send_all(client->fd, request, length)) {
        snprintf(error, error_size, "the predictor at port %d takes no request", client->port);
        return NULL;
    }
    for (;;) {
        const char *end = memchr(client->line, '\n', client->have);
        if (end != NULL) {
            *answer_length = (size_t)(end - client->line);
            client->used = *answer_length + 1;
            return client->line;
        }
        ssize_t got = client->have < sizeof client->line ? recv(client->fd, client->line + client->have,
                                                                sizeof client->line - client->have, 0)
                                                         : 0;
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            snprintf(error, error_size, "the predictor at port %d does not answer", client->port);
            return NULL;
        }
        client->have += (size_t)got;
    }
}

/* ------------------------------------------------------------------------------------------------ status */

static bool read_query(json_reader_t *json, predictor_status_t *status, observation_t *observation)
{
    char key[FIELD_NAME_SIZE];
    observation_clear(observation);
    json_read_object(json);
    while (json_read_member(json, key, sizeof key))
        observation_read_member(json, key, observation);
    if (json->fault != NULL || status->count == STATUS_MAXIMUM) return json->fault == NULL;
    observed_status_t *larger = realloc(status->queries, (status->count + 1) * sizeof *larger);
    if (larger == NULL) return false;
    status->queries = larger;
    status->queries[status->count++] = observation->status;
    return true;
}

/* Adds what one answer holds; *next is where to go on, -1 when it was the last one. */
static bool read_status(const char *line, size_t length, predictor_status_t *status, int64_t *next,
                        char *error, size_t error_size)
{
    json_reader_t json;
    char key[FIELD_NAME_SIZE], said[PROTOCOL_ERROR_SIZE] = "";
    observation_t *observation = malloc(sizeof *observation);
    bool good = observation != NULL;
    *next = -1;
    json_read_begin(&json, line, length);
    json_read_object(&json);
    while (good && json_read_member(&json, key, sizeof key)) {
        if (strcmp(key, "queries") == 0) {
            json_read_array(&json);
            while (good && json_read_element(&json))
                good = read_query(&json, status, observation);
        } else if (strcmp(key, "next") == 0)
            json_read_integer(&json, next);
        else if (strcmp(key, "error") == 0)
            json_read_string(&json, said, sizeof said);
        else
            json_read_skip(&json);
    }
    free(observation);
    if (said[0] != '\0')
        snprintf(error, error_size, "%s", said);
    else if (!good || !json_read_end(&json))
        snprintf(error, error_size, "the answer is not a status: %s",
                 json.fault != NULL ? json.fault : "out of memory");
    else
        return true;
    return false;
}

bool predictor_client_status(predictor_client_t *client, const char *query, predictor_status_t *status,
                             char *error, size_t error_size)
{
    char request[PROTOCOL_LABEL_SIZE * 2 + 128];
    size_t length;
    *status = (predictor_status_t){.count = 0};
    const char *line = predictor_client_ask(
        client, request, request_write_health(request, sizeof request, REQUEST_NO_ID, NULL), &length, error,
        error_size);
    if (line == NULL || !answer_read(line, length, &status->health, error, error_size)) return false;
    int64_t next = 0;
    do {
        line = predictor_client_ask(client, request,
                                    request_write_status(request, sizeof request, REQUEST_NO_ID, query, next),
                                    &length, error, error_size);
        if (line == NULL || !read_status(line, length, status, &next, error, error_size)) {
            predictor_status_free(status);
            return false;
        }
    } while (next > 0);
    return true;
}

void predictor_status_free(predictor_status_t *status)
{
    free(status->queries);
    status->queries = NULL;
    status->count = 0;
}

/* ------------------------------------------------------------------------------------------------ which one */

/* " 9876 (orders, clicks)": the port and what is known there. */
static void name_predictor(predictor_client_t *client, const predictor_place_t *place, int port, char *text,
                           size_t size)
{
    char unused[PROTOCOL_ERROR_SIZE], label[PROTOCOL_LABEL_SIZE];
    predictor_status_t status;
    size_t used = (size_t)snprintf(text, size, " %d", port);
    if (used >= size) return;
    if (!open_at(client, place, port, unused, sizeof unused)) {
        snprintf(text + used, size - used, " (does not answer)");
        return;
    }
    if (predictor_client_status(client, NULL, &status, unused, sizeof unused)) {
        const char *before = " (";
        for (size_t i = 0; i < status.count && i < QUERIES_NAMED && used < size; i++) {
            plain_text(status.queries[i].query, label, sizeof label);
            used += (size_t)snprintf(text + used, size - used, "%s%s", before, label);
            before = ", ";
        }
        if (used < size)
            snprintf(text + used, size - used, "%s",
                     status.count > QUERIES_NAMED ? ", ...)"
                     : status.count > 0           ? ")"
                                                  : " (no query yet)");
        predictor_status_free(&status);
    }
    predictor_client_close(client);
}

bool predictor_client_open(predictor_client_t *client, const predictor_place_t *place, char *error,
                           size_t error_size)
{
    int ports[PORTS];
    const size_t count = place->port_given || place->token_file != NULL ? 0 : token_file_ports(ports, PORTS);
    if (count <= 1) {
        const int port = place->port_given ? (int)place->port : count == 1 ? ports[0] : PROTOCOL_PORT;
        return open_at(client, place, port, error, error_size);
    }
    size_t used =
        (size_t)snprintf(error, error_size, "%zu predictors run here; say which with --port:", count);
    for (size_t i = 0; i < count && used < error_size; i++) {
        const size_t kept = (count - 1 - i) * PORT_TEXT; /* names must not take the room of ports */
        if (used + kept < error_size)
            name_predictor(client, place, ports[i], error + used, error_size - used - kept);
        used += strlen(error + used);
    }
    return false;
}
