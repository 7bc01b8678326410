/*
 * Reads when each event of a Kafka topic came: the message time stamps of every partition, from the first
 * offset to the end as it was at the call.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_TOPIC_H
#define ADAPTIVESTREAM_BENCHMARK_TOPIC_H

#include "benchmark/waits.h"
#include "client/client.h"

typedef struct {
    const client_settings_t *kafka; /* win over ours */
    const char *topic;
    int64_t deadline_ms; /* for the whole call, but for the ten seconds that connecting may take */
} topic_request_t;

/* On failure `error` holds one sentence that names the broker or topic and what to do, and *events is empty.
 * Release with topic_events_free(). */
bool topic_read(const topic_request_t *request, topic_events_t *events, char *error, size_t error_size);

#endif
