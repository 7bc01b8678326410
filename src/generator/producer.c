#include "generator/producer.h"

#include "common/log.h"
#include "common/parse.h"
#include "generator/client_config.h"
#include "generator/interrupt.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONNECT_TIMEOUT_MS = 10000,
    CONNECT_STEP_MS = 1000, /* how soon an interrupt is noticed while connecting */
    CLOSE_TIMEOUT_MS = 1000,
    WARNING_GAP_MS = 10000,
};

struct producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topic;
    const producer_request_t *request;
    int partition_count;
    int next_partition;
    bool complained;                       /* last_error is news */
    int64_t warned_ms;                     /* when producer_take_warning() gave the last one */
    char last_error[PRODUCER_REASON_SIZE]; /* what the client last complained of */
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
    if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT && producer->last_error[0] != '\0')
        reason = producer->last_error;
    if (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        reason = "given up before Kafka acknowledged them";
    snprintf(producer->counts.first_failure, PRODUCER_REASON_SIZE, "%s", reason);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    producer_t *producer = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        count_failure(producer, message->err);
        return;
    }
    producer->counts.delivered++;
    if (producer->request->acknowledged != NULL)
        producer->request->acknowledged(producer->request->context, (uintptr_t)message->_private);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    producer_t *producer = opaque;
    char fatal_reason[PRODUCER_REASON_SIZE];
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        producer->counts.fatal = true;
        rd_kafka_fatal_error(client, fatal_reason, sizeof fatal_reason);
        reason = fatal_reason;
    }
    /* "All brokers down" only repeats what the broker's own error said better. */
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && producer->last_error[0] != '\0') return;
    snprintf(producer->last_error, sizeof producer->last_error, "%s", reason);
    /* "... (after 3 ms in state CONNECT, 1 identical error(s) suppressed)" helps nobody who reads one line. */
    char *details = strstr(producer->last_error, " (after ");
    if (details != NULL) *details = '\0';
    producer->complained = true;
}

/* The client's own log repeats on_error(); it is wanted only with -X debug=... */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    log_line(LOG_DEBUG, "Kafka", "%s: %s", facility, text);
}

static bool create_client(producer_t *producer, char *error, size_t error_size)
{
    char reason[PRODUCER_REASON_SIZE];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    if (!client_config_set(config, &producer->request->client, error, error_size)) {
        rd_kafka_conf_destroy(config);
        return false;
    }
    rd_kafka_conf_set_opaque(config, producer);
    rd_kafka_conf_set_dr_msg_cb(config, on_delivery);
    rd_kafka_conf_set_error_cb(config, on_error);
    rd_kafka_conf_set_log_cb(config, on_log);
    producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, config, reason, sizeof reason);
    if (producer->client == NULL) {
        rd_kafka_conf_destroy(config);
        snprintf(error, error_size, "Kafka refuses these properties: %s", reason);
        return false;
    }
    return true;
}

/* Asks for all topics: asking for one by name would let the broker create it. */
static producer_status_t query_topics(producer_t *producer, const struct rd_kafka_metadata **metadata,
                                      char *error, size_t error_size)
{
    int64_t deadline_ms = monotonic_ms() + CONNECT_TIMEOUT_MS;
    rd_kafka_resp_err_t code;
    do {
        code = rd_kafka_metadata(producer->client, 1, NULL, metadata, CONNECT_STEP_MS);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return PRODUCER_OPENED;
        rd_kafka_poll(producer->client, 0);
        if (interrupt_count() > 0) return PRODUCER_INTERRUPTED;
    } while (monotonic_ms() < deadline_ms);
    snprintf(error, error_size,
             "Kafka at %s does not answer within %d s (%s); check that it runs, that --broker is its "
             "address, and that "
             "security.protocol is what it expects",
             producer->request->client.broker, CONNECT_TIMEOUT_MS / 1000,
             producer->last_error[0] != '\0' ? producer->last_error : rd_kafka_err2str(code));
    return PRODUCER_UNAVAILABLE;
}

static void describe_missing_topic(const producer_request_t *request,
                                   const struct rd_kafka_metadata *metadata, char *error, size_t error_size)
{
    const char *nearest = NULL;
    const char **names = calloc((size_t)metadata->topic_cnt + 1, sizeof *names);
    if (names != NULL) {
        for (int i = 0; i < metadata->topic_cnt; i++)
            names[i] = metadata->topics[i].topic;
        nearest = nearest_name(request->topic, names, (size_t)metadata->topic_cnt);
    }
    snprintf(error, error_size,
             "no topic '%s' at %s%s%s%s; create it: kafka-topics.sh --create --topic %s --partitions 2 "
             "--bootstrap-server %s",
             request->topic, request->client.broker, nearest != NULL ? " (did you mean '" : "",
             nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "", request->topic,
             request->client.broker);
    free(names);
}

