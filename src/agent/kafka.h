/*
 * Spark's Kafka source through JNI: what its batches took and what its topics hold.
 *
 * The end is asked for in one of two ways, both without effect on the job:
 *
 *     directly    Admin.listOffsets (Kafka's public API, the same since 2.5) through the admin client that the
 *                 source has, for the partitions it had at its last batch, with a time-out of our own. One
 *                 request; the source does not even notice.
 *     by source   KafkaMicroBatchStream.latestOffset(start, allAvailable): describes the topics first, so it
 *                 costs twice as much, and may take as long as the user's own time-outs. It only rewrites a field
 *                 that the next real call overwrites. For sources without an admin client (Spark before 3.4, or
 *                 useDeprecatedOffsetFetching), and whatever else is not as we know it.
 *
 * As in jni_call.h: local references, no exception left behind, failures in the view.
 */
#ifndef ADAPTIVESTREAM_AGENT_KAFKA_H
#define ADAPTIVESTREAM_AGENT_KAFKA_H

#include "agent/jni_call.h"
#include "agent/partitions.h"

#include <stdint.h>

extern const char *const kafka_stream_class; /* "org.apache.spark.sql.kafka010.KafkaMicroBatchStream" */

typedef enum { KAFKA_FREE, KAFKA_MINIMUM, KAFKA_UNKNOWN } kafka_rule_t;

/* KAFKA_MINIMUM: with minOffsetsPerTrigger, a rule of its own. *limit is maxOffsetsPerTrigger, 0 for none. */
kafka_rule_t kafka_rule(jni_view_t *view, jobject source, int64_t *limit);

/* The offset up to which a batch has read, as the source itself makes them: after a restart it may still be the
 * text read from the checkpoint (SerializedOffset). */
jobject kafka_real_offset(jni_view_t *view, jobject source, jobject offset);

/* Adds the partitions of an offset to the read; `number` tells the query's sources apart. */
void kafka_add_offset(jni_view_t *view, jobject offset, int number, partitions_t *partitions);

/* How to ask one source directly; made once a wait. */
typedef struct {
    jobject admin;      /* NULL: by source */
    jobject partitions; /* java.util.Map<TopicPartition, OffsetSpec> */
    jobject options;    /* ListOffsetsOptions */
} kafka_question_t;

/* Never fails: where something is missing the question is by source. */
void kafka_prepare(JNIEnv *env, jobject source, jobject taken, kafka_question_t *question);

/* Adds what the source holds to the read. `limit` is ReadLimit.allAvailable(). */
void kafka_ask(jni_view_t *view, jobject source, const kafka_question_t *question, jobject taken,
               jobject limit, int number, partitions_t *partitions);

#endif
