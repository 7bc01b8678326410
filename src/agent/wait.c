#include "agent/wait.h"

#include "agent/clock.h"

static jvmtiEnv *jvmti;
static jrawMonitorID monitor; /* shared by all waiters: nobody ever notifies it */

static const int64_t longest_slice_ms = 1000;
static const jlong shortest_poll_ms = 25; /* SystemClock.minPollTime */

bool wait_init(jvmtiEnv *environment)
{
    jvmti = environment;
    return (*jvmti)->CreateRawMonitor(jvmti, "AdaptiveStream wait", &monitor) == JVMTI_ERROR_NONE;
}

static void throw_interrupted(JNIEnv *env)
{
    jclass type = (*env)->FindClass(env, "java/lang/InterruptedException");
    if (type) (*env)->ThrowNew(env, type, "sleep interrupted");
}

static bool wait_ms(JNIEnv *env, jlong milliseconds)
{
    jvmtiError error = (*jvmti)->RawMonitorEnter(jvmti, monitor);
    if (error == JVMTI_ERROR_NONE) {
        error = (*jvmti)->RawMonitorWait(jvmti, monitor, milliseconds);
        (*jvmti)->RawMonitorExit(jvmti, monitor);
    }
    if (error == JVMTI_ERROR_NONE) return true;
    if (error == JVMTI_ERROR_INTERRUPT) {
        throw_interrupted(env);
        return false;
    }
    /* No raw monitor for this thread: a sleep that cannot be interrupted, but for a moment only. */
    struct timespec moment = {.tv_nsec = 25 * NS_PER_MS};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
    return true;
}

bool wait_slice(JNIEnv *env, int64_t until_ns)
{
    int64_t remaining_ns = until_ns - clock_monotonic_ns();
    int64_t milliseconds = remaining_ns <= 0 ? 1 : (remaining_ns - 1) / NS_PER_MS + 1;
    return wait_ms(env, milliseconds < longest_slice_ms ? milliseconds : longest_slice_ms);
}

jlong wait_plain(JNIEnv *env, jlong target_ms)
{
    jlong now_ms = clock_wall_ms();
    if (target_ms <= now_ms) return now_ms;
    jlong tenth_ms = (target_ms - now_ms) / 10;
    jlong poll_ms = tenth_ms > shortest_poll_ms ? tenth_ms : shortest_poll_ms;
    for (;;) {
        now_ms = clock_wall_ms();
        jlong remaining_ms = target_ms - now_ms;
        if (remaining_ms <= 0 || !wait_ms(env, remaining_ms < poll_ms ? remaining_ms : poll_ms))
            return now_ms;
    }
}
