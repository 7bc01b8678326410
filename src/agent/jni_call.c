#include "agent/jni_call.h"

#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void jni_begin(jni_view_t *view, JNIEnv *env)
{
    *view = (jni_view_t){.env = env};
}

void jni_fail(jni_view_t *view, const char *reason)
{
    if (view->failed) return;
    view->failed = true;
    snprintf(view->failure, sizeof view->failure, "%s", reason);
}

bool jni_push(jni_view_t *view, int capacity)
{
    if ((*view->env)->PushLocalFrame(view->env, capacity) == 0) return true;
    (*view->env)->ExceptionClear(view->env); /* OutOfMemoryError */
    jni_fail(view, "no room for local references");
    return false;
}

void jni_pop(jni_view_t *view)
{
    (*view->env)->PopLocalFrame(view->env, NULL);
}

/* What Spark takes for an interruption (StreamExecution.isInterruptionException), and what Kafka wraps it
 * in. */
static bool is_interruption(const char *class_name)
{
    static const char *const names[] = {
        "java.lang.InterruptedException",
        "java.io.InterruptedIOException",
        "java.nio.channels.ClosedByInterruptException",
        "org.apache.kafka.common.errors.InterruptException",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(class_name, names[i]) == 0) return true;
    return false;
}

/* Looks through what an exception is and what caused it. No exception may be pending. */
static void describe(jni_view_t *view, jthrowable thrown)
{
    enum { DEEPEST_CAUSE = 8 };
    jni_view_t inner;
    jni_begin(&inner, view->env);
    inner.describing = true;
    if (!jni_push(&inner, 4 * DEEPEST_CAUSE)) return;
    char text[sizeof view->failure];
    jni_text(&inner, jni_object(&inner, thrown, "toString", "()Ljava/lang/String;"), text, sizeof text);
    if (!inner.failed) memcpy(view->failure, text, sizeof text);
    inner.failed = false; /* an exception that cannot describe itself may still have causes */
    jobject cause = thrown;
    for (int depth = 0; depth < DEEPEST_CAUSE && cause && !inner.failed; depth++) {
        char name[256];
        jni_class_name(&inner, (*view->env)->GetObjectClass(view->env, cause), name, sizeof name);
        if (is_interruption(name)) view->interrupted = true;
        cause = jni_object(&inner, cause, "getCause", "()Ljava/lang/Throwable;");
    }
    jni_pop(&inner);
}

/* True when no exception is pending. An exception is cleared, and kept in words. */
static bool succeeded(jni_view_t *view)
{
    JNIEnv *env = view->env;
    if (!(*env)->ExceptionCheck(env)) return true;
    jthrowable thrown = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    view->failed = true;
    snprintf(view->failure, sizeof view->failure, "an exception");
    if (thrown && !view->describing) describe(view, thrown);
    (*env)->DeleteLocalRef(env, thrown);
    return false;
}

static bool usable(jni_view_t *view, jobject target, const char *member)
{
    if (view->failed) return false;
    if (target) return true;
    char reason[128];
    snprintf(reason, sizeof reason, "null where an object with %s was expected", member);
    jni_fail(view, reason);
    return false;
}

static jmethodID find_method(jni_view_t *view, jobject target, const char *method, const char *descriptor)
{
    if (!usable(view, target, method)) return NULL;
    jclass type = (*view->env)->GetObjectClass(view->env, target);
    jmethodID id = (*view->env)->GetMethodID(view->env, type, method, descriptor);
    (*view->env)->DeleteLocalRef(view->env, type);
    return succeeded(view) ? id : NULL;
}

jobject jni_object(jni_view_t *view, jobject target, const char *method, const char *descriptor, ...)
{
    jmethodID id = find_method(view, target, method, descriptor);
    if (!id) return NULL;
    va_list arguments;
    va_start(arguments, descriptor);
    jobject result = (*view->env)->CallObjectMethodV(view->env, target, id, arguments);
    va_end(arguments);
    return succeeded(view) ? result : NULL;
}

static bool keep_method(jni_view_t *view, jobject target, jni_method_t *method)
{
    if (!method->id)
        method->id = find_method(view, target, method->name, method->descriptor);
    else if (!usable(view, target, method->name))
        return false;
    return method->id && !view->failed;
}

