#include "agent/spark.h"

#include "agent/offsets.h"

#include <stdio.h>
#include <string.h>

#define CONNECTOR     "org/apache/spark/sql/connector/read/streaming/"
#define LATEST_OFFSET "(L" CONNECTOR "Offset;L" CONNECTOR "ReadLimit;)L" CONNECTOR "Offset;"

static const char *const kafka_stream = "org.apache.spark.sql.kafka010.KafkaMicroBatchStream";
static const char *const kafka_offset = "org.apache.spark.sql.kafka010.KafkaSourceOffset";

/* Two layouts, to 4.0 and from 4.1 on. */
typedef struct {
    const char *query;           /* descriptor */
    const char *thread_getter;   /* descriptor of queryExecutionThread() */
    const char *micro_batch;     /* class name */
    const char *progress_getter; /* descriptor of availableOffsets() */
} layout_t;

#define LAYOUT(package, dotted)                                                                              \
    {                                                                                                        \
        "L" package "StreamExecution;", "()L" package "QueryExecutionThread;", dotted "MicroBatchExecution", \
            "()L" package "StreamProgress;"                                                                  \
    }
static const layout_t layouts[] = {
    LAYOUT("org/apache/spark/sql/execution/streaming/", "org.apache.spark.sql.execution.streaming."),
    LAYOUT("org/apache/spark/sql/execution/streaming/runtime/",
           "org.apache.spark.sql.execution.streaming.runtime."),
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

/* The layout of a query whose class, or a class above it, is MicroBatchExecution; NULL when there is none. */
static const layout_t *layout_of(jni_view_t *view, jobject query)
{
    jclass type = (*view->env)->GetObjectClass(view->env, query);
    while (type) {
        char name[256];
        jni_class_name(view, type, name, sizeof name);
        for (int i = 0; i < LAYOUTS; i++)
            if (strcmp(name, layouts[i].micro_batch) == 0) return &layouts[i];
        type = (*view->env)->GetSuperclass(view->env, type);
    }
    return NULL;
}

jobject spark_query_of_thread(jni_view_t *view)
{
    jobject thread = jni_static(view, "java/lang/Thread", "currentThread", "()Ljava/lang/Thread;");
    jobject query = NULL;
    for (int i = 0; i < LAYOUTS && !query && thread; i++)
        query = jni_optional_field(view, thread, "$outer", layouts[i].query);
    const layout_t *layout = query ? layout_of(view, query) : NULL;
    if (!layout) return NULL;
    jni_view_t optional;
    jni_begin(&optional, view->env);
    jobject stream_thread = jni_object(&optional, query, "queryExecutionThread", layout->thread_getter);
    bool other_thread = !optional.failed && !(*view->env)->IsSameObject(view->env, stream_thread, thread);
    return other_thread ? NULL : query;
}

static void uuid_text(jni_view_t *view, jobject query, const char *getter, char *text, size_t size)
{
    jobject uuid = jni_object(view, query, getter, "()Ljava/util/UUID;");
    jni_text(view, jni_object(view, uuid, "toString", "()Ljava/lang/String;"), text, size);
}

void spark_identity(jni_view_t *view, jobject query, query_identity_t *identity)
{
    jobject name = jni_object(view, query, "name", "()Ljava/lang/String;");
    jni_text(view, name, identity->name, sizeof identity->name);
    uuid_text(view, query, "id", identity->id, sizeof identity->id);
    uuid_text(view, query, "runId", identity->run_id, sizeof identity->run_id);
}

bool spark_is_active(jni_view_t *view, jobject query)
{
    return jni_boolean(view, query, "isActive");
}

void spark_sources(jni_view_t *view, jobject query, spark_sources_t *sources)
{
    *sources = (spark_sources_t){0};
    jobject map = jni_object(view, query, "uniqueSources", "()Lscala/collection/immutable/Map;");
    jobject keys = jni_object(view, map, "keysIterator", "()Lscala/collection/Iterator;");
    while (jni_boolean(view, keys, "hasNext")) {
        if (sources->count == SPARK_SOURCES_MAX) {
            jni_fail(view, "more than 64 sources");
            return;
        }
        jobject source = jni_object(view, keys, "next", "()Ljava/lang/Object;");
        if (source)
            sources->source[sources->count++] = source;
        else
            jni_fail(view, "a source that is null");
    }
}

static void refuse(spark_probing_t *probing, const char *source, const char *why)
{
    probing->probeable = false;
    snprintf(probing->reason, sizeof probing->reason, "source %s %s; the job's own schedule is kept", source,
             why);
}

/* A scala.Option<Long>; 0 for None. */
static int64_t option_long(jni_view_t *view, jobject option)
{
    if (jni_boolean(view, option, "isEmpty")) return 0;
    jobject boxed = jni_object(view, option, "get", "()Ljava/lang/Object;");
    return jni_long(view, boxed, "longValue");
}

/* *limit is the source's maxOffsetsPerTrigger, 0 when it has none. */
static bool is_probeable(jni_view_t *view, jobject source, spark_probing_t *probing, int64_t *limit)
{
    char name[200];
    jni_class_name(view, (*view->env)->GetObjectClass(view->env, source), name, sizeof name);
    if (strcmp(name, kafka_stream) != 0) {
        const char *simple = strrchr(name, '.');
        refuse(probing, simple ? simple + 1 : name, "cannot be probed");
        return false;
    }
    jobject most = jni_optional_field(view, source, "maxOffsetsPerTrigger", "Lscala/Option;");
    jobject least = jni_optional_field(view, source, "minOffsetPerTrigger", "Lscala/Option;");
    if (!most || !least) {
        refuse(probing, "KafkaMicroBatchStream", "is of an unknown version");
        return false;
    }
    if (!jni_boolean(view, least, "isEmpty")) {
        refuse(probing, "KafkaMicroBatchStream", "has minOffsetsPerTrigger, a rule of its own");
        return false;
    }
    *limit = option_long(view, most);
    return true;
}

void spark_probing(jni_view_t *view, const spark_sources_t *sources, spark_probing_t *probing)
{
    *probing = (spark_probing_t){.probeable = true};
    if (sources->count == 0) refuse(probing, "list", "is empty");
    bool all_limited = true;
    int64_t sum = 0;
    for (int i = 0; i < sources->count && !view->failed; i++) {
        int64_t limit = 0;
        if (!is_probeable(view, sources->source[i], probing, &limit)) return;
        all_limited = all_limited && limit > 0;
        if (limit > INT64_MAX - sum)
            all_limited = false;
        else
            sum += limit;
    }
    if (all_limited) probing->limit = sum;
}

static void add_offset(jni_view_t *view, jobject offset, int64_t *sum)
{
    jobject json = jni_object(view, offset, "json", "()Ljava/lang/String;");
    if (!json) {
        jni_fail(view, "an offset without JSON");
        return;
    }
    const char *text = (*view->env)->GetStringUTFChars(view->env, json, NULL);
    if (!text) {
        (*view->env)->ExceptionClear(view->env); /* OutOfMemoryError */
        jni_fail(view, "no memory for an offset");
        return;
    }
    int64_t total = 0;
    if (!offsets_total(text, strlen(text), &total) || total > INT64_MAX - *sum) {
        char reason[200];
        snprintf(reason, sizeof reason, "an offset that is not Kafka's: %.150s", text);
        jni_fail(view, reason);
    }
    (*view->env)->ReleaseStringUTFChars(view->env, json, text);
    if (!view->failed) *sum += total;
}

/* After a restart an offset may still be the text read from the checkpoint (SerializedOffset), which the
 * source would refuse as a start. */
static jobject real_offset(jni_view_t *view, jobject source, jobject offset)
{
    char name[200] = "";
    if (offset) jni_class_name(view, (*view->env)->GetObjectClass(view->env, offset), name, sizeof name);
    if (view->failed || strcmp(name, kafka_offset) == 0) return offset;
    jobject json = jni_object(view, offset, "json", "()Ljava/lang/String;");
    return jni_object(view, source, "deserializeOffset", "(Ljava/lang/String;)L" CONNECTOR "Offset;", json);
}

void spark_available(jni_view_t *view, jobject query, spark_sources_t *sources, int64_t *total)
{
    const layout_t *layout = layout_of(view, query);
    if (!layout) {
        jni_fail(view, "the query's class is unknown");
        return;
    }
    jobject progress = jni_object(view, query, "availableOffsets", layout->progress_getter);
    int64_t sum = 0;
    for (int i = 0; i < sources->count && !view->failed; i++) {
        jobject option =
            jni_object(view, progress, "get", "(Ljava/lang/Object;)Lscala/Option;", sources->source[i]);
        jobject offset = jni_object(view, option, "get", "()Ljava/lang/Object;");
        sources->taken[i] = real_offset(view, sources->source[i], offset);
        add_offset(view, sources->taken[i], &sum);
    }
    sources->all_available =
        jni_static(view, CONNECTOR "ReadLimit", "allAvailable", "()L" CONNECTOR "ReadLimit;");
    if (!view->failed) *total = sum;
}

void spark_probe(jni_view_t *view, const spark_sources_t *sources, int64_t *total)
{
    if (!jni_push(view, 8 * SPARK_SOURCES_MAX)) return;
    int64_t sum = 0;
    for (int i = 0; i < sources->count && !view->failed; i++) {
        jobject end = jni_object(view, sources->source[i], "latestOffset", LATEST_OFFSET, sources->taken[i],
                                 sources->all_available);
        add_offset(view, end, &sum);
    }
    jni_pop(view);
    if (!view->failed) *total = sum;
}

void spark_interrupt_self(jni_view_t *view)
{
    jobject thread = jni_static(view, "java/lang/Thread", "currentThread", "()Ljava/lang/Thread;");
    if (!thread) return;
    jclass type = (*view->env)->GetObjectClass(view->env, thread);
    jmethodID interrupt = (*view->env)->GetMethodID(view->env, type, "interrupt", "()V");
    if (interrupt) (*view->env)->CallVoidMethod(view->env, thread, interrupt);
    (*view->env)->ExceptionClear(view->env);
}
