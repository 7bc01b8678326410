#include "client/client.h"

#include "client/refusal.h"
#include "common/interrupt.h"
#include "common/log.h"
#include "common/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONNECT_TIMEOUT_MS = 10000,
    CONNECT_STEP_MS = 1000, /* how soon an interrupt is noticed while connecting */
    REFUSALS = 2,           /* in a row, a step apart: a broker that is just being restarted has a second */
    SERVERS_SIZE = 4096
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    client_t *client = opaque;
    char fatal_reason[CLIENT_REASON_SIZE];
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        client->fatal = true;
        rd_kafka_fatal_error(handle, fatal_reason, sizeof fatal_reason);
        reason = fatal_reason;
    }
    /* "All brokers down" only repeats what the broker's own error said better. */
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && client->last_error[0] != '\0') return;
    snprintf(client->last_error, sizeof client->last_error, "%s", reason);
    /* "... (after 3 ms in state CONNECT, 1 identical error(s) suppressed)" helps nobody who reads one line. */
    char *details = strstr(client->last_error, " (after ");
    if (details != NULL) *details = '\0';
    client->complained = true;
}

/* The client's own log repeats on_error(); it is wanted only with -X debug=... */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle;
    (void)level;
    log_line(LOG_DEBUG, "Kafka", "%s: %s", facility, text);
}

static bool create(client_t *client, const client_kind_t *kind, char *error, size_t error_size)
{
    char reason[CLIENT_REASON_SIZE];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    if (!client_config_set(config, kind->presets, kind->preset_count, client->settings, error, error_size)) {
        rd_kafka_conf_destroy(config);
        return false;
    }
    rd_kafka_conf_set_opaque(config, client);
    if (kind->on_delivery != NULL) rd_kafka_conf_set_dr_msg_cb(config, kind->on_delivery);
    rd_kafka_conf_set_error_cb(config, on_error);
    rd_kafka_conf_set_log_cb(config, on_log);
    client->handle = rd_kafka_new(kind->type, config, reason, sizeof reason);
    if (client->handle == NULL) {
        rd_kafka_conf_destroy(config);
        snprintf(error, error_size, "Kafka refuses these properties: %s", reason);
        return false;
    }
    return true;
}

/* Of the client's own list: -X may have changed it. */
static bool all_refuse(const client_t *client)
{
    char servers[SERVERS_SIZE];
    size_t size = sizeof servers;
    return rd_kafka_conf_get(rd_kafka_conf(client->handle), "bootstrap.servers", servers, &size) ==
               RD_KAFKA_CONF_OK &&
           brokers_refuse(servers);
}

/* Asks for all topics: asking for one by name would let the broker create it. */
static client_status_t query_topics(client_t *client, const struct rd_kafka_metadata **metadata, char *error,
                                    size_t error_size)
{
    int64_t deadline_ms = monotonic_ms() + CONNECT_TIMEOUT_MS;
    rd_kafka_resp_err_t code;
    int refusals = 0;
    do {
        code = rd_kafka_metadata(client->handle, 1, NULL, metadata, CONNECT_STEP_MS);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return CLIENT_OPENED;
        rd_kafka_poll(client->handle, 0);
        if (interrupt_count() > 0) return CLIENT_INTERRUPTED;
        refusals = all_refuse(client) ? refusals + 1 : 0;
    } while (monotonic_ms() < deadline_ms && refusals < REFUSALS);
    if (refusals == REFUSALS) {
        snprintf(error, error_size,
                 "nobody listens at %s: every connection is refused; start Kafka there, or give its address "
                 "by --broker",
                 client->settings->broker);
        return CLIENT_UNAVAILABLE;
    }
    snprintf(error, error_size,
             "Kafka at %s does not answer within %d s (%s); check that it runs, that --broker is its "
             "address, and that "
             "security.protocol is what it expects",
             client->settings->broker, CONNECT_TIMEOUT_MS / 1000,
             client->last_error[0] != '\0' ? client->last_error : rd_kafka_err2str(code));
    return CLIENT_UNAVAILABLE;
}

static void describe_missing_topic(const client_t *client, const char *topic,
                                   const struct rd_kafka_metadata *metadata, char *error, size_t error_size)
{
    const char *nearest = NULL, *broker = client->settings->broker;
    const char **names = calloc((size_t)metadata->topic_cnt + 1, sizeof *names);
    if (names != NULL) {
        for (int i = 0; i < metadata->topic_cnt; i++)
            names[i] = metadata->topics[i].topic;
        nearest = nearest_name(topic, names, (size_t)metadata->topic_cnt);
    }
    snprintf(error, error_size,
             "no topic '%s' at %s%s%s%s; create it: kafka-topics.sh --create --topic %s --partitions 2 "
             "--bootstrap-server %s",
             topic, broker, nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "'?)" : "", topic, broker);
    free(names);
}

static client_status_t find_topic(client_t *client, const char *topic, int *partition_count, char *error,
                                  size_t error_size)
{
    const struct rd_kafka_metadata *metadata;
    client_status_t status = query_topics(client, &metadata, error, error_size);
    if (status != CLIENT_OPENED) return status;
    status = CLIENT_UNAVAILABLE;
    int i = 0;
    while (i < metadata->topic_cnt && strcmp(metadata->topics[i].topic, topic) != 0)
        i++;
    if (i == metadata->topic_cnt) {
        describe_missing_topic(client, topic, metadata, error, error_size);
    } else if (metadata->topics[i].err != RD_KAFKA_RESP_ERR_NO_ERROR ||
               metadata->topics[i].partition_cnt < 1) {
        snprintf(error, error_size, "topic '%s' at %s cannot be used: %s", topic, client->settings->broker,
                 rd_kafka_err2str(metadata->topics[i].err));
    } else {
        *partition_count = metadata->topics[i].partition_cnt;
        status = CLIENT_OPENED;
    }
    rd_kafka_metadata_destroy(metadata);
    return status;
}

client_status_t client_open(client_t *client, const client_kind_t *kind, const client_settings_t *settings,
                            const char *topic, int *partition_count, char *error, size_t error_size)
{
    *client = (client_t){.settings = settings, .owner = kind->owner};
    if (!create(client, kind, error, error_size)) return CLIENT_BAD_PROPERTY;
    client_status_t status = find_topic(client, topic, partition_count, error, error_size);
    if (status == CLIENT_OPENED) client->complained = false; /* it answered in the end */
    return status;
}

void client_close(client_t *client)
{
    if (client->handle != NULL) rd_kafka_destroy(client->handle);
    client->handle = NULL;
}
