/*
 * A running predictor as the commands status, top, explain and set see it: found by its token file, asked over TCP
 * (docs/protocol.md). Nothing waits longer than three seconds.
 */
#ifndef ADAPTIVESTREAM_CLI_PREDICTOR_CLIENT_H
#define ADAPTIVESTREAM_CLI_PREDICTOR_CLIENT_H

#include "common/flags.h"
#include "protocol/answer.h"
#include "protocol/observation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where it is, from flags. */
typedef struct {
    const char *host, *token_file;
    int64_t port;
    bool port_given;
} predictor_place_t;

/* The flags that set it, for a command's table. */
#define PREDICTOR_FLAGS(place)                                                                               \
    {.name = "--port",                                                                                       \
     .type = FLAG_INTEGER,                                                                                   \
     .value = &(place).port,                                                                                 \
     .given = &(place).port_given,                                                                           \
     .argument = "PORT",                                                                                     \
     .minimum = 1,                                                                                           \
     .maximum = 65535,                                                                                       \
     .help = "of the predictor; without it the one that runs, else 9876"},                                   \
        {.name = "--host",                                                                                   \
         .type = FLAG_TEXT,                                                                                  \
         .value = &(place).host,                                                                             \
         .argument = "ADDRESS",                                                                              \
         .preset = "127.0.0.1",                                                                              \
         .help = "of a predictor on another machine"},                                                       \
    {                                                                                                        \
        .name = "--token-file", .type = FLAG_TEXT, .value = &(place).token_file, .argument = "FILE",         \
        .help = "its token; without it that of a predictor of this user on this machine"                     \
    }

typedef struct {
    int fd, port;
    size_t have; /* bytes in `line` beyond the answer read last */
    size_t used;
    char line[PROTOCOL_LINE_MAXIMUM + 1];
} predictor_client_t;

/* Connects and says hello. False with one sentence in `error`; there is then nothing to close. */
bool predictor_client_open(predictor_client_t *client, const predictor_place_t *place, char *error,
                           size_t error_size);
void predictor_client_close(predictor_client_t *client);

/* Sends a request of `length` bytes (0: it did not fit) and waits for the line of the answer. NULL with a sentence. */
const char *predictor_client_ask(predictor_client_t *client, const char *request, size_t length,
                                 size_t *answer_length, char *error, size_t error_size);

typedef struct {
    observed_status_t *queries; /* `count` of them; freed by predictor_status_free() */
    size_t count;
    answer_t health; /* status, model, queries, requests, uptime_s, pid */
} predictor_status_t;

/* What all queries, or the one of this label, told last. False with a sentence. */
bool predictor_client_status(predictor_client_t *client, const char *query, predictor_status_t *status,
                             char *error, size_t error_size);
void predictor_status_free(predictor_status_t *status);

#endif
