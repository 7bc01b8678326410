#include "agent/kafka.h"

#include <string.h>

#define CONNECTOR "org/apache/spark/sql/connector/read/streaming/"
#define ADMIN     "org/apache/kafka/clients/admin/"

const char *const kafka_stream_class = "org.apache.spark.sql.kafka010.KafkaMicroBatchStream";

/* An answer that takes longer is no help any more: the job's own schedule rules until its next batch. */
enum { ANSWER_WITHIN_MS = 5000 };

/* A scala.Option<Long>; 0 for None. */
static int64_t option_long(jni_view_t *view, jobject option)
{
    if (jni_boolean(view, option, "isEmpty")) return 0;
    jobject boxed = jni_object(view, option, "get", "()Ljava/lang/Object;");
    return jni_long(view, boxed, "longValue");
}

kafka_rule_t kafka_rule(jni_view_t *view, jobject source, int64_t *limit)
{
    jobject most = jni_optional_field(view, source, "maxOffsetsPerTrigger", "Lscala/Option;");
    jobject least = jni_optional_field(view, source, "minOffsetPerTrigger", "Lscala/Option;");
    if (!most || !least) return KAFKA_UNKNOWN;
    if (!jni_boolean(view, least, "isEmpty")) return KAFKA_MINIMUM;
    *limit = option_long(view, most);
    return KAFKA_FREE;
}

jobject kafka_real_offset(jni_view_t *view, jobject source, jobject offset)
{
    char name[200] = "";
    if (offset) jni_class_name(view, (*view->env)->GetObjectClass(view->env, offset), name, sizeof name);
    if (view->failed || strcmp(name, "org.apache.spark.sql.kafka010.KafkaSourceOffset") == 0) return offset;
    jobject json = jni_object(view, offset, "json", "()Ljava/lang/String;");
    return jni_object(view, source, "deserializeOffset", "(Ljava/lang/String;)L" CONNECTOR "Offset;", json);
}

/* Where the partitions of one map go: topics may have thousands, so methods are looked up once. */
typedef struct {
    int number;
    partitions_t *partitions;
    jni_method_t hash, partition, long_value;
} read_t;

static read_t begin_read(int number, partitions_t *partitions)
{
    return (read_t){
        .number = number,
        .partitions = partitions,
        .hash = {"hashCode", "()I", NULL}, /* of topic and partition; TopicPartition keeps it */
        .partition = {"partition", "()I", NULL},
        .long_value = {"longValue", "()J", NULL},
    };
}

/* `key` is an org.apache.kafka.common.TopicPartition. */
static void add_partition(jni_view_t *view, jobject key, int64_t offset, read_t *read)
{
    const uint32_t hash = (uint32_t)jni_kept_int(view, key, &read->hash);
    const int32_t partition = jni_kept_int(view, key, &read->partition);
    if (!view->failed && !partitions_add(read->partitions, read->number, hash, partition, offset))
        jni_fail(view, "an offset below 0, or no memory for another partition");
}

/* Called with the two sides of each pair of a Scala map. */
typedef void pair_sink_t(jni_view_t *view, jobject key, jobject value, void *context);

static void for_each_pair(jni_view_t *view, jobject offset, pair_sink_t *each, void *context)
{
    JNIEnv *env = view->env;
    jni_method_t next = {"next", "()Ljava/lang/Object;", NULL};
    jni_method_t first = {"_1", "()Ljava/lang/Object;", NULL}, second = {"_2", "()Ljava/lang/Object;", NULL};
    /* The map itself, not its JSON: writing that costs Spark more than all the rest of a look. */
    jobject map = jni_object(view, offset, "partitionToOffsets", "()Lscala/collection/immutable/Map;");
    jobject pairs = jni_object(view, map, "iterator", "()Lscala/collection/Iterator;");
    while (jni_boolean(view, pairs, "hasNext")) {
        jobject pair = jni_kept_object(view, pairs, &next);
        jobject key = jni_kept_object(view, pair, &first);
        jobject value = jni_kept_object(view, pair, &second);
        if (!view->failed) each(view, key, value, context);
        (*env)->DeleteLocalRef(env, value);
        (*env)->DeleteLocalRef(env, key);
        (*env)->DeleteLocalRef(env, pair);
    }
    (*env)->DeleteLocalRef(env, pairs);
    (*env)->DeleteLocalRef(env, map);
}

static void add_pair(jni_view_t *view, jobject key, jobject value, void *context)
{
    read_t *read = context;
    add_partition(view, key, jni_kept_long(view, value, &read->long_value), read);
}

void kafka_add_offset(jni_view_t *view, jobject offset, int number, partitions_t *partitions)
{
    read_t read = begin_read(number, partitions);
    for_each_pair(view, offset, add_pair, &read);
}

