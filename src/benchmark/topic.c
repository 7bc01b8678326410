#include "benchmark/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 4096 };

typedef struct {
    const topic_request_t *request;
    client_t client;
    rd_kafka_t *handle; /* of it */
    int64_t end_by_ms;
    int64_t *ends; /* by index of the partition: offset at which reading is over */
    bool *done;
    size_t remaining;
    topic_events_t *events;
    char *error;
    size_t error_size;
} reader_t;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int time_left_ms(const reader_t *reader)
{
    int64_t left = reader->end_by_ms - now_ms();
    return left < 1 ? 1 : left > 3600000 ? 3600000 : (int)left;
}

static bool connect_client(reader_t *reader)
{
    /* No group is joined (partitions are assigned by hand), but the consumer asks for an id. */
    static const client_preset_t presets[] = {
        {"group.id", "adaptivestream-measure"},
        {"enable.auto.commit", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", "error"},
        {"fetch.wait.max.ms", "20"},
        {"queued.min.messages", "1000000"},
        {"check.crcs", "true"},
        {"isolation.level", "read_committed"},
    };
    const client_kind_t kind = {
        .type = RD_KAFKA_CONSUMER,
        .presets = presets,
        .preset_count = sizeof presets / sizeof presets[0],
    };
    int partition_count;
    const topic_request_t *request = reader->request;
    const client_status_t status = client_open(&reader->client, &kind, request->kafka, request->topic,
                                               &partition_count, reader->error, reader->error_size);
    if (status == CLIENT_INTERRUPTED) snprintf(reader->error, reader->error_size, "interrupted");
    if (status != CLIENT_OPENED) return false;
    reader->handle = reader->client.handle;
    rd_kafka_poll_set_consumer(reader->handle);
    return true;
}

static bool unreachable(reader_t *reader, rd_kafka_resp_err_t code)
{
    rd_kafka_poll(reader->handle, 0);
    snprintf(reader->error, reader->error_size,
             "broker %s does not answer (%s%s%s); is Kafka running, and is --broker right?",
             reader->request->kafka->broker, rd_kafka_err2str(code), reader->client.last_error[0] ? "; " : "",
             reader->client.last_error);
    return false;
}

static bool no_topic(reader_t *reader, rd_kafka_resp_err_t code)
{
    snprintf(reader->error, reader->error_size, "topic %s on %s: %s; is --topic right?",
             reader->request->topic, reader->request->kafka->broker, rd_kafka_err2str(code));
    return false;
}

static bool allocate(reader_t *reader, size_t partitions)
{
    reader->ends = calloc(partitions, sizeof *reader->ends);
    reader->done = calloc(partitions, sizeof *reader->done);
    reader->events->partitions = calloc(partitions, sizeof *reader->events->partitions);
    if (reader->ends && reader->done && reader->events->partitions) {
        reader->events->count = partitions;
        return true;
    }
    snprintf(reader->error, reader->error_size, "out of memory");
    return false;
}

/* Asks how far each partition reaches and assigns those that hold something. */
static bool assign(reader_t *reader, const struct rd_kafka_metadata_topic *topic)
{
    size_t count = (size_t)topic->partition_cnt;
    if (!allocate(reader, count)) return false;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(topic->partition_cnt);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < count && !code; i++) {
        int64_t low, high;
        int32_t partition = topic->partitions[i].id;
        code = rd_kafka_query_watermark_offsets(reader->handle, reader->request->topic, partition, &low,
                                                &high, time_left_ms(reader));
        if (code) break;
        reader->events->partitions[i].partition = partition;
        reader->ends[i] = high;
        reader->done[i] = high <= low;
        if (high > low) {
            reader->remaining++;
            rd_kafka_topic_partition_list_add(list, reader->request->topic, partition)->offset = low;
        }
    }
    if (!code) code = rd_kafka_assign(reader->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code ? unreachable(reader, code) : true;
}

static bool find_topic(reader_t *reader)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(reader->handle, reader->request->topic, NULL);
    if (!handle) return no_topic(reader, rd_kafka_last_error());
    rd_kafka_resp_err_t code = rd_kafka_metadata(reader->handle, 0, handle, &metadata, time_left_ms(reader));
    rd_kafka_topic_destroy(handle);
    if (code) return unreachable(reader, code);
    bool good;
    if (metadata->topic_cnt != 1 || metadata->topics[0].err)
        good = no_topic(reader, metadata->topic_cnt == 1 ? metadata->topics[0].err
                                                         : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    else if (metadata->topics[0].partition_cnt == 0)
        good = no_topic(reader, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    else
        good = assign(reader, &metadata->topics[0]);
    rd_kafka_metadata_destroy(metadata);
    return good;
}

static size_t index_of(const reader_t *reader, int32_t partition)
{
    size_t i = 0;
    while (i < reader->events->count && reader->events->partitions[i].partition != partition)
        i++;
    return i;
}

static void finish(reader_t *reader, size_t index)
{
    if (!reader->done[index]) {
        reader->done[index] = true;
        reader->remaining--;
    }
}

static bool add_event(reader_t *reader, size_t index, const rd_kafka_message_t *message)
{
    partition_events_t *partition = &reader->events->partitions[index];
    if (message->offset >= reader->ends[index]) {
        finish(reader, index);
        return true;
    }
    if ((partition->count & (partition->count - 1)) == 0) {
        size_t room = partition->count ? partition->count * 2 : 1;
        event_t *grown = realloc(partition->events, room * sizeof *grown);
        if (!grown) {
            snprintf(reader->error, reader->error_size, "out of memory after %zu events", partition->count);
            return false;
        }
        partition->events = grown;
    }
    rd_kafka_timestamp_type_t type;
    int64_t time_ms = rd_kafka_message_timestamp(message, &type);
    if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) {
        snprintf(reader->error, reader->error_size,
                 "topic %s, partition %d, offset %lld: the message has no time stamp, so its wait cannot be "
                 "measured",
                 reader->request->topic, (int)message->partition, (long long)message->offset);
        return false;
    }
    partition->events[partition->count++] = (event_t){message->offset, time_ms};
    if (message->offset + 1 >= reader->ends[index]) finish(reader, index);
    return true;
}

static bool take_message(reader_t *reader, const rd_kafka_message_t *message)
{
    size_t index = index_of(reader, message->partition);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (index < reader->events->count) finish(reader, index);
        return true;
    }
    if (!message->err && index < reader->events->count) return add_event(reader, index, message);
    if (message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || message->err == RD_KAFKA_RESP_ERR__TRANSPORT)
        return true; /* the client tries again; the deadline ends it */
    snprintf(reader->error, reader->error_size, "topic %s on %s: %s", reader->request->topic,
             reader->request->kafka->broker, rd_kafka_message_errstr(message));
    return false;
}

