/*
 * The bodies of Spark's two methods once they are native. The JVM finds them by name among the agent's
 * exported symbols, for every class loader (HotSpot's NativeLookup searches agent libraries last).
 */
#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/governed.h"
#include "agent/note.h"
#include "agent/wait.h"

#include <jni.h>

/* What a query with the default trigger is told. Once told an interval it is told the same to its end, also
 * while the JVM dies: Spark tests it for 0 and then divides by it. From 0 to an interval it may change. */
static jlong default_interval_ms(JNIEnv *env, jobject executor)
{
    note_t *note = note_of_executor(env, executor);
    if (note) return note->interval_ms;
    if (agent_is_dying()) return 0;
    const jlong interval_ms = governed_default_interval_ms(env, agent_options());
    note = interval_ms >= 0 ? note_executor(env, executor, interval_ms) : NULL;
    if (!note) return 0;
    note->default_trigger = interval_ms > 0;
    if (interval_ms == 0) note->state = NOTE_LEFT;
    return interval_ms;
}

/* The job's real interval: Spark computes its grid and its "falling behind" warning from it. Only one of 0 may
 * be replaced, on demand. */
static jlong interval_ms(JNIEnv *env, jobject executor)
{
    jclass type = (*env)->GetObjectClass(env, executor);
    jfieldID field = (*env)->GetFieldID(env, type, "intervalMs", "J");
    (*env)->DeleteLocalRef(env, type);
    if (!field) { /* out of memory: the class was rewritten because it has the field */
        (*env)->ExceptionClear(env);
        note_t *note = note_of_thread();
        return note ? note->interval_ms : 0;
    }
    jlong interval = (*env)->GetLongField(env, executor, field);
    if (interval == 0 && agent_options()->default_trigger == DEFAULT_TRIGGER_GOVERN)
        return default_interval_ms(env, executor);
    if (interval > 0 && !agent_is_dying()) note_executor(env, executor, interval);
    return interval;
}

JNIEXPORT jlong JNICALL Java_org_apache_spark_sql_execution_streaming_ProcessingTimeExecutor_intervalMs(
    JNIEnv *env, jobject executor);
JNIEXPORT jlong JNICALL
Java_org_apache_spark_sql_execution_streaming_ProcessingTimeExecutor_intervalMs(JNIEnv *env, jobject executor)
{
    return interval_ms(env, executor);
}

/* Spark 4.1 and later. */
JNIEXPORT jlong JNICALL
Java_org_apache_spark_sql_execution_streaming_runtime_ProcessingTimeExecutor_intervalMs(JNIEnv *env,
                                                                                        jobject executor);
JNIEXPORT jlong JNICALL
Java_org_apache_spark_sql_execution_streaming_runtime_ProcessingTimeExecutor_intervalMs(JNIEnv *env,
                                                                                        jobject executor)
{
    return interval_ms(env, executor);
}

JNIEXPORT jlong JNICALL Java_org_apache_spark_util_SystemClock_waitTillTime(JNIEnv *env, jobject clock,
                                                                            jlong target_ms);
JNIEXPORT jlong JNICALL Java_org_apache_spark_util_SystemClock_waitTillTime(JNIEnv *env, jobject clock,
                                                                            jlong target_ms)
{
    note_t *note = note_of_thread();
    if (!note || agent_is_dying() || !governed_is_own_wait(env, note, clock))
        return wait_plain(env, target_ms);

    governed_t result =
        note->state == NOTE_LEFT ? GOVERNED_NOT : governed_wait(env, agent_options(), note, target_ms);
    jlong end_ms = clock_wall_ms();
    /* A default trigger that is not governed after all, or no longer, goes on at once, as it would without us. */
    const bool at_once = note->default_trigger && (note->state != NOTE_GOVERNED || !query_acts(note->query));
    if (result == GOVERNED_NOT && !at_once) end_ms = wait_plain(env, target_ms);
    if (note->query) query_fire(note->query, clock_monotonic_ns());
    return end_ms;
}
