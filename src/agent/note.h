/*
 * What the agent remembers of one Java thread: the ProcessingTimeExecutor that asked for its interval there,
 * and the query that is governed there. It goes when the thread ends, for whatever reason: the query is then
 * ended at once, and the reference to the executor is freed by the next call into the agent, as an ending
 * thread has no JNI any more.
 */
#ifndef ADAPTIVESTREAM_AGENT_NOTE_H
#define ADAPTIVESTREAM_AGENT_NOTE_H

#include "agent/query.h"

#include <jni.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NOTE_NEW,      /* no wait has been looked at */
    NOTE_GOVERNED, /* query is set */
    NOTE_LEFT,     /* plain waits for good */
} note_state_t;

typedef struct note {
    jweak executor;
    int64_t interval_ms;  /* that Spark is told; 0 = a default trigger that is left alone */
    bool default_trigger; /* the job's own interval is 0, and Spark is told another one */
    note_state_t state;
    int failed_looks; /* in NOTE_NEW */
    query_t *query;   /* may stay set in NOTE_LEFT, for its summary */
    struct note *next;
} note_t;

/* Once, before any other call. False when the system has no thread-specific key left. */
bool note_init(void);

/* This thread's note, or NULL. */
note_t *note_of_thread(void);

/* This thread's note if it is of that executor, else NULL. */
note_t *note_of_executor(JNIEnv *env, jobject executor);

/* Notes the executor for this thread. Once a wait of one has been looked at it stays, as long as it lives. NULL
 * when the thread has another one, or there is no memory. */
note_t *note_executor(JNIEnv *env, jobject executor, int64_t interval_ms);

#endif
