/* Keeps a part of the agent from filling the driver's log: a handful of lines at once, then one every few seconds.
 * Those beyond are still there at log_level=debug. */
#ifndef ADAPTIVESTREAM_AGENT_LINE_LIMIT_H
#define ADAPTIVESTREAM_AGENT_LINE_LIMIT_H

#include "common/log.h"

#include <stdint.h>

typedef struct {
    int spent;         /* lines of the handful that are used up */
    int64_t repaid_ns; /* up to when they have been paid back */
} line_limit_t;

/* The level at which a line of `level` is to be written now. */
log_level_t line_limit(line_limit_t *limit, log_level_t level, int64_t now_ns);

#endif