static producer_status_t find_topic(producer_t *producer, char *error, size_t error_size)
{
    const struct rd_kafka_metadata *metadata;
    const producer_request_t *request = producer->request;
    producer_status_t status = query_topics(producer, &metadata, error, error_size);
    if (status != PRODUCER_OPENED) return status;
    status = PRODUCER_UNAVAILABLE;
    int i = 0;
    while (i < metadata->topic_cnt && strcmp(metadata->topics[i].topic, request->topic) != 0)
        i++;
    if (i == metadata->topic_cnt) {
        describe_missing_topic(request, metadata, error, error_size);
    } else if (metadata->topics[i].err != RD_KAFKA_RESP_ERR_NO_ERROR ||
               metadata->topics[i].partition_cnt < 1) {
        snprintf(error, error_size, "topic '%s' at %s cannot be written to: %s", request->topic,
                 request->client.broker, rd_kafka_err2str(metadata->topics[i].err));
    } else {
        producer->partition_count = metadata->topics[i].partition_cnt;
        status = PRODUCER_OPENED;
    }
    rd_kafka_metadata_destroy(metadata);
    return status;
}

static producer_status_t open_topic(producer_t *producer, char *error, size_t error_size)
{
    if (!create_client(producer, error, error_size)) return PRODUCER_BAD_PROPERTY;
    producer_status_t status = find_topic(producer, error, error_size);
    if (status != PRODUCER_OPENED) return status;
    producer->topic = rd_kafka_topic_new(producer->client, producer->request->topic, NULL);
    if (producer->topic == NULL) {
        snprintf(error, error_size, "topic '%s': %s", producer->request->topic,
                 rd_kafka_err2str(rd_kafka_last_error()));
        return PRODUCER_UNAVAILABLE;
    }
    producer->complained = false; /* it answered in the end */
    return PRODUCER_OPENED;
}

producer_status_t producer_open(const producer_request_t *request, producer_t **opened, char *error,
                                size_t error_size)
{
    *opened = NULL;
    producer_t *producer = calloc(1, sizeof *producer);
    if (producer == NULL) {
        snprintf(error, error_size, "not enough memory");
        return PRODUCER_UNAVAILABLE;
    }
    producer->request = request;
    producer_status_t status = open_topic(producer, error, error_size);
    if (status != PRODUCER_OPENED) {
        producer_close(producer);
        return status;
    }
    *opened = producer;
    return PRODUCER_OPENED;
}

bool producer_send(producer_t *producer, const producer_event_t *event)
{
    bool keyed = event->key != NULL;
    int32_t partition = keyed ? RD_KAFKA_PARTITION_UA : producer->next_partition;
    /* The client takes pointers to bytes it may own; with F_COPY it only reads them. */
    rd_kafka_resp_err_t code = rd_kafka_producev(
        producer->client, RD_KAFKA_V_RKT(producer->topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)event->value, event->value_length),
        RD_KAFKA_V_KEY(event->key, event->key_length), RD_KAFKA_V_TIMESTAMP(event->timestamp_ms),
        RD_KAFKA_V_OPAQUE((void *)event->ticket), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) count_failure(producer, code);
    if (!keyed) producer->next_partition = (producer->next_partition + 1) % producer->partition_count;
    return true;
}

void producer_poll(producer_t *producer, int timeout_ms)
{
    rd_kafka_poll(producer->client, timeout_ms);
}

size_t producer_flush(producer_t *producer, int timeout_ms)
{
    if (rd_kafka_flush(producer->client, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    return (size_t)rd_kafka_outq_len(producer->client);
}

void producer_give_up(producer_t *producer)
{
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(producer->client, CLOSE_TIMEOUT_MS);
}

const char *producer_take_warning(producer_t *producer)
{
    int64_t now_ms = monotonic_ms();
    bool soon = producer->warned_ms != 0 && now_ms - producer->warned_ms < WARNING_GAP_MS;
    if (!producer->complained || soon) return NULL;
    producer->complained = false;
    producer->warned_ms = now_ms;
    return producer->last_error;
}

const producer_counts_t *producer_counts(const producer_t *producer)
{
    return &producer->counts;
}

void producer_close(producer_t *producer)
{
    if (producer == NULL) return;
    if (producer->topic != NULL) rd_kafka_topic_destroy(producer->topic);
    if (producer->client != NULL) rd_kafka_destroy(producer->client);
    free(producer);
}
