#include "agent/spark.h"

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

/* A scala.Option<Long>; 0 for None. */
static int64_t option_long(jni_view_t *view, jobject option)
{
    if (jni_boolean(view, option, "isEmpty")) return 0;
    jobject boxed = jni_object(view, option, "get", "()Ljava/lang/Object;");
    return jni_long(view, boxed, "longValue");
}

static void lower(spark_sight_t *sight, sight_t to, const char *source, const char *why)
{
    if (sight->sight <= to) return;
    sight->sight = to;
    snprintf(sight->reason, sizeof sight->reason, "source %s %s", source, why);
}

/* *limit is the source's maxOffsetsPerTrigger, 0 when it has none. */
static void look_at_kafka(jni_view_t *view, jobject source, spark_sight_t *sight, int64_t *limit)
{
    jobject most = jni_optional_field(view, source, "maxOffsetsPerTrigger", "Lscala/Option;");
    jobject least = jni_optional_field(view, source, "minOffsetPerTrigger", "Lscala/Option;");
    if (!most || !least)
        lower(sight, SIGHT_NONE, "KafkaMicroBatchStream", "is of an unknown version");
    else if (!jni_boolean(view, least, "isEmpty"))
        lower(sight, SIGHT_NONE, "KafkaMicroBatchStream", "has minOffsetsPerTrigger, a rule of its own");
    else
        *limit = option_long(view, most);
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
        if (strcmp(name, kafka_stream) != 0) {
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

/* One entry of KafkaSourceOffset.partitionToOffsets: (TopicPartition, java.lang.Long). */
static void add_partition(jni_view_t *view, jobject pair, int source, partitions_t *partitions)
{
    JNIEnv *env = view->env;
    jobject key = jni_object(view, pair, "_1", "()Ljava/lang/Object;");
    jobject value = jni_object(view, pair, "_2", "()Ljava/lang/Object;");
    jobject topic = jni_object(view, key, "topic", "()Ljava/lang/String;");
    const uint32_t topic_hash = (uint32_t)jni_int(view, topic, "hashCode");
    const int32_t partition = jni_int(view, key, "partition");
    const int64_t offset = jni_long(view, value, "longValue");
    if (!view->failed && !partitions_add(partitions, source, topic_hash, partition, offset))
        jni_fail(view, "an offset below 0, or no memory for another partition");
    (*env)->DeleteLocalRef(env, topic);
    (*env)->DeleteLocalRef(env, value);
    (*env)->DeleteLocalRef(env, key);
}

/* The map itself, not its JSON: writing that costs Spark more than all the rest of a look. */
static void add_offset(jni_view_t *view, jobject offset, int source, partitions_t *partitions)
{
    JNIEnv *env = view->env;
    jobject map = jni_object(view, offset, "partitionToOffsets", "()Lscala/collection/immutable/Map;");
    jobject pairs = jni_object(view, map, "iterator", "()Lscala/collection/Iterator;");
    while (jni_boolean(view, pairs, "hasNext")) {
        jobject pair = jni_object(view, pairs, "next", "()Ljava/lang/Object;");
        add_partition(view, pair, source, partitions);
        (*env)->DeleteLocalRef(env, pair);
    }
    (*env)->DeleteLocalRef(env, pairs);
    (*env)->DeleteLocalRef(env, map);
}

static void end_read(jni_view_t *view, partitions_t *partitions, int64_t *total)
{
    if (!view->failed && !partitions_end(partitions, total))
        jni_fail(view, "offsets of more than 2^62 events");
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
        sources->taken[i] = real_offset(view, sources->source[i], offset);
        add_offset(view, sources->taken[i], i, partitions);
    }
    sources->all_available =
        jni_static(view, CONNECTOR "ReadLimit", "allAvailable", "()L" CONNECTOR "ReadLimit;");
    end_read(view, partitions, total);
}

void spark_probe(jni_view_t *view, const spark_sources_t *sources, partitions_t *partitions, int64_t *total)
{
    if (!jni_push(view, 8 * SPARK_SOURCES_MAX)) return;
    partitions_begin(partitions);
    for (int i = 0; i < sources->count && !view->failed; i++) {
        jobject end = jni_object(view, sources->source[i], "latestOffset", LATEST_OFFSET, sources->taken[i],
                                 sources->all_available);
        add_offset(view, end, i, partitions);
    }
    jni_pop(view);
    end_read(view, partitions, total);
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
    jobject thread = jni_static(view, "java/lang/Thread", "currentThread", "()Ljava/lang/Thread;");
    if (!thread) return;
    jclass type = (*view->env)->GetObjectClass(view->env, thread);
    jmethodID interrupt = (*view->env)->GetMethodID(view->env, type, "interrupt", "()V");
    if (interrupt) (*view->env)->CallVoidMethod(view->env, thread, interrupt);
    (*view->env)->ExceptionClear(view->env);
}
