/*
 * The end offsets of a topic's partitions: how many events were ever appended to each.
 *
 * All partitions are asked for in one request to each broker that leads some (ListOffsets), not in one a partition:
 * for 1000 partitions 4 ms instead of 58 against librdkafka's mock broker. The offsets are those that a reader of
 * uncommitted events sees, as Spark's Kafka source is by default; with transactions they count the markers of
 * commits and aborts too.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_END_OFFSETS_H
#define ADAPTIVESTREAM_BENCHMARK_END_OFFSETS_H

#include "client/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLUSTER_SIZE = 128 };

/* By partition, from 0. */
typedef struct {
    int64_t *offsets; /* owned: end_offsets_free() */
    size_t count;
} end_offsets_t;

/* How many events came between two readings. A partition that was not there before began at 0. `backwards` is set
 * when an offset, or the number of partitions, became smaller: the topic was made anew (or has lost events), and
 * what came meanwhile cannot be told; such partitions count as 0. */
int64_t end_offsets_arrived(const end_offsets_t *before, const end_offsets_t *now, bool *backwards);

bool end_offsets_resize(end_offsets_t *ends, size_t count);
void end_offsets_free(end_offsets_t *ends);

typedef struct {
    client_t client;
    rd_kafka_topic_t *topic_handle;
    const char *topic;
    size_t partition_count;
    bool stale; /* ask for the metadata before the next reading */
} topic_watch_t;

/* See client_open(); *watch must stay where it is. topic_watch_close() in any case. */
client_status_t topic_watch_open(topic_watch_t *watch, const client_settings_t *settings, const char *topic,
                                 char *error, size_t error_size);

/* The id of the cluster, "" when it has none to tell. */
void topic_watch_cluster(topic_watch_t *watch, char *cluster, size_t size);

/* Asks how many partitions there are by now, and who leads them, waiting up to timeout_ms. */
bool topic_watch_refresh(topic_watch_t *watch, int timeout_ms, char *error, size_t error_size);

/* All end offsets, or none: false when one could not be had within timeout_ms, with the reason in `error`. */
bool topic_watch_read(topic_watch_t *watch, int timeout_ms, end_offsets_t *ends, char *error,
                      size_t error_size);

void topic_watch_close(topic_watch_t *watch);

#endif
