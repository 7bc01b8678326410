/* The generator against librdkafka's own mock broker: what arrives, when, and what is said when it does
 * not. */
/* links: generator traffic common */
#include "generator/event.h"
#include "generator/interrupt.h"
#include "generator/report.h"
#include "generator/run.h"
#include "generator/status_line.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { PARTITIONS = 2, EVENTS_MAXIMUM = 4096, TEXT_SIZE = 1024, PRODUCE_REQUEST = 0 };

static const char topic_name[] = "adaptive-stream";

typedef struct {
    rd_kafka_t *owner;
    rd_kafka_mock_cluster_t *cluster;
} broker_t;

typedef struct {
    int64_t times_ms[EVENTS_MAXIMUM]; /* of all partitions, one partition after the other */
    int64_t value_times_ms[EVENTS_MAXIMUM];
    size_t counts[PARTITIONS];
    size_t total;
} received_t;

static int start_broker(void **state)
{
    char error[TEXT_SIZE];
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

static run_request_t request_of(const broker_t *broker, const shape_t *shape)
{
    run_request_t request = {
        .kafka = {.broker = rd_kafka_mock_cluster_bootstraps(broker->cluster), .topic = topic_name},
        .seed = 1,
        .payload_bytes = 10,
        .quiet = true,
    };
    arrivals_of_shape(&request.arrivals, shape, SHAPE_FOREVER_NS, SPACING_POISSON, 1);
    return request;
}

static shape_t shape_of(const char *text)
{
    shape_t shape = {0};
    char error[TEXT_SIZE] = "";
    if (!shape_parse(text, &shape, error, sizeof error)) fail_msg("%s", error);
    return shape;
}

static uint64_t count_of(arrivals_t arrivals)
{
    uint64_t count = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);)
        count++;
    return count;
}

static run_report_t run(const run_request_t *request)
{
    run_report_t report;
    char error[TEXT_SIZE] = "";
    if (run_generator(request, &report, error, sizeof error) != PRODUCER_OPENED) fail_msg("%s", error);
    return report;
}

static void receive_message(received_t *received, const rd_kafka_message_t *message)
{
    assert_true(received->total < EVENTS_MAXIMUM);
    rd_kafka_timestamp_type_t type;
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)message->len, (const char *)message->payload);
    double ts;
    assert_int_equal(sscanf(text, "{\"ts\":%lf,", &ts), 1);
    received->times_ms[received->total] = rd_kafka_message_timestamp(message, &type);
    received->value_times_ms[received->total] = (int64_t)(ts * 1000 + 0.5);
    assert_int_equal(type, RD_KAFKA_TIMESTAMP_CREATE_TIME);
    assert_null(message->key);
    received->total++;
    received->counts[message->partition]++;
}

static void receive_partition(received_t *received, rd_kafka_t *consumer, int partition)
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
            receive_message(received, message);
        rd_kafka_message_destroy(message);
    }
}

