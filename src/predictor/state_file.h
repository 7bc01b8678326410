/*
 * Where what was learnt of a query is kept: a small file each in one folder, written whole or not at all.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_STATE_FILE_H
#define ADAPTIVESTREAM_PREDICTOR_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATE_PATH_SIZE = 1024 };

/* The file of `label`, which may hold anything, and of `rule`, a text of what it is learnt under: letters, digits and so on
 * of the label, and a hash of both. False when it would be longer than `size`. */
bool state_file_path(const char *folder, const char *label, const char *rule, char *path, size_t size);

/* The file's bytes, at most `room`; 0 when there is none (errno is ENOENT then) or it cannot be read or is larger (errno). */
size_t state_file_read(const char *path, uint8_t *bytes, size_t room);

/* By a file beside it that takes its place, without waiting for the disk: a machine that loses its power may lose what was
 * learnt, which the next read then refuses. The folder, not those above it, is made if need be. False: errno says why, and what
 * was there is as it was. */
bool state_file_write(const char *path, const uint8_t *bytes, size_t size);

/* Puts a file that could not be used out of the way, as PATH.refused. */
void state_file_refuse(const char *path);

#endif
