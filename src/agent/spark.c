#include "agent/spark.h"

#include <stdio.h>
#include <string.h>

#define CONNECTOR "org/apache/spark/sql/connector/read/streaming/"

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

static jobject current_thread(jni_view_t *view)
{
    return jni_static_object(view, jni_class(view, "java/lang/Thread"), "currentThread",
                             "()Ljava/lang/Thread;");
}

jobject spark_query_of_thread(jni_view_t *view)
{
    jobject thread = current_thread(view);
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

static void lower(spark_sight_t *sight, sight_t to, const char *source, const char *why)
{
    if (sight->sight <= to) return;
    sight->sight = to;
    snprintf(sight->reason, sizeof sight->reason, "source %s %s", source, why);
}

static void look_at_kafka(jni_view_t *view, jobject source, spark_sight_t *sight, int64_t *limit)
{
    const kafka_rule_t rule = kafka_rule(view, source, limit);
    if (rule == KAFKA_MINIMUM)
        lower(sight, SIGHT_NONE, "KafkaMicroBatchStream", "has minOffsetsPerTrigger, a rule of its own");
    if (rule == KAFKA_UNKNOWN) lower(sight, SIGHT_NONE, "KafkaMicroBatchStream", "is of an unknown version");
}

/* True when a trigger takes all that the source holds. Sources without SupportsAdmissionControl always give
 * all. */
static bool takes_all(jni_view_t *view, jobject source)
{
    if (!jni_is_instance(view, source, CONNECTOR "SupportsAdmissionControl")) return true;
    jobject limit = jni_object(view, source, "getDefaultReadLimit", "()L" CONNECTOR "ReadLimit;");
    return limit && jni_is_instance(view, limit, CONNECTOR "ReadAllAvailable");
}

static void look_at_other(jni_view_t *view, jobject source, const char *class_name, spark_sight_t *sight)
{
    const char *dot = strrchr(class_name, '.');
    const char *simple = dot ? dot + 1 : class_name;
    if (strcmp(simple, "RatePerMicroBatchStream") == 0)
        lower(sight, SIGHT_NONE, simple, "makes its rows trigger by trigger");
    else if (!takes_all(view, source))
        lower(sight, SIGHT_NONE, simple, "has a limit per trigger, and what lies behind it cannot be seen");
    else
        lower(sight, SIGHT_ROWS, simple, "cannot be asked what it holds");
}

void spark_look(jni_view_t *view, const spark_sources_t *sources, spark_sight_t *sight)
{
    *sight = (spark_sight_t){.sight = SIGHT_PROBED};
    if (sources->count == 0) lower(sight, SIGHT_NONE, "list", "is empty");
    int askable = 0, limited = 0;
    int64_t sum = 0;
    for (int i = 0; i < sources->count && !view->failed; i++) {
        char name[200];
        jni_class_name(view, (*view->env)->GetObjectClass(view->env, sources->source[i]), name, sizeof name);
        if (strcmp(name, kafka_stream_class) != 0) {
            look_at_other(view, sources->source[i], name, sight);
            continue;
        }
        int64_t limit = 0;
        look_at_kafka(view, sources->source[i], sight, &limit);
        askable++;
        limited += limit > 0;
        sum = limit > INT64_MAX - sum ? INT64_MAX : sum + limit;
    }
    sight->mixed = sight->sight == SIGHT_ROWS && askable > 0;
    if (sight->mixed && limited > 0)
        lower(sight, SIGHT_NONE, "KafkaMicroBatchStream",
              "has a limit per trigger, beside one that cannot be asked");
    if (sight->sight == SIGHT_PROBED && limited == sources->count) sight->limit = sum;
}

static void end_read(jni_view_t *view, partitions_t *partitions, int64_t *total)
{
    if (!view->failed && !partitions_end(partitions, total))
        jni_fail(view, "offsets of more than 2^62 events");
}

void spark_available(jni_view_t *view, jobject query, spark_sources_t *sources, partitions_t *partitions,
                     int64_t *total)
{
    const layout_t *layout = layout_of(view, query);
    if (!layout) {
        jni_fail(view, "the query's class is unknown");
        return;
    }
    jobject progress = jni_object(view, query, "availableOffsets", layout->progress_getter);
    partitions_begin(partitions);
    for (int i = 0; i < sources->count && !view->failed; i++) {
        jobject option =
            jni_object(view, progress, "get", "(Ljava/lang/Object;)Lscala/Option;", sources->source[i]);
        jobject offset = jni_object(view, option, "get", "()Ljava/lang/Object;");
        sources->taken[i] = kafka_real_offset(view, sources->source[i], offset);
        kafka_add_offset(view, sources->taken[i], i, partitions);
    }
    sources->all_available = jni_static_object(view, jni_class(view, CONNECTOR "ReadLimit"), "allAvailable",
                                               "()L" CONNECTOR "ReadLimit;");
    end_read(view, partitions, total);
}

void spark_probe(jni_view_t *view, spark_sources_t *sources, partitions_t *partitions, int64_t *total)
{
    for (int i = 0; i < sources->count && !sources->prepared; i++)
        kafka_prepare(view->env, sources->source[i], sources->taken[i], &sources->question[i]);
    sources->prepared = true;
    if (!jni_push(view, 8 * SPARK_SOURCES_MAX)) return;
    partitions_begin(partitions);
    for (int i = 0; i < sources->count && !view->failed; i++)
        kafka_ask(view, sources->source[i], &sources->question[i], sources->taken[i], sources->all_available,
                  i, partitions);
    jni_pop(view);
    end_read(view, partitions, total);
}

bool spark_asks_directly(const spark_sources_t *sources)
{
    bool directly = sources->prepared;
    for (int i = 0; i < sources->count; i++)
        directly = directly && sources->question[i].admin;
    return directly;
}

void spark_progress(jni_view_t *view, jobject query, spark_progress_t *progress)
{
    *progress = (spark_progress_t){.batch_id = -1};
    jobject last =
        jni_object(view, query, "lastProgress", "()Lorg/apache/spark/sql/streaming/StreamingQueryProgress;");
    if (!last) return;
    progress->batch_id = jni_long(view, last, "batchId");
    progress->rows = jni_long(view, last, "numInputRows");
}

bool spark_has_processing_time_trigger(jni_view_t *view, jobject query)
{
    char name[200];
    jobject trigger = jni_object(view, query, "trigger", "()Lorg/apache/spark/sql/streaming/Trigger;");
    if (!trigger) return false;
    jni_class_name(view, (*view->env)->GetObjectClass(view->env, trigger), name, sizeof name);
    const char *dot = strrchr(name, '.');
    return !view->failed && dot && strcmp(dot, ".ProcessingTimeTrigger") == 0;
}

void spark_interrupt_self(jni_view_t *view)
{
    jobject thread = current_thread(view);
    if (!thread) return;
    jclass type = (*view->env)->GetObjectClass(view->env, thread);
    jmethodID interrupt = (*view->env)->GetMethodID(view->env, type, "interrupt", "()V");
    if (interrupt) (*view->env)->CallVoidMethod(view->env, thread, interrupt);
    (*view->env)->ExceptionClear(view->env);
}
