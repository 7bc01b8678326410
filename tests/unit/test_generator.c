/* The generator against librdkafka's own mock broker: what arrives, when, and what is said when it does
 * not. */
/* links: generator traffic common */
#include "common/interrupt.h"
#include "generator/event.h"
#include "generator/report.h"
#include "generator/run.h"
#include "generator/status.h"

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
/* and this one needs cmocka.h */
#include "receive_all.h"

enum { EVENTS_MAXIMUM = 4096, TEXT_SIZE = 1024, PRODUCE_REQUEST = 0 };

typedef struct {
    int64_t times_ms[EVENTS_MAXIMUM]; /* of all partitions, one partition after the other */
    int64_t value_times_ms[EVENTS_MAXIMUM];
    size_t counts[PARTITIONS];
    size_t total;
} received_t;

static run_request_t request_of(const broker_t *broker, const shape_t *shape)
{
    run_request_t request = {
        .client = {.broker = rd_kafka_mock_cluster_bootstraps(broker->cluster)},
        .topic = topic_name,
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
    if (run_generator(request, &report, error, sizeof error) != CLIENT_OPENED) fail_msg("%s", error);
    return report;
}

static void receive_message(const rd_kafka_message_t *message, void *context)
{
    received_t *received = context;
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

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Every arrival is in the topic once, stamped with its scheduled time however late it was sent. */
static void check_received(const broker_t *broker, const run_request_t *request, const run_report_t *report)
{
    static received_t received;
    memset(&received, 0, sizeof received);
    receive_all(broker, receive_message, &received);
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
    request.client.arguments = properties;
    request.client.argument_count = 2;
    rd_kafka_mock_broker_set_rtt(broker->cluster, 1, 50);
    run_report_t report = run(&request);
    rd_kafka_mock_broker_set_rtt(broker->cluster, 1, 0);
    assert_true(report.queue_full > 0);
    assert_true(report.max_lateness_ms > 50);
    assert_int_equal(report.pace.seconds, 1);
    assert_int_equal(report.counts.delivered, report.sent);
    check_received(broker, &request, &report);
}

/* Handed over in time, but not acknowledged within a second: the target was not held. */
static void test_slow_broker_is_noticed(void **state)
{
    broker_t *broker = *state;
    shape_t shape = shape_of("phases=100x0.3");
    run_request_t request = request_of(broker, &shape);
    /* The client has at most five requests under way: what comes later waits for one of these. */
    rd_kafka_mock_broker_push_request_error_rtts(broker->cluster, 1, PRODUCE_REQUEST, 5, 0, 1200, 0, 1200, 0,
                                                 1200, 0, 1200, 0, 1200);
    run_report_t report = run(&request);
    assert_int_equal(report.counts.delivered, report.sent);
    assert_int_equal(report.queue_full, 0);
    assert_int_equal(report.pace.seconds, 1);
    assert_int_equal(report.pace.missed, 1);
    assert_int_equal(report.pace.worst_planned, report.sent);
    assert_int_equal(report.pace.worst_in_time, 0);
}

static void test_seconds_are_written(void **state)
{
    shape_t shape = shape_of("phases=200x1.2");
    run_request_t request = request_of(*state, &shape);
    arrivals_of_shape(&request.arrivals, &shape, SHAPE_FOREVER_NS, SPACING_REGULAR, 1);
    char *text = NULL;
    size_t size;
    request.seconds_file = open_memstream(&text, &size);
    run_report_t report = run(&request);
    fclose(request.seconds_file);
    assert_int_equal(report.sent, 240);
    assert_int_equal(report.pace.seconds, 2);
    int sent[2], in_time[2], end = 0;
    sscanf(text, "second,planned,sent,in_time\n0,200,%d,%d\n1,40,%d,%d\n%n", &sent[0], &in_time[0], &sent[1],
           &in_time[1], &end);
    if ((size_t)end != size) fail_msg("%s", text);
    assert_true(sent[0] <= 200 && in_time[0] <= 200 && in_time[1] <= 40);
    assert_true(sent[0] + sent[1] <= 240);
    free(text);
}

static void test_failures_are_counted(void **state)
{
    broker_t *broker = *state;
    static const char *const properties[] = {"enable.idempotence=false"};
    shape_t shape = shape_of("phases=500x0.5");
    run_request_t request = request_of(broker, &shape);
    request.client.arguments = properties;
    request.client.argument_count = 1;
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
    request.client.arguments = properties;
    request.client.argument_count = 1;
    request.payload_bytes = 2000;
    run_report_t report = run(&request);
    assert_true(report.sent > 0);
    assert_int_equal(report.counts.failed, report.sent);
    assert_non_null(strstr(report.counts.first_failure, "too large"));
}

/* The run does not begin, and the message holds every one of the three texts. */
static void check_refused(const run_request_t *request, client_status_t status, const char *first,
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
    request.topic = "adaptive-steam";
    /* Twice: asking must not have created it. */
    check_refused(&request, CLIENT_UNAVAILABLE, "no topic 'adaptive-steam'", "did you mean 'adaptive-stream'",
                  request.client.broker);
    check_refused(&request, CLIENT_UNAVAILABLE, "no topic 'adaptive-steam'", "--create", "--partitions");
    request.topic = "quite-another";
    check_refused(&request, CLIENT_UNAVAILABLE, "no topic 'quite-another'", "", "");
}

static void test_wrong_properties(void **state)
{
    shape_t shape = shape_of("phases=100x0.1");
    run_request_t request = request_of(*state, &shape);
    static const struct {
        const char *text, *mentions[2];
    } wrong[] = {
        {"batch.sise=5", {"batch.sise", "did you mean batch.size?"}},
        {"linger.ms=soon", {"linger.ms=soon", "-X"}},
        {"security.protocol=SSLL", {"security.protocol=SSLL", "-X"}},
        {"linger.ms", {"key=value", "-X"}},
        {"=5", {"key=value", "-X"}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        request.client.arguments = &wrong[i].text;
        request.client.argument_count = 1;
        check_refused(&request, CLIENT_BAD_PROPERTY, "Kafka property", wrong[i].mentions[0],
                      wrong[i].mentions[1]);
    }
}

/* However wrong the property is that a secret was meant for. */
static void test_secrets_are_not_shown(void **state)
{
    shape_t shape = shape_of("phases=100x0.1");
    run_request_t request = request_of(*state, &shape);
    static const char *const wrong[] = {
        "sasl.pasword=Hunter2",     "sasl.oauthbearer.method=Hunter2", "Hunter2", "Hunter2==",
        "sasl.jaas.config=Hunter2",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        run_report_t report;
        char error[TEXT_SIZE] = "";
        request.client.arguments = &wrong[i];
        request.client.argument_count = 1;
        assert_int_equal(run_generator(&request, &report, error, sizeof error), CLIENT_BAD_PROPERTY);
        if (strstr(error, "Hunter2") != NULL || error[0] == '\0') fail_msg("%s: %s", wrong[i], error);
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
    event.timestamp_ms = 1735689600120;
    event.rate_per_s = 99.5;
    text = event_write(writer, &event, &length);
    assert_non_null(strstr(text, "{\"ts\":1735689600.12,"));
    assert_non_null(strstr(text, ",\"rate_target\":99.5,"));
    event.timestamp_ms = 1735689600005;
    assert_non_null(strstr(event_write(writer, &event, &length), "{\"ts\":1735689600.005,"));
    event.timestamp_ms = 1735689600000;
    assert_non_null(strstr(event_write(writer, &event, &length), "{\"ts\":1735689600,"));
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
    run_request_t request = {.client = {.broker = "b:1"}, .topic = "t\"1", .seed = 7};
    run_report_t report = {.started_ms = 5, .elapsed_s = 1.5, .expected_events = 10, .sent = 9};
    report.counts.delivered = 8;
    report.counts.failed = 1;
    strcpy(report.counts.first_failure, "late");
    report.pace = (pace_verdict_t){
        .seconds = 4, .missed = 2, .worst_second = 3, .worst_planned = 400, .worst_in_time = 300};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    report_print_json(&request, &report, true, out);
    fclose(out);
    assert_string_equal(text,
                        "{\"started_ms\":5,\"elapsed_s\":1.5,\"seed\":7,\"expected\":10,\"sent\":9,"
                        "\"delivered\":8,\"failed\":1,\"first_failure\":\"late\",\"queue_full\":0,"
                        "\"lateness_mean_ms\":0,\"lateness_max_ms\":0,\"seconds\":4,\"seconds_missed\":2,"
                        "\"worst_second\":3,\"worst_planned\":400,\"worst_in_time\":300,"
                        "\"worst_shortfall\":0.25,\"interrupted\":true,"
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
    struct itimerspec when = {.it_value = {.tv_sec = 3}};
    assert_int_equal(timer_settime(timer, 0, &when, NULL), 0);
    run_report_t report = run(&request);
    timer_delete(timer);
    assert_int_equal(interrupt_count(), 1);
    assert_int_equal(interrupt_exit_code(), 130);
    assert_true((double)report.sent < report.expected_events);
    assert_int_equal(report.counts.delivered, report.sent);
    assert_int_equal(report.counts.failed, 0);
    assert_true((double)report.pace.seconds <= report.elapsed_s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BROKER(test_events_arrive_as_scheduled),
        WITH_BROKER(test_full_queue_keeps_the_schedule),
        WITH_BROKER(test_slow_broker_is_noticed),
        WITH_BROKER(test_seconds_are_written),
        WITH_BROKER(test_failures_are_counted),
        WITH_BROKER(test_too_large_event_fails_alone),
        WITH_BROKER(test_missing_topic),
        WITH_BROKER(test_wrong_properties),
        WITH_BROKER(test_secrets_are_not_shown),
        cmocka_unit_test(test_event_text),
        cmocka_unit_test(test_status_text),
        cmocka_unit_test(test_report_json),
        WITH_BROKER(test_interrupt_stops_and_delivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
