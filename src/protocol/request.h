/*
 * Requests: what an agent, or `adaptivestream status`, says to the predictor.
 */
#ifndef ADAPTIVESTREAM_PROTOCOL_REQUEST_H
#define ADAPTIVESTREAM_PROTOCOL_REQUEST_H

#include "protocol/message.h"
#include "protocol/observation.h"

typedef enum {
    REQUEST_HELLO,
    REQUEST_PREDICT,
    REQUEST_OBSERVE,
    REQUEST_HEALTH,
    REQUEST_STATUS,
    REQUEST_SET,
    REQUEST_OPS
} request_op_t;

extern const char *const request_op_names[REQUEST_OPS];

#define REQUEST_NO_ID ((message_id_t){.given = false})

/* What is below is set by the ops that have it; the rest is "" or 0. About 50 kB: not for a stack. */
typedef struct {
    request_op_t op;
    message_id_t id; /* also after a failure, where one could be read */

    char token[PROTOCOL_TOKEN_SIZE]; /* hello */
    char client[PROTOCOL_WORD_SIZE]; /* hello; may be "" */

    char query[PROTOCOL_LABEL_SIZE];  /* predict, set ("*" for all), status ("" for all), health ("": none) */
    double history[PROTOCOL_HISTORY]; /* predict; finite, not below 0 */
    int64_t time_ms;                  /* predict; FIELD_UNKNOWN when missing */
    int64_t from;                     /* status: queries to pass over, 0 or more */
    change_t change;                  /* set */
    observation_t observation;        /* observe */
} request_t;

bool request_read(const char *line, size_t length, request_t *request, char *error, size_t error_size);

size_t request_write_hello(char *buffer, size_t size, message_id_t id, const char *token, const char *client);
size_t request_write_predict(char *buffer, size_t size, message_id_t id, const char *query,
                             const double history[PROTOCOL_HISTORY], int64_t time_ms);
size_t request_write_observe(char *buffer, size_t size, const observation_t *observation);
/* `query`: of which a change is wanted with the answer; NULL: none. */
size_t request_write_health(char *buffer, size_t size, message_id_t id, const char *query);
/* `query`: NULL or "" for all. */
size_t request_write_status(char *buffer, size_t size, message_id_t id, const char *query, int64_t from);
size_t request_write_set(char *buffer, size_t size, message_id_t id, const char *query,
                         const change_t *change);

#endif
