/*
 * librdkafka's own mock broker with one topic, as cmocka's setup and teardown.
 */
#ifndef ADAPTIVESTREAM_TESTS_MOCK_BROKER_H
#define ADAPTIVESTREAM_TESTS_MOCK_BROKER_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

enum { PARTITIONS = 2 };

static const char topic_name[] = "adaptive-stream";

typedef struct {
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
} broker_t;

static int start_broker(void **state)
{
    char error[256];
    broker_t *broker = calloc(1, sizeof *broker);
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set(config, "log_level", "3", error,
                      sizeof error); /* it warns that it has no broker itself */
    broker->owner = rd_kafka_new(RD_KAFKA_PRODUCER, config, error, sizeof error);
    broker->cluster = rd_kafka_mock_cluster_new(broker->owner, 1);
    rd_kafka_mock_topic_create(broker->cluster, topic_name, PARTITIONS, 1);
    *state = broker;
    return 0;
}

static int stop_broker(void **state)
{
    broker_t *broker = *state;
    rd_kafka_mock_cluster_destroy(broker->cluster);
    rd_kafka_destroy(broker->owner);
    free(broker);
    return 0;
}

#define WITH_BROKER(test) cmocka_unit_test_setup_teardown(test, start_broker, stop_broker)

#endif
