/*
 * What the agent reads of Spark, on the stream thread, through JNI: the query that runs on this thread, its
 * sources, and their offsets. Names and shapes: Spark 3.3 to 4.3, where classes moved from
 * o.a.s.sql.execution.streaming to ...streaming.runtime in 4.1 and accessors kept their names.
 *
 * Objects are local references in the caller's frame. No call leaves an exception behind; failures are in the
 * view.
 */
#ifndef ADAPTIVESTREAM_AGENT_SPARK_H
#define ADAPTIVESTREAM_AGENT_SPARK_H

#include "agent/jni_call.h"
#include "agent/kafka.h"
#include "agent/partitions.h"
#include "agent/query.h"

#include <stdint.h>

/* The micro-batch query whose stream thread this thread is; NULL, never a failure, when it is none. A
 * continuous query runs its executor on a thread without `$outer` and is none. */
jobject spark_query_of_thread(jni_view_t *view);

void spark_identity(jni_view_t *view, jobject query, query_identity_t *identity);

/* False once stop() has begun: Spark sets the state before it interrupts the thread. */
bool spark_is_active(jni_view_t *view, jobject query);

enum { SPARK_SOURCES_MAX = 64 };

typedef struct {
    int count;
    jobject source[SPARK_SOURCES_MAX];
    jobject taken[SPARK_SOURCES_MAX]; /* the offset up to which the last batch has read, set by
                                         spark_available() */
    jobject all_available;            /* ReadLimit.allAvailable(), set by spark_available() */
    bool prepared;                    /* set by the first spark_probe(), with the questions */
    kafka_question_t question[SPARK_SOURCES_MAX];
} spark_sources_t;

/* The query's sources, each counted once. */
void spark_sources(jni_view_t *view, jobject query, spark_sources_t *sources);

typedef enum {
    SIGHT_NONE,   /* left alone */
    SIGHT_ROWS,   /* what batches took tells of arrivals, nothing else does */
    SIGHT_PROBED, /* every source can be asked for its end */
} sight_t;

typedef struct {
    sight_t sight;
    bool mixed;       /* SIGHT_ROWS although some sources could be asked */
    int64_t limit;    /* SIGHT_PROBED: events one trigger takes at most, all sources together; 0 = no limit */
    char reason[320]; /* why it is not SIGHT_PROBED: "source RateStreamMicroBatchStream cannot be asked" */
} spark_sight_t;

/* How arrivals at these sources can be known.
 *
 * Only Kafka's micro-batch stream can be asked for its end offset without effect on the job (see kafka.h). The
 * file source must never be asked: it records files as seen. Sources with a limit per trigger that cannot be seen through
 * (their default ReadLimit is not "all available"), Kafka's with minOffsetsPerTrigger (the user already chose a
 * rule) and those that make a fixed number of rows a trigger leave the whole query alone: there a longer
 * interval would let a backlog grow. */
void spark_look(jni_view_t *view, const spark_sources_t *sources, spark_sight_t *sight);

/* The total of the offsets taken by batches so far, and those offsets themselves. */
void spark_available(jni_view_t *view, jobject query, spark_sources_t *sources, partitions_t *partitions,
                     int64_t *total);

/* Asks each source for its end; the total. May take as long as the brokers do (see kafka.h). */
void spark_probe(jni_view_t *view, spark_sources_t *sources, partitions_t *partitions, int64_t *total);

/* After a probe: whether all sources were asked directly. */
bool spark_asks_directly(const spark_sources_t *sources);

typedef struct {
    int64_t batch_id; /* -1 before the first */
    int64_t rows;     /* that it read, all sources together */
} spark_progress_t;

/* The query's last progress: of the batch just finished when its trigger ran one; otherwise possibly of an
 * earlier one, or an idle one without rows that bears the next batch's number. */
void spark_progress(jni_view_t *view, jobject query, spark_progress_t *progress);

/* Whether the query has the default trigger, ProcessingTimeTrigger of interval 0, and not RealTimeTrigger,
 * whose executor has an interval of 0 too. */
bool spark_has_processing_time_trigger(jni_view_t *view, jobject query);

/* Sets the interrupt flag of this thread again, after a call that consumed it. */
void spark_interrupt_self(jni_view_t *view);

#endif
