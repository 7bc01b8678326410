/*
 * Reads when each event of a Kafka topic came: the message time stamps of every partition, from the first
 * offset to the end as it was at the call.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_TOPIC_H
#define ADAPTIVESTREAM_BENCHMARK_TOPIC_H

#include "benchmark/waits.h"

typedef struct {
    const char *broker; /* host:port[,host:port] */
    const char *topic;
    const char *const *properties; /* librdkafka properties "key=value"; they win over ours */
    size_t property_count;
    int64_t deadline_ms; /* for the whole call */
} topic_request_t;

/* On failure `error` holds one sentence that names the broker or topic and what to do, and *events is empty.
 * Release with topic_events_free(). */
bool topic_read(const topic_request_t *request, topic_events_t *events, char *error, size_t error_size);

#endif
