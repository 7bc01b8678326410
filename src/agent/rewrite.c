#include "agent/rewrite.h"

#include "agent/agent.h"
#include "agent/classfile.h"
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define STREAMING "org/apache/spark/sql/execution/streaming/"

static const char tag[] = "AdaptiveStream";

static const classfile_target_t targets[] = {
    {STREAMING "ProcessingTimeExecutor", "intervalMs", "()J", "intervalMs", "J"},
    {STREAMING "runtime/ProcessingTimeExecutor", "intervalMs", "()J", "intervalMs",
     "J"}, /* Spark 4.1 and later */
    {"org/apache/spark/util/SystemClock", "waitTillTime", "(J)J", NULL, NULL},
};
enum { TARGETS = sizeof targets / sizeof targets[0], LOADED_CLASSES_MAX = 60000 };

static const classfile_target_t *target_named(const char *name)
{
    for (int i = 0; i < TARGETS; i++)
        if (strcmp(name, targets[i].class_name) == 0) return &targets[i];
    return NULL;
}

/* Only a JVM that has one of the targets gets a log file. */
static void open_log(void)
{
    const char *path = agent_options()->log;
    if (strcmp(path, "stderr") != 0 && !log_open(path))
        log_line(LOG_WARNING, tag, "log=%s: %s; lines go to stderr", path, strerror(errno));
}

static void report(const classfile_target_t *target, classfile_result_t result)
{
    if (result == CLASSFILE_REWRITTEN || result == CLASSFILE_ALREADY_NATIVE)
        log_line(LOG_DEBUG, tag, "%s.%s is native", target->class_name, target->method_name);
    else
        log_line(LOG_WARNING, tag, "%s %s: this version of Spark is not known, its triggers stay as they are",
                 target->class_name, classfile_result_text(result));
}

void JNICALL rewrite_hook(jvmtiEnv *jvmti, JNIEnv *env, jclass being_redefined, jobject loader,
                          const char *name, jobject protection_domain, jint size, const unsigned char *bytes,
                          jint *new_size, unsigned char **new_bytes)
{
    (void)env;
    (void)being_redefined;
    (void)loader;
    (void)protection_domain;
    static pthread_once_t log_once = PTHREAD_ONCE_INIT;
    const classfile_target_t *target = name ? target_named(name) : NULL;
    if (!target || agent_is_dying()) return;
    pthread_once(&log_once, open_log);

    unsigned char *output = NULL;
    if ((*jvmti)->Allocate(jvmti, size, &output) != JVMTI_ERROR_NONE) return;
    size_t output_size = 0;
    classfile_result_t result = classfile_make_native(bytes, (size_t)size, target, output, &output_size);
    report(target, result);
    if (result == CLASSFILE_REWRITTEN) {
        *new_size = (jint)output_size;
        *new_bytes = output;
    } else {
        (*jvmti)->Deallocate(jvmti, output);
    }
}

static bool is_target(jvmtiEnv *jvmti, jclass type)
{
    char *signature = NULL; /* "Lorg/apache/spark/util/SystemClock;" */
    if ((*jvmti)->GetClassSignature(jvmti, type, &signature, NULL) != JVMTI_ERROR_NONE) return false;
    bool found = false;
    size_t length = strlen(signature);
    if (signature[0] == 'L' && length > 2) {
        signature[length - 1] = '\0';
        found = target_named(signature + 1) != NULL;
    }
    (*jvmti)->Deallocate(jvmti, (unsigned char *)signature);
    return found;
}

static bool rewrite_loaded(jvmtiEnv *jvmti, JNIEnv *env)
{
    /* Every loaded class becomes a local reference. */
    if ((*env)->PushLocalFrame(env, LOADED_CLASSES_MAX) != 0) {
        (*env)->ExceptionClear(env);
        return false;
    }
    jint count = 0;
    jclass *classes = NULL;
    bool done = (*jvmti)->GetLoadedClasses(jvmti, &count, &classes) == JVMTI_ERROR_NONE;
    for (jint i = 0; done && i < count; i++)
        if (is_target(jvmti, classes[i]))
            done = (*jvmti)->RetransformClasses(jvmti, 1, &classes[i]) == JVMTI_ERROR_NONE;
    if (classes) (*jvmti)->Deallocate(jvmti, (unsigned char *)classes);
    (*env)->PopLocalFrame(env, NULL);
    return done;
}

rewrite_result_t rewrite_enable(jvmtiEnv *jvmti, JNIEnv *env)
{
    if ((*jvmti)->SetEventNotificationMode(jvmti, JVMTI_ENABLE, JVMTI_EVENT_CLASS_FILE_LOAD_HOOK, NULL) !=
        JVMTI_ERROR_NONE)
        return REWRITE_NO_HOOK;
    return rewrite_loaded(jvmti, env) ? REWRITE_DONE : REWRITE_NEW_ONLY;
}

void rewrite_disable(jvmtiEnv *jvmti)
{
    (*jvmti)->SetEventNotificationMode(jvmti, JVMTI_DISABLE, JVMTI_EVENT_CLASS_FILE_LOAD_HOOK, NULL);
}