static void receive_all(const broker_t *broker, received_t *received)
{
    char error[TEXT_SIZE];
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
    memset(received, 0, sizeof *received);
    for (int partition = 0; partition < PARTITIONS; partition++)
        receive_partition(received, consumer, partition);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Every arrival is in the topic once, stamped with its scheduled time however late it was sent. */
static void check_received(const broker_t *broker, const run_request_t *request, const run_report_t *report)
{
    static received_t received;
    receive_all(broker, &received);
    assert_int_equal(received.total, count_of(request->arrivals));
    assert_in_range(received.counts[0], received.total / 2, received.total / 2 + 1);
    assert_memory_equal(received.times_ms, received.value_times_ms, received.total * sizeof(int64_t));

    qsort(received.times_ms, received.total, sizeof(int64_t), compare);
    arrivals_t arrivals = request->arrivals;
    arrival_t arrival;
    for (size_t i = 0; arrivals_next(&arrivals, &arrival); i++) {
        int64_t due_ms = report->started_ms + arrival.time_ns / 1000000;
        assert_in_range(received.times_ms[i], due_ms, due_ms + 1); /* the start is between two milliseconds */
    }
}

static void test_events_arrive_as_scheduled(void **state)
{
    shape_t shape = shape_of("phases=200x0.5,2000x0.2,0x0.1,50x0.2");
    run_request_t request = request_of(*state, &shape);
    run_report_t report = run(&request);
    assert_int_equal(report.sent, count_of(request.arrivals));
    assert_int_equal(report.counts.delivered, report.sent);
    assert_int_equal(report.counts.failed, 0);
    assert_true(report.elapsed_s >= 1.0);
    assert_true(report.mean_lateness_ms >= 0 && report.max_lateness_ms >= report.mean_lateness_ms);
    check_received(*state, &request, &report);
}

/* A broker far too slow for the traffic delays events but neither loses them nor moves their time stamps. */
static void test_full_queue_keeps_the_schedule(void **state)
{
    broker_t *broker = *state;
    static const char *const properties[] = {"queue.buffering.max.messages=20", "linger.ms=0"};
    shape_t shape = shape_of("phases=2000x0.3");
    run_request_t request = request_of(broker, &shape);
    request.kafka.properties = properties;
    request.kafka.property_count = 2;
    rd_kafka_mock_broker_set_rtt(broker->cluster, 1, 50);
    run_report_t report = run(&request);
    rd_kafka_mock_broker_set_rtt(broker->cluster, 1, 0);
    assert_true(report.queue_full > 0);
    assert_true(report.max_lateness_ms > 50);
    assert_int_equal(report.counts.delivered, report.sent);
    check_received(broker, &request, &report);
}

static void test_failures_are_counted(void **state)
{
    broker_t *broker = *state;
    static const char *const properties[] = {"enable.idempotence=false"};
    shape_t shape = shape_of("phases=500x0.5");
    run_request_t request = request_of(broker, &shape);
    request.kafka.properties = properties;
    request.kafka.property_count = 1;
    rd_kafka_mock_push_request_errors(broker->cluster, PRODUCE_REQUEST, 1,
                                      RD_KAFKA_RESP_ERR_POLICY_VIOLATION);
    run_report_t report = run(&request);
    assert_true(report.counts.failed > 0 && report.counts.delivered > 0);
    assert_int_equal(report.counts.delivered + report.counts.failed, report.sent);
    assert_non_null(strstr(report.counts.first_failure, "Policy violation"));
}

static void test_too_large_event_fails_alone(void **state)
{
    shape_t shape = shape_of("phases=100x0.1");
    run_request_t request = request_of(*state, &shape);
    static const char *const properties[] = {"message.max.bytes=1000"};
    request.kafka.properties = properties;
    request.kafka.property_count = 1;
    request.payload_bytes = 2000;
    run_report_t report = run(&request);
    assert_true(report.sent > 0);
    assert_int_equal(report.counts.failed, report.sent);
    assert_non_null(strstr(report.counts.first_failure, "too large"));
}

/* The run does not begin, and the message holds every one of the three texts. */
static void check_refused(const run_request_t *request, producer_status_t status, const char *first,
                          const char *second, const char *third)
{
    run_report_t report;
    char error[TEXT_SIZE] = "";
    assert_int_equal(run_generator(request, &report, error, sizeof error), status);
    if (!strstr(error, first) || !strstr(error, second) || !strstr(error, third)) fail_msg("%s", error);
}

static void test_missing_topic(void **state)
{
    shape_t shape = shape_of("phases=100x0.1");
    run_request_t request = request_of(*state, &shape);
    request.kafka.topic = "adaptive-steam";
    /* Twice: asking must not have created it. */
    check_refused(&request, PRODUCER_UNAVAILABLE, "no topic 'adaptive-steam'",
                  "did you mean 'adaptive-stream'", request.kafka.broker);
    check_refused(&request, PRODUCER_UNAVAILABLE, "no topic 'adaptive-steam'", "--create", "--partitions");
    request.kafka.topic = "quite-another";
    check_refused(&request, PRODUCER_UNAVAILABLE, "no topic 'quite-another'", "", "");
}

static void test_wrong_properties(void **state)
{
    shape_t shape = shape_of("phases=100x0.1");
    run_request_t request = request_of(*state, &shape);
    static const char *const wrong[] = {"linger.mss=5", "linger.ms=soon", "linger.ms", "=5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        request.kafka.properties = &wrong[i];
        request.kafka.property_count = 1;
        check_refused(&request, PRODUCER_BAD_PROPERTY, "Kafka property", wrong[i], "");
    }
}

static void test_event_text(void **state)
{
    (void)state;
    event_writer_t *writer = event_writer_new(4);
    generated_event_t event = {.timestamp_ms = 1735689600125, .value = 417, .rate_per_s = 200, .second = 12};
    size_t length;
    const char *text = event_write(writer, &event, &length);
    assert_string_equal(text, "{\"ts\":1735689600.125,\"value\":417,\"rate_target\":200,\"second\":12,"
                              "\"payload\":\"xxxx\"}");
    assert_int_equal(length, strlen(text));
    event_writer_free(writer);

    writer = event_writer_new(EVENT_PAYLOAD_MAXIMUM);
    event = (generated_event_t){INT64_MAX / 2, INT64_MIN, SHAPE_RATE_MAXIMUM_PER_S / 3, INT64_MAX};
    text = event_write(writer, &event, &length);
    assert_true(length > EVENT_PAYLOAD_MAXIMUM);
    assert_string_equal(text + length - 3, "x\"}");
    event_writer_free(writer);
}

static void test_status_text(void **state)
{
    (void)state;
    status_t status = {
        .sent = 1234,
        .expected = 106350,
        .target_per_s = 200,
        .lag_ms = 3,
        .failed = 1,
        .left_ns = INT64_C(125400000000),
    };
    char text[TEXT_SIZE];
    status_format(&status, 203.4, text, sizeof text);
    assert_string_equal(text,
                        "sent 1234 of about 106350, 203/s (target 200/s), lag 3 ms, failed 1, 2:06 left");
}

static void test_report_json(void **state)
{
    (void)state;
    run_request_t request = {.kafka = {.topic = "t\"1", .broker = "b:1"}, .seed = 7};
    run_report_t report = {.started_ms = 5, .elapsed_s = 1.5, .expected_events = 10, .sent = 9};
    report.counts.delivered = 8;
    report.counts.failed = 1;
    strcpy(report.counts.first_failure, "late");
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    report_print_json(&request, &report, true, out);
    fclose(out);
    assert_string_equal(text, "{\"started_ms\":5,\"elapsed_s\":1.5,\"seed\":7,\"expected\":10,\"sent\":9,"
                              "\"delivered\":8,\"failed\":1,\"first_failure\":\"late\",\"queue_full\":0,"
                              "\"lateness_mean_ms\":0,\"lateness_max_ms\":0,\"interrupted\":true,"
                              "\"topic\":\"t\\\"1\",\"broker\":\"b:1\"}\n");
    free(text);
}

/* Last, for an interrupt is never forgotten. A run of an hour ends at once, with all it had sent
 * delivered. */
static void test_interrupt_stops_and_delivers(void **state)
{
    shape_t shape = shape_of("phases=500x3600");
    run_request_t request = request_of(*state, &shape);
    interrupt_install();
    assert_int_equal(interrupt_exit_code(), 0);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGINT};
    timer_t timer;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    struct itimerspec when = {.it_value = {.tv_nsec = 500000000}};
    assert_int_equal(timer_settime(timer, 0, &when, NULL), 0);
    run_report_t report = run(&request);
    timer_delete(timer);
    assert_int_equal(interrupt_count(), 1);
    assert_int_equal(interrupt_exit_code(), 130);
    assert_true((double)report.sent < report.expected_events);
    assert_int_equal(report.counts.delivered, report.sent);
    assert_int_equal(report.counts.failed, 0);
}

#define WITH_BROKER(test) cmocka_unit_test_setup_teardown(test, start_broker, stop_broker)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BROKER(test_events_arrive_as_scheduled),
        WITH_BROKER(test_full_queue_keeps_the_schedule),
        WITH_BROKER(test_failures_are_counted),
        WITH_BROKER(test_too_large_event_fails_alone),
        WITH_BROKER(test_missing_topic),
        WITH_BROKER(test_wrong_properties),
        cmocka_unit_test(test_event_text),
        cmocka_unit_test(test_status_text),
        cmocka_unit_test(test_report_json),
        WITH_BROKER(test_interrupt_stops_and_delivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
