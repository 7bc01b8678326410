/*
 * The governed wait: on a stream thread, between two triggers, watches the source and ends the wait when the
 * governor says so. Anything unexpected leads to the job's own schedule.
 */
#ifndef ADAPTIVESTREAM_AGENT_GOVERNED_H
#define ADAPTIVESTREAM_AGENT_GOVERNED_H

#include "agent/note.h"
#include "common/options.h"

#include <jni.h>

typedef enum {
    GOVERNED_ENDED,       /* the wait is over */
    GOVERNED_INTERRUPTED, /* InterruptedException is pending */
    GOVERNED_NOT,         /* not governed, or no longer: the caller waits plainly for what remains */
} governed_t;

/* Whether a wait on this clock is the one of the noted executor. */
bool governed_is_own_wait(JNIEnv *env, const note_t *note, jobject clock);

/* Such a wait, until the wall clock's target_ms. */
governed_t governed_wait(JNIEnv *env, const options_t *options, note_t *note, jlong target_ms);

/* The interval in ms that a query with the default trigger is to be told, so that it waits and can be
 * governed: `fallback_interval`. 0 where it is to be left alone, -1 where this thread runs no query. Only for
 * default_trigger=govern. */
jlong governed_default_interval_ms(JNIEnv *env, const options_t *options);

#endif
