/* Makes Spark's two methods native when their classes are loaded: ProcessingTimeExecutor.intervalMs() and
 * SystemClock.waitTillTime(). The bodies are in hooks.c. */
#ifndef ADAPTIVESTREAM_AGENT_REWRITE_H
#define ADAPTIVESTREAM_AGENT_REWRITE_H

#include <jni.h>
#include <jvmti.h>

typedef enum {
    REWRITE_DONE,
    REWRITE_NEW_ONLY, /* classes that were loaded before stay as they are: the JVM, or another agent, refuses */
    REWRITE_NO_HOOK, /* nothing is rewritten */
} rewrite_result_t;

/* Switches the hook on, and rewrites targets that are loaded already (by a job that runs, or from an AOT
 * cache). */
rewrite_result_t rewrite_enable(jvmtiEnv *jvmti, JNIEnv *env);

/* Switches the hook off again: classes that are loaded from now on stay as they are. */
void rewrite_disable(jvmtiEnv *jvmti);

/* JVMTI's ClassFileLoadHook: a pure function of the class's bytes, applied at every call. Another agent's
 * retransformation comes by here too, and must get the same class again. */
void JNICALL rewrite_hook(jvmtiEnv *jvmti, JNIEnv *env, jclass being_redefined, jobject loader,
                          const char *name, jobject protection_domain, jint size, const unsigned char *bytes,
                          jint *new_size, unsigned char **new_bytes);

#endif
