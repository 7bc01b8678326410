/*
 * What an agent and the predictor that it has started say to each other through their pair of sockets.
 */
#ifndef ADAPTIVESTREAM_PROTOCOL_CHILD_H
#define ADAPTIVESTREAM_PROTOCOL_CHILD_H

#include "protocol/message.h"

enum { CHILD_ADDRESS_SIZE = 64, CHILD_LINE_SIZE = 256 };

/* The child's answer: it listens. */
typedef struct {
    int64_t port;                       /* 1 to 65535 */
    char dashboard[CHILD_ADDRESS_SIZE]; /* HOST:PORT; "" where there is none */
    int64_t pid;
} child_ready_t;

size_t child_write_token(char *buffer, size_t size, const char *token);
bool child_read_token(const char *line, size_t length, char token[PROTOCOL_TOKEN_SIZE], char *error,
                      size_t error_size);

size_t child_write_ready(char *buffer, size_t size, const child_ready_t *ready);
bool child_read_ready(const char *line, size_t length, child_ready_t *ready, char *error, size_t error_size);

#endif
