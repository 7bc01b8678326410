/*
 * The agent's line to its predictor: has one started, connects, says hello, notices when it is gone or silent, and has
 * it replaced. One thread uses it; it calls predictor_link_step() when one of the descriptors of predictor_link_watch() has
 * news, and at predictor_link_due_ns() at the latest. A step waits for nothing but the end of a child that is replaced
 * (20 ms), and, where a shared predictor is given by a host's name, the answer of the resolver: that may be seconds, so
 * others are told by predictor_link_lost_ns() beforehand when it will count as lost.
 *
 *     off ......... there is none, for good: predictor=off, or no program found
 *     waiting ..... until the next try
 *     starting .... a child is to announce where it listens
 *     connecting
 *     greeting .... hello is sent
 *     ready
 *
 * Silence is noticed by an answer that is missing for LINK_DEADLINE_MS; something is asked at least every
 * LINK_PING_MS. After LINK_PATIENCE_MS a child is killed and replaced, and a shared predictor connected to anew. One
 * that is gone shows by its end of file at once.
 *
 * Tries: the first at once, then after 0.25 s, doubling up to 30 s; the row begins anew after a minute of health. A
 * child that somebody else has killed or stopped after a second of health is no failure of its own and is replaced at
 * once each time.
 *
 * Times are of CLOCK_MONOTONIC.
 */
#ifndef ADAPTIVESTREAM_AGENT_PREDICTOR_LINK_H
#define ADAPTIVESTREAM_AGENT_PREDICTOR_LINK_H

#include "agent/child.h"
#include "agent/connection.h"
#include "agent/line_limit.h"
#include "common/address.h"
#include "common/options.h"
#include "protocol/answer.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    LINK_PING_MS = 200,
    LINK_DEADLINE_MS = 250,
    LINK_PATIENCE_MS = 600,
    LINK_START_MS = 3000,   /* from exec to the announcement: 20 ms, more on a machine that is busy */
    LINK_CONNECT_MS = 2000, /* and for the answer to hello */
    LINK_OUTSTANDING = 512,
    LINK_FDS = 2,
};

typedef enum {
    LINK_OFF,
    LINK_WAITING,
    LINK_STARTING,
    LINK_CONNECTING,
    LINK_GREETING,
    LINK_READY
} link_state_t;

typedef struct {
    int64_t id, asked_ns;
    uint64_t tag; /* the caller's; 0: the link's own */
} link_request_t;

typedef struct {
    const options_t *options;
    bool shared;
    address_t address; /* where to connect */
    program_t program;
    char token[PROTOCOL_TOKEN_SIZE];
    void (*answered)(void *context, uint64_t tag, int64_t asked_ns, const answer_t *answer);
    void *context;

    link_state_t state;
    child_t child;
    connection_t connection;
    int64_t due_ns; /* waiting: the next try; starting to greeting: when patience ends */
    int64_t ready_ns, heard_ns;
    int64_t unhealthy_ns; /* since when it is not ready or late, or was so the last time */
    bool late;            /* an answer is missing beyond its deadline */
    int failures;         /* in a row */
    uint64_t serial;      /* of the connection; counts up */

    int64_t next_id;
    link_request_t outstanding[LINK_OUTSTANDING]; /* a ring, oldest first */
    size_t oldest, asked;
    answer_t answer;
    line_limit_t lines;
} predictor_link_t;

/* `library`: the agent's own file, beside which the program is looked for; may be NULL. Where no program is found, a
 * line in the log says so. */
void predictor_link_begin(predictor_link_t *link, const options_t *options, const char *library,
                          int64_t now_ns);

size_t predictor_link_watch(const predictor_link_t *link, struct pollfd fds[LINK_FDS]);
int64_t predictor_link_due_ns(const predictor_link_t *link);
void predictor_link_step(predictor_link_t *link, int64_t now_ns);

bool predictor_link_is_ready(const predictor_link_t *link);

/* From when on it counts as lost, unless it is better by then: not off, and for `grace_ns` neither ready nor answering in
 * time. INT64_MAX: as things are, never. */
int64_t predictor_link_lost_ns(const predictor_link_t *link, int64_t grace_ns);

/* The id for the next request. */
message_id_t predictor_link_id(const predictor_link_t *link);

/* Sends a request that bears that id; `answered` is called with the tag when its answer is there, which may never be.
 * False when that cannot be now. */
bool predictor_link_ask(predictor_link_t *link, const char *line, size_t length, uint64_t tag,
                        int64_t now_ns);

/* Sends what gets no answer. */
bool predictor_link_tell(predictor_link_t *link, const char *line, size_t length);

/* Ends the link for good: closes, kills, reaps. For tests; a JVM that ends calls child_end_at_exit(). */
void predictor_link_end(predictor_link_t *link);

#endif
