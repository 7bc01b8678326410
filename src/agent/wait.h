/*
 * Waiting on a Java thread. JVMTI's raw monitor is used because Thread.interrupt() ends its wait, as it ends
 * the Thread.sleep() it stands for: StreamingQuery.stop() relies on it.
 */
#ifndef ADAPTIVESTREAM_AGENT_WAIT_H
#define ADAPTIVESTREAM_AGENT_WAIT_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>
#include <stdint.h>

/* Once, before any other call; works from Agent_OnLoad on. */
bool wait_init(jvmtiEnv *jvmti);

/* Sleeps until CLOCK_MONOTONIC reaches `until_ns`, or up to a second, rounded up to whole milliseconds. False
 * when the thread was interrupted: the interrupt flag is then cleared and InterruptedException pending. */
bool wait_slice(JNIEnv *env, int64_t until_ns);

/* SystemClock.waitTillTime as Spark has it: until the wall clock reaches target_ms; returns the wall clock's
 * time. */
jlong wait_plain(JNIEnv *env, jlong target_ms);

#endif
