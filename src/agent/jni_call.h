/*
 * Calls into Java that cannot leave an exception behind. A view is good for one chain of calls: the first
 * failure (an exception, a missing method, a null where an object was needed) is kept, and every later call
 * does nothing and returns null, 0 or false. So a chain is written as if nothing could fail and looked at
 * once, at its end.
 *
 * Methods are looked up by name at each call: a look costs a microsecond, and no id can outlive its class.
 * Loops over many objects of one class keep theirs for the length of the loop (jni_method_t).
 *
 * Every object returned is a local reference: callers open a frame around a chain (jni_push, jni_pop).
 */
#ifndef ADAPTIVESTREAM_AGENT_JNI_CALL_H
#define ADAPTIVESTREAM_AGENT_JNI_CALL_H

#include <jni.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    JNIEnv *env;
    bool failed;
    bool describing;   /* while an exception is put into words, one of its own methods may throw again */
    bool interrupted;  /* the exception was an interruption, which has cleared the thread's interrupt flag */
    char failure[256]; /* in words: "java.lang.IllegalStateException: topic gone" */
} jni_view_t;

void jni_begin(jni_view_t *view, JNIEnv *env);

/* A frame of local references; `capacity` as a hint. False when there is no memory; then there is nothing to
 * pop. */
bool jni_push(jni_view_t *view, int capacity);
/* Frees the frame's references; allowed in any state of the view. */
void jni_pop(jni_view_t *view);

/* Virtual calls by name and descriptor ("()Ljava/lang/String;"). jni_object() may return null without
 * failing. */
jobject jni_object(jni_view_t *view, jobject target, const char *method, const char *descriptor, ...);
jlong jni_long(jni_view_t *view, jobject target, const char *method);
bool jni_boolean(jni_view_t *view, jobject target, const char *method);

/* A method that is looked up at its first call. All targets must be of one class. */
typedef struct {
    const char *name, *descriptor;
    jmethodID id; /* NULL at first */
} jni_method_t;

jobject jni_kept_object(jni_view_t *view, jobject target, jni_method_t *method);
jint jni_kept_int(jni_view_t *view, jobject target, jni_method_t *method);
jlong jni_kept_long(jni_view_t *view, jobject target, jni_method_t *method);

/* A class by its internal name ("java/lang/Thread"), as the class loader of Spark's own classes sees it. */
jclass jni_class(jni_view_t *view, const char *class_name);

/* A static method that returns an object, and a constructor ("()V"). A class of NULL fails the view. */
jobject jni_static_object(jni_view_t *view, jclass type, const char *method, const char *descriptor, ...);
jobject jni_new(jni_view_t *view, jclass type, const char *descriptor, ...);

/* A field, private or not, of the object's class or a class above it; null where there is none. */
jobject jni_optional_field(jni_view_t *view, jobject target, const char *field, const char *descriptor);

/* Whether the object is of the class or interface `class_name`, which must exist. */
bool jni_is_instance(jni_view_t *view, jobject object, const char *class_name);

/* Copies a java.lang.String, cut at a character to `size`, in UTF-8; "" for null. */
void jni_text(jni_view_t *view, jobject string, char *text, size_t size);

/* The class's binary name ("org.apache.spark.util.SystemClock"). */
void jni_class_name(jni_view_t *view, jclass type, char *name, size_t size);

/* Marks the view as failed for a reason of the caller's, unless it has failed before. */
void jni_fail(jni_view_t *view, const char *reason);

#endif
