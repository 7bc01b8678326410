/*
 * The predictor as a process of our own: started, listened to through its pair of sockets, killed and reaped.
 *
 * It gets none of the JVM's descriptors but stderr, no blocked or ignored signal, a session of its own (a Ctrl-C in
 * the terminal is not meant for it) and / as its folder. It ends by itself when its end of the pair says end of
 * file, which is how it cannot outlive a driver that is killed.
 *
 * One child at a time, used by one thread; only child_end_at_exit() may be called by others.
 */
#ifndef ADAPTIVESTREAM_AGENT_CHILD_H
#define ADAPTIVESTREAM_AGENT_CHILD_H

#include "agent/program.h"
#include "protocol/child.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    pid_t pid; /* 0: none */
    int pair;  /* our end; -1: none */
    char line[CHILD_LINE_SIZE];
    size_t length;
} child_t;

#define CHILD_NONE ((child_t){.pair = -1})

/* 64 random hexadecimal digits. False when the system has none to give. */
bool child_make_token(char token[PROTOCOL_TOKEN_SIZE]);

/* 0, or the errno of what failed; then there is no child. */
int child_start(child_t *child, const program_t *program, const char *token);

typedef enum {
    CHILD_QUIET,
    CHILD_READY,   /* *ready is set */
    CHILD_GARBLED, /* what it said is no announcement; `error` says why */
    CHILD_GONE     /* its end of the pair is closed: it has ended, or is about to */
} child_news_t;

/* Without waiting. */
child_news_t child_listen(child_t *child, child_ready_t *ready, char *error, size_t error_size);

/* Whether somebody has stopped it (SIGSTOP) since the last look; a stopped process answers nobody. */
bool child_is_stopped(child_t *child);

typedef enum { CHILD_KILLED_BY_OTHERS, CHILD_FAILED } child_end_t;

/* Ends it: waits up to 20 ms for its own end, then kills it; *how is in words, "was killed by signal 9". What then is
 * still dying is left to child_reap(). Our end of the pair is closed. CHILD_KILLED_BY_OTHERS: by SIGKILL, SIGTERM, SIGINT
 * or SIGHUP, not through a fault of its own. */
child_end_t child_end(child_t *child, char *how, size_t how_size);

/* Reaps those that child_end() has left dying. */
void child_reap(void);

/* Asks it to end, and kills it when it has not after 20 ms; the thread that uses it is ignored from then on and starts no
 * other. Waits no longer than 50 ms. */
void child_end_at_exit(void);

#endif
