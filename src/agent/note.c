#include "agent/note.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static pthread_key_t note_key;
static _Atomic(note_t *) left_behind; /* notes of ended threads, whose references still are to be freed */

static void leave_behind(void *value)
{
    note_t *note = value;
    if (note->query) query_end(note->query);
    note->query = NULL;
    note->next = atomic_load(&left_behind);
    while (!atomic_compare_exchange_weak(&left_behind, &note->next, note)) {
    }
}

bool note_init(void)
{
    return pthread_key_create(&note_key, leave_behind) == 0;
}

note_t *note_of_thread(void)
{
    return pthread_getspecific(note_key);
}

static void free_left_behind(JNIEnv *env)
{
    if (!atomic_load(&left_behind)) return;
    note_t *note = atomic_exchange(&left_behind, NULL);
    while (note) {
        note_t *next = note->next;
        if (note->executor) (*env)->DeleteWeakGlobalRef(env, note->executor);
        free(note);
        note = next;
    }
}

static note_t *new_note(void)
{
    note_t *note = calloc(1, sizeof *note);
    if (note && pthread_setspecific(note_key, note) != 0) {
        free(note);
        note = NULL;
    }
    return note;
}

note_t *note_of_executor(JNIEnv *env, jobject executor)
{
    note_t *note = note_of_thread();
    return note && note->executor && (*env)->IsSameObject(env, note->executor, executor) ? note : NULL;
}

/* A stream thread runs one executor all its life. Others that show up on it belong to queries that its own
 * batches start (foreachBatch; Spark 3 asks for their interval where they are made). */
static bool is_settled(JNIEnv *env, const note_t *note)
{
    return note->state != NOTE_NEW && note->executor && !(*env)->IsSameObject(env, note->executor, NULL);
}

note_t *note_executor(JNIEnv *env, jobject executor, int64_t interval_ms)
{
    free_left_behind(env);
    note_t *note = note_of_executor(env, executor);
    if (note) return note;
    note = note_of_thread();
    if (note && is_settled(env, note)) return NULL;
    if (!note) note = new_note();
    if (!note) return NULL;
    if (note->query) query_end(note->query);
    if (note->executor) (*env)->DeleteWeakGlobalRef(env, note->executor);
    note->query = NULL;
    note->state = NOTE_NEW;
    note->failed_looks = 0;
    note->interval_ms = interval_ms;
    note->default_trigger = false;
    note->executor = (*env)->NewWeakGlobalRef(env, executor);
    (*env)->ExceptionClear(env); /* OutOfMemoryError: then there is no executor, and waits stay plain */
    return note->executor ? note : NULL;
}
