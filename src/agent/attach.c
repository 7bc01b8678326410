#include "agent/attach.h"

#include "agent/agent.h"
#include "agent/rewrite.h"
#include "common/log.h"

#include <time.h>

static const char tag[] = "AdaptiveStream";
enum { LINK_TRIES = 1000 }; /* 10 ms apart */

/* "public final class adaptivestream.Linked { public static native void now(); }", Java 8 (JVM Specification
 * 4.1). */
static const char linked_class[] = "\xCA\xFE\xBA\xBE"
                                   "\0\0\0\x34"
                                   "\0\x07" /* constants 1 to 6 */
                                   "\x01\0\x15"
                                   "adaptivestream/Linked" /* 1 */
                                   "\x07\0\x01"            /* 2: class 1 */
                                   "\x01\0\x10"
                                   "java/lang/Object" /* 3 */
                                   "\x07\0\x03"       /* 4: class 3 */
                                   "\x01\0\x03"
                                   "now" /* 5 */
                                   "\x01\0\x03"
                                   "()V"                      /* 6 */
                                   "\0\x31\0\x02\0\x04"       /* public final super, this, super */
                                   "\0\0\0\0"                 /* no interfaces, no fields */
                                   "\0\x01"                   /* one method */
                                   "\x01\x09\0\x05\0\x06\0\0" /* public static native now()V */
                                   "\0";                      /* no attributes (and the string's zero) */

/* A function pointer cannot travel as a void pointer. */
typedef struct {
    void (*call)(void);
} failed_t;

JNIEXPORT void JNICALL Java_adaptivestream_Linked_now(JNIEnv *env, jclass type);
JNIEXPORT void JNICALL Java_adaptivestream_Linked_now(JNIEnv *env, jclass type)
{
    (void)env;
    (void)type;
}

static bool wait_until_linked(JNIEnv *env)
{
    /* There already after an attach that failed: a class can be defined once only. */
    jclass type = (*env)->FindClass(env, "adaptivestream/Linked");
    (*env)->ExceptionClear(env);
    if (!type)
        type = (*env)->DefineClass(env, "adaptivestream/Linked", NULL, (const jbyte *)linked_class,
                                   sizeof linked_class);
    jmethodID now = type ? (*env)->GetStaticMethodID(env, type, "now", "()V") : NULL;
    for (int i = 0; now && i < LINK_TRIES && !agent_is_dying(); i++) {
        (*env)->CallStaticVoidMethod(env, type, now);
        if (!(*env)->ExceptionCheck(env)) return true;
        (*env)->ExceptionClear(env); /* UnsatisfiedLinkError */
        struct timespec moment = {.tv_nsec = 10000000};
        nanosleep(&moment, NULL);
    }
    (*env)->ExceptionClear(env);
    return false;
}

/* NULL, or why this JVM's queries stay as they are. */
static const char *taken_over(jvmtiEnv *jvmti, JNIEnv *env)
{
    if (!wait_until_linked(env)) return "this JVM does not link an attached agent";
    switch (rewrite_enable(jvmti, env)) {
    case REWRITE_DONE:
        return NULL;
    case REWRITE_NEW_ONLY:
        rewrite_disable(jvmti);
        return "this JVM does not let a loaded class be changed; load the agent with -agentpath at the start";
    default:
        return "this JVM offers no class-file hook";
    }
}

static void JNICALL take_over(jvmtiEnv *jvmti, JNIEnv *env, void *failed)
{
    const char *why = taken_over(jvmti, env);
    if (why) {
        log_line(LOG_ERROR, tag, "%s; its queries stay as they are", why);
        ((failed_t *)failed)->call();
    } else {
        log_line(LOG_INFO, tag, "attached; each query is looked at when its next wait begins");
    }
}

bool attach_begin(jvmtiEnv *jvmti, JNIEnv *env, void (*failed)(void))
{
    static failed_t on_failure; /* only one attach is under way at a time */
    on_failure.call = failed;
    jclass type = (*env)->FindClass(env, "java/lang/Thread");
    jmethodID create = type ? (*env)->GetMethodID(env, type, "<init>", "(Ljava/lang/String;)V") : NULL;
    jstring name = create ? (*env)->NewStringUTF(env, "AdaptiveStream attach") : NULL;
    jobject thread = name ? (*env)->NewObject(env, type, create, name) : NULL;
    if ((*env)->ExceptionCheck(env)) {
        (*env)->ExceptionClear(env);
        return false;
    }
    /* A daemon: it never delays the JVM's exit. */
    return (*jvmti)->RunAgentThread(jvmti, thread, take_over, &on_failure, JVMTI_THREAD_NORM_PRIORITY) ==
           JVMTI_ERROR_NONE;
}
