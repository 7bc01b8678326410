#include "generator/producer.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CLOSE_TIMEOUT_MS = 1000,
    WARNING_GAP_MS = 10000,
};

struct producer {
    client_t client;
    rd_kafka_topic_t *topic;
    const producer_request_t *request;
    int partition_count;
    int next_partition;
    int64_t warned_ms; /* when producer_take_warning() gave the last one */
    producer_counts_t counts;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void count_failure(producer_t *producer, rd_kafka_resp_err_t code)
{
    producer->counts.failed++;
    if (code == RD_KAFKA_RESP_ERR__FATAL) producer->counts.fatal = true;
    if (producer->counts.first_failure[0] != '\0') return;
    const char *reason = rd_kafka_err2str(code);
    /* The client only says that the time was over; why is what it complained of before. */
    if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && producer->client.last_error[0] != '\0')
        reason = producer->client.last_error;
    if (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        reason = "given up before Kafka acknowledged them";
    snprintf(producer->counts.first_failure, CLIENT_REASON_SIZE, "%s", reason);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    producer_t *producer = ((client_t *)opaque)->owner;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        count_failure(producer, message->err);
        return;
    }
    producer->counts.delivered++;
    if (producer->request->acknowledged != NULL)
        producer->request->acknowledged(producer->request->context, (uintptr_t)message->_private);
}

/* Linger 5 ms, no compression, idempotent (a retry neither doubles nor reorders events), given up 30 s after the
 * event was handed over, and keys placed as Java's clients place them. The queue holds several seconds of 100,000
 * events/s, so that it is the limits of pace.h that tell a slow broker. */
static const client_preset_t presets[] = {
    {"linger.ms", "5"},
    {"enable.idempotence", "true"},
    {"compression.codec", "none"},
    {"message.timeout.ms", "30000"},
    {"queue.buffering.max.messages", "500000"},
    {"queue.buffering.max.kbytes", "524288"},
    {"socket.nagle.disable", "true"},
    {"partitioner", "murmur2_random"},
};

static client_status_t open_topic(producer_t *producer, char *error, size_t error_size)
{
    const client_kind_t kind = {
        .type = RD_KAFKA_PRODUCER,
        .presets = presets,
        .preset_count = sizeof presets / sizeof presets[0],
        .on_delivery = on_delivery,
        .owner = producer,
    };
    client_status_t status =
        client_open(&producer->client, &kind, &producer->request->client, producer->request->topic,
                    &producer->partition_count, error, error_size);
    if (status != CLIENT_OPENED) return status;
    producer->topic = rd_kafka_topic_new(producer->client.handle, producer->request->topic, NULL);
    if (producer->topic == NULL) {
        snprintf(error, error_size, "topic '%s': %s", producer->request->topic,
                 rd_kafka_err2str(rd_kafka_last_error()));
        return CLIENT_UNAVAILABLE;
    }
    return CLIENT_OPENED;
}

client_status_t producer_open(const producer_request_t *request, producer_t **opened, char *error,
                              size_t error_size)
{
    *opened = NULL;
    producer_t *producer = calloc(1, sizeof *producer);
    if (producer == NULL) {
        snprintf(error, error_size, "not enough memory");
        return CLIENT_UNAVAILABLE;
    }
    producer->request = request;
    client_status_t status = open_topic(producer, error, error_size);
    if (status != CLIENT_OPENED) {
        producer_close(producer);
        return status;
    }
    *opened = producer;
    return CLIENT_OPENED;
}

bool producer_send(producer_t *producer, const producer_event_t *event)
{
    bool keyed = event->key != NULL;
    int32_t partition = keyed ? RD_KAFKA_PARTITION_UA : producer->next_partition;
    /* The client takes pointers to bytes it may own; with F_COPY it only reads them. */
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->client.handle, RD_KAFKA_V_RKT(producer->topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)event->value, event->value_length),
        RD_KAFKA_V_KEY(event->key, event->key_length), RD_KAFKA_V_TIMESTAMP(event->timestamp_ms),
        RD_KAFKA_V_OPAQUE((void *)event->ticket), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) count_failure(producer, code);
    if (!keyed) producer->next_partition = (producer->next_partition + 1) % producer->partition_count;
    return true;
}

/* What the client has learnt while it was polled. */
static void note_fatal(producer_t *producer)
{
    if (producer->client.fatal) producer->counts.fatal = true;
}

void producer_poll(producer_t *producer, int timeout_ms)
{
    rd_kafka_poll(producer->client.handle, timeout_ms);
    note_fatal(producer);
}

size_t producer_flush(producer_t *producer, int timeout_ms)
{
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->client.handle, timeout_ms);
    note_fatal(producer);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    return (size_t)rd_kafka_outq_len(producer->client.handle);
}

void producer_give_up(producer_t *producer)
{
    rd_kafka_purge(producer->client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(producer->client.handle, CLOSE_TIMEOUT_MS);
    note_fatal(producer);
}

const char *producer_take_warning(producer_t *producer)
{
    int64_t now_ms = monotonic_ms();
    bool soon = producer->warned_ms != 0 && now_ms - producer->warned_ms < WARNING_GAP_MS;
    if (!producer->client.complained || soon) return NULL;
    producer->client.complained = false;
    producer->warned_ms = now_ms;
    return producer->client.last_error;
}

const producer_counts_t *producer_counts(const producer_t *producer)
{
    return &producer->counts;
}

void producer_close(producer_t *producer)
{
    if (producer == NULL) return;
    if (producer->topic != NULL) rd_kafka_topic_destroy(producer->topic);
    client_close(&producer->client);
    free(producer);
}
