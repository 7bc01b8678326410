/*
 * Where the token of a running predictor lies, for the other programs of its user: PORT.token in
 * $XDG_RUNTIME_DIR/adaptivestream, else in /tmp/adaptivestream-UID.
 *
 * The folder must be a real one of our own that nobody else may enter (0700), so that nobody can put something else in the
 * file's place. While the predictor runs it holds a lock (flock) on the file; one without a lock was left behind by a
 * predictor that was killed, and is removed by the next that starts.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_TOKEN_FILE_H
#define ADAPTIVESTREAM_PREDICTOR_TOKEN_FILE_H

#include "protocol/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_FILE_PATH_SIZE = 512 };

typedef struct {
    int folder, file; /* descriptors; -1: there is no file */
    char name[32];    /* in the folder */
    char path[TOKEN_FILE_PATH_SIZE];
} token_file_t;

/* 64 random hexadecimal digits; false when the system has none. */
bool token_create(char token[PROTOCOL_TOKEN_SIZE]);

/* The first line of a file. Refused with one sentence in `error` when it is no token. *open_to_others: the file can be read
 * by others than its owner. */
bool token_load(const char *path, char token[PROTOCOL_TOKEN_SIZE], bool *open_to_others, char *error,
                size_t error_size);

/* False with one sentence in `error`; *file then says that there is none. */
bool token_file_create(token_file_t *file, int port, const char *token, char *error, size_t error_size);

/* Removes it; nothing when there is none. */
void token_file_remove(token_file_t *file);

/* For the programs that talk to a running predictor: where the token of the one at `port` would lie, and the ports of those whose
 * tokens lie there now. Returns how many, up to `maximum`. */
void token_file_path(int port, char path[TOKEN_FILE_PATH_SIZE]);
size_t token_file_ports(int *ports, size_t maximum);

#endif
