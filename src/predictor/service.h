/*
 * What a line is answered with. Knows queries and forecasters, but no sockets.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_SERVICE_H
#define ADAPTIVESTREAM_PREDICTOR_SERVICE_H

#include "predictor/plain.h"
#include "predictor/queries.h"
#include "protocol/answer.h"
#include "protocol/request.h"

typedef struct service service_t;

/* Somebody who wants to see what goes by (the dashboard). All four are called in the server's thread, so they must be quick,
 * and may be NULL; what they are given is gone afterwards. Only what clients that have said hello send goes by. */
typedef struct {
    void (*observed)(void *context, const observation_t *observation);
    void (*predicted)(void *context, const char *query, int64_t time_ms, const answer_t *answer);
    /* Somebody has asked for a change, by whatever way. */
    void (*changed)(void *context, const char *query, const change_t *change);
    /* Whenever `descriptor` can be read (poll's POLLIN; the listener reads it empty): for one with a thread of its own to get
     * a wish into this one, as by service_set(). */
    void (*called)(void *context, service_t *service);
    int descriptor; /* used with `called` only */
    void *context;
} listener_t;

typedef struct {
    const char *token;           /* 64 hexadecimal digits, kept by reference */
    bool hello_first;            /* nothing at all is answered before it */
    adviser_settings_t settings; /* of every query */
    size_t queries_maximum;      /* 1 to QUERIES_MAXIMUM */
    int64_t (*now_ns)(void);     /* a clock that does not jump */
    int64_t pid;
    listener_t listener;
} service_config_t;

/* Of one connection. All 0 to begin with. */
typedef struct {
    bool authorised; /* has said hello */
    plain_t plain;
} session_t;

typedef struct {
    size_t length;  /* of the answer; 0: there is none */
    bool hold_back; /* a wrong token: after SERVICE_PENALTY_NS, and nothing else until then */
} reply_t;

#define SERVICE_PENALTY_NS INT64_C(200000000)

/* NULL when out of memory. */
service_t *service_create(const service_config_t *config);
void service_destroy(service_t *service);

/* A line without its line break, up to PROTOCOL_LINE_MAXIMUM - 1 bytes of anything; line[length] can be written. The answer
 * goes to `answer`, which has room for PROTOCOL_LINE_MAXIMUM + 1 bytes. */
reply_t service_answer(service_t *service, session_t *session, char *line, size_t length, char *answer);

/* As the request `set`: for the next predict or health of the query, or "*" for all that are known. False: it is not
 * known. */
bool service_set(service_t *service, const char *query, const change_t *change);

#endif
