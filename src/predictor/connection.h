/*
 * One client: what has come from him that is no whole line yet, and what he has not taken yet. Both are bounded, and so is
 * the time for either. Nothing here waits.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_CONNECTION_H
#define ADAPTIVESTREAM_PREDICTOR_CONNECTION_H

#include "predictor/service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int fd;
    session_t session;
    char *input, *output;                        /* owned; of input_size, output_size bytes */
    size_t input_size, input_length, input_seen; /* seen: bytes without a line break */
    size_t output_size, output_begin, output_end;
    bool ended;             /* he sends no more */
    bool closing;           /* after what is in `output`; nothing more is answered */
    int64_t line_since_ns;  /* since when a line has been incomplete; 0: none is */
    int64_t stuck_since_ns; /* since when he has not taken anything; 0: there is nothing to take */
    int64_t held_until_ns;  /* 0: not held back */
    int64_t active_ns;      /* when something last came from him */
    short watched,
        came; /* the server's: what it waits for, as in connection_events(), and what of that has come */
} connection_t;

/* Takes over `fd`, which must not block. NULL when out of memory; `fd` is then still the caller's. */
connection_t *connection_create(int fd, int64_t now_ns);
void connection_destroy(connection_t *connection);

/* What should be waited for: POLLIN, POLLOUT, or both. */
short connection_events(const connection_t *connection);

/* Whether there is a line that could be answered now, so that nobody must wait. */
bool connection_has_work(const connection_t *connection, int64_t now_ns);

/* Receives what is there, answers a few lines (others are waiting too), sends what can be sent. `revents` as of poll(). False:
 * it is over, to be destroyed. `scratch` has room for PROTOCOL_LINE_MAXIMUM + 1 bytes. */
bool connection_serve(connection_t *connection, service_t *service, short revents, int64_t now_ns,
                      char *scratch);

/* False when half a line, or an answer, has been waiting longer than `patience_ns`. */
bool connection_in_time(connection_t *connection, int64_t now_ns, int64_t patience_ns);

/* When it has to be looked at next if nothing comes; INT64_MAX: never. */
int64_t connection_due_ns(const connection_t *connection, int64_t patience_ns);

#endif
