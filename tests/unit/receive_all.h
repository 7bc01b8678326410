/*
 * A consumer of all that has arrived at the mock broker.
 */
#ifndef ADAPTIVESTREAM_TESTS_RECEIVE_ALL_H
#define ADAPTIVESTREAM_TESTS_RECEIVE_ALL_H

#include "mock_broker.h"

/* Called for each message. */
typedef void receive_t(const rd_kafka_message_t *message, void *context);

static void receive_partition(rd_kafka_t *consumer, int partition, receive_t *receive, void *context)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic_name, partition)->offset = 0;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    for (bool end = false; !end;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 30000);
        assert_non_null(message);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            end = true;
        else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            receive(message, context);
        rd_kafka_message_destroy(message);
    }
}

/* One partition after the other. */
static void receive_all(const broker_t *broker, receive_t *receive, void *context)
{
    char error[256];
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    const char *const properties[][2] = {
        {"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(broker->cluster)},
        {"group.id", "test"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", "earliest"},
    };
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        rd_kafka_conf_set(config, properties[i][0], properties[i][1], error, sizeof error);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, config, error, sizeof error);
    assert_non_null(consumer);
    for (int partition = 0; partition < PARTITIONS; partition++)
        receive_partition(consumer, partition, receive, context);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

#endif