static bool consume(reader_t *reader)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(reader->handle);
    rd_kafka_message_t *messages[BATCH];
    bool good = true;
    while (good && reader->remaining > 0) {
        if (now_ms() >= reader->end_by_ms) {
            snprintf(
                reader->error, reader->error_size,
                "topic %s on %s was not read to its end within %lld s%s%s; give it longer with --timeout",
                reader->request->topic, reader->request->kafka->broker,
                (long long)(reader->request->deadline_ms / 1000), reader->client.last_error[0] ? ": " : "",
                reader->client.last_error);
            good = false;
            break;
        }
        int wait_ms = time_left_ms(reader);
        ssize_t count = rd_kafka_consume_batch_queue(queue, wait_ms < 200 ? wait_ms : 200, messages, BATCH);
        for (ssize_t i = 0; i < count; i++) {
            good = good && take_message(reader, messages[i]);
            rd_kafka_message_destroy(messages[i]);
        }
    }
    rd_kafka_queue_destroy(queue);
    return good;
}

bool topic_read(const topic_request_t *request, topic_events_t *events, char *error, size_t error_size)
{
    *events = (topic_events_t){0};
    reader_t reader = {.request = request,
                       .events = events,
                       .end_by_ms = now_ms() + request->deadline_ms,
                       .error = error,
                       .error_size = error_size};
    bool good = connect_client(&reader) && find_topic(&reader) && consume(&reader);
    if (reader.handle) rd_kafka_consumer_close(reader.handle);
    client_close(&reader.client);
    free(reader.ends);
    free(reader.done);
    if (!good) topic_events_free(events);
    return good;
}