/* A class that the connector sees: it may be loaded by a loader of the job's own. */
static jclass connectors_class(jni_view_t *view, jobject neighbour, const char *name)
{
    JNIEnv *env = view->env;
    jclass type = (*env)->GetObjectClass(env, neighbour);
    jobject loader = jni_object(view, type, "getClassLoader", "()Ljava/lang/ClassLoader;");
    jstring text = (*env)->NewStringUTF(env, name);
    if (!text) (*env)->ExceptionClear(env); /* OutOfMemoryError */
    jobject found =
        text ? jni_object(view, loader, "loadClass", "(Ljava/lang/String;)Ljava/lang/Class;", text) : NULL;
    (*env)->DeleteLocalRef(env, text);
    (*env)->DeleteLocalRef(env, loader);
    (*env)->DeleteLocalRef(env, type);
    return found;
}

/* new ListOffsetsOptions(isolationLevel).timeoutMs(ANSWER_WITHIN_MS) */
static jobject make_options(jni_view_t *view, jobject reader, jobject admin)
{
    jobject isolation =
        jni_object(view, reader, "isolationLevel", "()Lorg/apache/kafka/common/IsolationLevel;");
    jclass type = connectors_class(view, admin, "org.apache.kafka.clients.admin.ListOffsetsOptions");
    jobject options = jni_new(view, type, "(Lorg/apache/kafka/common/IsolationLevel;)V", isolation);
    jclass integer = jni_class(view, "java/lang/Integer");
    jobject patience =
        jni_static_object(view, integer, "valueOf", "(I)Ljava/lang/Integer;", (jint)ANSWER_WITHIN_MS);
    return jni_object(view, options, "timeoutMs", "(Ljava/lang/Integer;)L" ADMIN "AbstractOptions;",
                      patience);
}

typedef struct {
    jobject map;
    jobject latest; /* OffsetSpec.latest() */
} wanted_t;

static void want(jni_view_t *view, jobject key, jobject value, void *context)
{
    (void)value;
    const wanted_t *wanted = context;
    jobject before =
        jni_object(view, wanted->map, "put", "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;", key,
                   wanted->latest);
    (*view->env)->DeleteLocalRef(view->env, before);
}

void kafka_prepare(JNIEnv *env, jobject source, jobject taken, kafka_question_t *question)
{
    jni_view_t view;
    jni_begin(&view, env);
    *question = (kafka_question_t){0};
    jobject reader =
        jni_object(&view, source, "kafkaOffsetReader", "()Lorg/apache/spark/sql/kafka010/KafkaOffsetReader;");
    /* Null before the source's first own question, and after it has thrown its client away. */
    jobject admin = jni_object(&view, reader, "_admin", "()L" ADMIN "Admin;");
    if (!admin) return;
    jobject options = make_options(&view, reader, admin);
    jclass spec = connectors_class(&view, admin, "org.apache.kafka.clients.admin.OffsetSpec");
    wanted_t wanted = {
        .map = jni_new(&view, jni_class(&view, "java/util/HashMap"), "()V"),
        .latest = jni_static_object(&view, spec, "latest", "()L" ADMIN "OffsetSpec;"),
    };
    for_each_pair(&view, taken, want, &wanted);
    if (!view.failed)
        *question = (kafka_question_t){.admin = admin, .partitions = wanted.map, .options = options};
}

/* The answer is a java.util.Map<TopicPartition, ListOffsetsResultInfo>. */
static void add_answer(jni_view_t *view, jobject answer, int number, partitions_t *partitions)
{
    JNIEnv *env = view->env;
    read_t read = begin_read(number, partitions);
    jni_method_t next = {"next", "()Ljava/lang/Object;", NULL}, offset = {"offset", "()J", NULL};
    jni_method_t get_key = {"getKey", "()Ljava/lang/Object;", NULL};
    jni_method_t get_value = {"getValue", "()Ljava/lang/Object;", NULL};
    jobject entries = jni_object(view, answer, "entrySet", "()Ljava/util/Set;");
    jobject each = jni_object(view, entries, "iterator", "()Ljava/util/Iterator;");
    while (jni_boolean(view, each, "hasNext")) {
        jobject entry = jni_kept_object(view, each, &next);
        jobject key = jni_kept_object(view, entry, &get_key);
        jobject info = jni_kept_object(view, entry, &get_value);
        const int64_t end = jni_kept_long(view, info, &offset);
        if (!view->failed) add_partition(view, key, end, &read);
        (*env)->DeleteLocalRef(env, info);
        (*env)->DeleteLocalRef(env, key);
        (*env)->DeleteLocalRef(env, entry);
    }
}

void kafka_ask(jni_view_t *view, jobject source, const kafka_question_t *question, jobject taken,
               jobject limit, int number, partitions_t *partitions)
{
    if (question->admin) {
        jobject result =
            jni_object(view, question->admin, "listOffsets",
                       "(Ljava/util/Map;L" ADMIN "ListOffsetsOptions;)L" ADMIN "ListOffsetsResult;",
                       question->partitions, question->options);
        jobject future = jni_object(view, result, "all", "()Lorg/apache/kafka/common/KafkaFuture;");
        add_answer(view, jni_object(view, future, "get", "()Ljava/lang/Object;"), number, partitions);
    } else {
        jobject end =
            jni_object(view, source, "latestOffset",
                       "(L" CONNECTOR "Offset;L" CONNECTOR "ReadLimit;)L" CONNECTOR "Offset;", taken, limit);
        kafka_add_offset(view, end, number, partitions);
    }
}
