/*
 * Getting into a JVM that is running already (jcmd PID JVMTI.agent_load). HotSpot looks for the bodies of native
 * methods in an agent's library only once its Agent_OnAttach has returned: a class rewritten before that kills
 * the queries that call it (UnsatisfiedLinkError; seen on JDK 17 and 25). So a thread of ours calls a native
 * method of a tiny class of our own until that links, and only then has Spark's classes rewritten.
 */
#ifndef ADAPTIVESTREAM_AGENT_ATTACH_H
#define ADAPTIVESTREAM_AGENT_ATTACH_H

#include <jni.h>
#include <jvmti.h>
#include <stdbool.h>

/* Starts that thread, which calls rewrite_enable() and ends; where that fails it says so and calls `failed`.
 * False when it cannot be started. */
bool attach_begin(jvmtiEnv *jvmti, JNIEnv *env, void (*failed)(void));

#endif