jobject jni_kept_object(jni_view_t *view, jobject target, jni_method_t *method)
{
    if (!keep_method(view, target, method)) return NULL;
    jobject result = (*view->env)->CallObjectMethod(view->env, target, method->id);
    return succeeded(view) ? result : NULL;
}

jint jni_kept_int(jni_view_t *view, jobject target, jni_method_t *method)
{
    if (!keep_method(view, target, method)) return 0;
    jint result = (*view->env)->CallIntMethod(view->env, target, method->id);
    return succeeded(view) ? result : 0;
}

jlong jni_kept_long(jni_view_t *view, jobject target, jni_method_t *method)
{
    if (!keep_method(view, target, method)) return 0;
    jlong result = (*view->env)->CallLongMethod(view->env, target, method->id);
    return succeeded(view) ? result : 0;
}

jlong jni_long(jni_view_t *view, jobject target, const char *method)
{
    jmethodID id = find_method(view, target, method, "()J");
    if (!id) return 0;
    jlong result = (*view->env)->CallLongMethod(view->env, target, id);
    return succeeded(view) ? result : 0;
}

bool jni_boolean(jni_view_t *view, jobject target, const char *method)
{
    jmethodID id = find_method(view, target, method, "()Z");
    if (!id) return false;
    jboolean result = (*view->env)->CallBooleanMethod(view->env, target, id);
    return succeeded(view) && result;
}

jclass jni_class(jni_view_t *view, const char *class_name)
{
    if (view->failed) return NULL;
    jclass type = (*view->env)->FindClass(view->env, class_name);
    return succeeded(view) ? type : NULL;
}

jobject jni_static_object(jni_view_t *view, jclass type, const char *method, const char *descriptor, ...)
{
    if (!usable(view, type, method)) return NULL;
    jmethodID id = (*view->env)->GetStaticMethodID(view->env, type, method, descriptor);
    if (!succeeded(view)) return NULL;
    va_list arguments;
    va_start(arguments, descriptor);
    jobject result = (*view->env)->CallStaticObjectMethodV(view->env, type, id, arguments);
    va_end(arguments);
    return succeeded(view) ? result : NULL;
}

jobject jni_new(jni_view_t *view, jclass type, const char *descriptor, ...)
{
    if (!usable(view, type, "a constructor")) return NULL;
    jmethodID id = (*view->env)->GetMethodID(view->env, type, "<init>", descriptor);
    if (!succeeded(view)) return NULL;
    va_list arguments;
    va_start(arguments, descriptor);
    jobject result = (*view->env)->NewObjectV(view->env, type, id, arguments);
    va_end(arguments);
    return succeeded(view) ? result : NULL;
}

jobject jni_optional_field(jni_view_t *view, jobject target, const char *field, const char *descriptor)
{
    if (!usable(view, target, field)) return NULL;
    JNIEnv *env = view->env;
    jclass type = (*env)->GetObjectClass(env, target);
    jfieldID id = (*env)->GetFieldID(env, type, field, descriptor);
    (*env)->DeleteLocalRef(env, type);
    if ((*env)->ExceptionCheck(env)) {
        (*env)->ExceptionClear(env); /* NoSuchFieldError */
        return NULL;
    }
    return (*env)->GetObjectField(env, target, id);
}

bool jni_is_instance(jni_view_t *view, jobject object, const char *class_name)
{
    jclass type = usable(view, object, class_name) ? jni_class(view, class_name) : NULL;
    if (!type) return false;
    jboolean result = (*view->env)->IsInstanceOf(view->env, object, type);
    (*view->env)->DeleteLocalRef(view->env, type);
    return result;
}

void jni_text(jni_view_t *view, jobject string, char *text, size_t size)
{
    text[0] = '\0';
    if (view->failed || !string) return;
    const char *characters = (*view->env)->GetStringUTFChars(view->env, string, NULL);
    if (!characters) {
        succeeded(view);
        return;
    }
    utf8_from_modified(characters, text, size);
    (*view->env)->ReleaseStringUTFChars(view->env, string, characters);
}

void jni_class_name(jni_view_t *view, jclass type, char *name, size_t size)
{
    jni_text(view, jni_object(view, type, "getName", "()Ljava/lang/String;"), name, size);
}
