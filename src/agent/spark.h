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
} spark_sources_t;

/* The query's sources, each counted once. */
void spark_sources(jni_view_t *view, jobject query, spark_sources_t *sources);

typedef struct {
    bool probeable;
    int64_t limit;    /* events one trigger takes at most, all sources together; 0 = no limit */
    char reason[320]; /* when not probeable: why, as the rest of "query NAME: ..." */
} spark_probing_t;

/* Whether all sources are Kafka's micro-batch stream, whose end offset can be asked for without effect on the
 * job: latestOffset(start, allAvailable) only rewrites a field that the next real call overwrites. Never
 * asked: sources with minOffsetsPerTrigger (the user already chose a rule). The file source must never be
 * asked: it records files as seen. */
void spark_probing(jni_view_t *view, const spark_sources_t *sources, spark_probing_t *probing);

/* The sum of the offsets taken by batches so far, and those offsets themselves. */
void spark_available(jni_view_t *view, jobject query, spark_sources_t *sources, int64_t *total);

/* Asks each source for its end; the sum. May take as long as the brokers do. */
void spark_probe(jni_view_t *view, const spark_sources_t *sources, int64_t *total);

/* Sets the interrupt flag of this thread again, after a call that consumed it. */
void spark_interrupt_self(jni_view_t *view);

#endif
