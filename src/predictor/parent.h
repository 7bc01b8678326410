/*
 * What is special about a predictor that an agent has started for itself (--parent-fd): it gets its token through a pair of
 * sockets, says through it where it listens, and never outlives the other end.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_PARENT_H
#define ADAPTIVESTREAM_PREDICTOR_PARENT_H

#include "protocol/child.h"

#include <stdbool.h>
#include <stddef.h>

/* Makes this process go with its parent, deaf to what a terminal sends to both, and closes every descriptor but the standard
 * ones and `fd`. Then reads the token, for which the parent has five seconds. */
bool parent_meet(int fd, char token[PROTOCOL_TOKEN_SIZE], char *error, size_t error_size);

bool parent_tell(int fd, const child_ready_t *ready);

#endif
