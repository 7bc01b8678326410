/* Recording a topic of librdkafka's own mock broker: what the trace holds, also after gaps, outages and restarts. */
/* links: benchmark */
#include "benchmark/record.h"
#include "benchmark/record_file.h"
#include "common/interrupt.h"
#include "traffic/trace.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>
/* and this one needs cmocka.h */
#include "full_disk.h"
#include "mock_broker.h"
#include "record_folder.h"

static int end_test(void **state)
{
    unlink(trace_path);
    unlink(state_path);
    return stop_broker(state);
}

static void sleep_ms(int ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

typedef struct {
    int64_t bins, events;
} recorded_t;

/* What the file holds by now: a recorder writes whole lines, every two seconds. */
static recorded_t recorded(void)
{
    recorded_t result = {-1, 0}; /* the header */
    char line[64];
    FILE *file = fopen(trace_path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL) {
        result.bins++;
        result.events += strtoll(line, NULL, 10);
    }
    if (file != NULL) fclose(file);
    return result;
}

/* For the threads beside a recording. At the deadline they just go on: the assertions of the test then fail. */
static void wait_for(recorded_t least)
{
    enum { DEADLINE_MS = 30000, STEP_MS = 5 };
    for (int i = 0; i < DEADLINE_MS / STEP_MS; i++) {
        const recorded_t now = recorded();
        if (access(state_path, F_OK) == 0 && now.bins >= least.bins && now.events >= least.events) return;
        sleep_ms(STEP_MS);
    }
}

/* From its first state on everything counts that comes. */
static void wait_for_recording(void)
{
    wait_for((recorded_t){0, 0});
}

static rd_kafka_t *new_producer(const broker_t *broker)
{
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    rd_kafka_conf_set(config, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(broker->cluster), error,
                      sizeof error);
    rd_kafka_conf_set(config, "linger.ms", "0", error, sizeof error);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, config, error, sizeof error);
    assert_non_null(producer);
    return producer;
}

static void send_events(rd_kafka_t *producer, int count)
{
    for (int i = 0; i < count; i++) {
        static char value[] = "x"; /* read by the client's thread */
        assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic_name),
                                           RD_KAFKA_V_PARTITION(i % PARTITIONS), RD_KAFKA_V_VALUE(value, 1),
                                           RD_KAFKA_V_END),
                         0);
    }
    assert_int_equal(rd_kafka_flush(producer, 10000), 0);
}

static void send_once(const broker_t *broker, int count)
{
    rd_kafka_t *producer = new_producer(broker);
    send_events(producer, count);
    rd_kafka_destroy(producer);
}

static record_request_t request_of(const broker_t *broker, double seconds)
{
    return (record_request_t){
        .client = {.broker = rd_kafka_mock_cluster_bootstraps(broker->cluster)},
        .topic = topic_name,
        .path = trace_path,
        .bin_ns = bin_ns,
        .duration_ns = (int64_t)(seconds * 1e9),
        .quiet = true,
    };
}

static record_report_t record(const record_request_t *request)
{
    record_report_t report;
    error[0] = '\0';
    if (record_run(request, &report, error, sizeof error) != CLIENT_OPENED || report.failed)
        fail_msg("%s", error);
    return report;
}

static record_report_t record_for(const broker_t *broker, double seconds)
{
    record_request_t request = request_of(broker, seconds);
    return record(&request);
}

static trace_t load(void)
{
    trace_t trace;
    if (!trace_load(trace_path, bin_ns, &trace, error, sizeof error)) fail_msg("%s", error);
    return trace;
}

/* 60 events, then 40; nothing before and after, and between them at least the bin that was read without any. */
static void *send_two_lots(void *broker)
{
    rd_kafka_t *producer = new_producer(broker);
    wait_for_recording();
    send_events(producer, 60);
    wait_for((recorded_t){0, 60});
    wait_for((recorded_t){recorded().bins + 1, 60});
    send_events(producer, 40);
    rd_kafka_destroy(producer);
    return NULL;
}

static void test_arrivals_stand_in_their_bins(void **state)
{
    pthread_t sender;
    send_once(*state, 1000); /* before it: not counted */
    assert_int_equal(pthread_create(&sender, NULL, send_two_lots, *state), 0);
    record_report_t report = record_for(*state, 12); /* it is on disk every two seconds */
    pthread_join(sender, NULL);
    assert_int_equal(report.bins, 120);
    assert_int_equal(report.events, 100);
    assert_false(report.resumed);
    trace_t trace = load();
    assert_int_equal(trace.bin_count, 120);
    assert_int_equal(trace.total, 100);
    /* The first lot is all there before a bin without events, and the second one behind it. */
    uint64_t first_lot = 0;
    size_t i = 0;
    while (first_lot < 60 && i < trace.bin_count)
        first_lot += trace.counts[i++];
    assert_int_equal(first_lot, 60);
    assert_true(i < trace.bin_count && trace.counts[i] == 0);
    assert_in_range(report.peak, 10, 60);
    trace_free(&trace);
}

/* A whole second of no reading is shared out evenly. */
static void test_resuming_fills_the_gap(void **state)
{
    record_report_t report = record_for(*state, 0.5);
    assert_int_equal(report.bins, 5);
    send_once(*state, 2000);
    sleep_ms(1000);
    report = record_for(*state, 0.5);
    assert_true(report.resumed);
    assert_int_equal(report.events, 2000);
    assert_true(report.filled >= 10);
    assert_int_equal(report.file_events, 2000);
    assert_int_equal(report.file_bins, 5 + report.bins);
    trace_t trace = load();
    assert_int_equal(trace.bin_count, report.file_bins);
    assert_int_equal(trace.total, 2000);
    for (size_t i = 6; i < 5 + 9; i++)
        assert_in_range(trace.counts[i] + 1, trace.counts[6], trace.counts[6] + 2);
    trace_free(&trace);
    /* The next run adds nothing of it again. */
    assert_int_equal(record_for(*state, 0.1).events, 0);
}

static void *break_off(void *context)
{
    broker_t *broker = context;
    rd_kafka_t *producer = new_producer(broker);
    wait_for_recording();
    send_events(producer, 100);
    rd_kafka_mock_broker_set_down(broker->cluster, 1);
    sleep_ms(1500);
    rd_kafka_mock_broker_set_up(broker->cluster, 1);
    send_events(producer, 1000);
    rd_kafka_destroy(producer);
    return NULL;
}

static void test_an_outage_is_filled(void **state)
{
    pthread_t sender;
    assert_int_equal(pthread_create(&sender, NULL, break_off, *state), 0);
    record_report_t report = record_for(*state, 10);
    pthread_join(sender, NULL);
    assert_int_equal(report.events, 1100);
    assert_true(report.filled >= 10);
    assert_int_equal(report.bins, report.file_bins);
    assert_true(report.bins >= 60);
}

static void *fall_silent(void *context)
{
    broker_t *broker = context;
    wait_for((recorded_t){1, 0});
    rd_kafka_mock_broker_set_down(broker->cluster, 1);
    return NULL;
}

/* Slow: it waits for Kafka until ten seconds after its end. */
static void test_an_outage_at_the_end_is_a_failure(void **state)
{
    pthread_t breaker;
    record_request_t request = request_of(*state, 8);
    record_report_t report;
    assert_int_equal(pthread_create(&breaker, NULL, fall_silent, *state), 0);
    assert_int_equal(record_run(&request, &report, error, sizeof error), CLIENT_OPENED);
    pthread_join(breaker, NULL);
    assert_true(report.failed);
    assert_non_null(strstr(error, "does not answer"));
    assert_non_null(strstr(error, trace_path));
    assert_in_range(report.file_bins, 1, 79);
    broker_t *broker = *state;
    rd_kafka_mock_broker_set_up(broker->cluster, 1);
    assert_true(record_for(broker, 0.1).filled > 50);
}

/* Changes the state of the recording as a restart of something else would have. */
static void change_state(void (*change)(record_state_t *))
{
    record_state_t state;
    if (!record_state_load(&state, state_path, error, sizeof error)) fail_msg("%s", error);
    change(&state);
    if (!record_state_save(&state, state_path, error, sizeof error)) fail_msg("%s", error);
    record_state_free(&state);
}

static void had_more_events(record_state_t *state)
{
    state->ends.offsets[1] += 700;
}

static void had_one_partition(record_state_t *state)
{
    state->ends.count = 1;
}

static void was_elsewhere(record_state_t *state)
{
    strcpy(state->cluster, "another");
}

static void will_be(record_state_t *state)
{
    state->recording.end_ns += 1000 * INT64_C(10000000000);
    state->recording.read_ns += 1000 * INT64_C(10000000000);
}

static void was_a_year_ago(record_state_t *state)
{
    state->recording.end_ns -= 365 * 86400 * INT64_C(1000000000);
    state->recording.read_ns -= 365 * 86400 * INT64_C(1000000000);
}

static void test_a_topic_made_anew(void **state)
{
    send_once(*state, 100);
    record_for(*state, 0.2);
    change_state(had_more_events);
    send_once(*state, 10);
    record_report_t report = record_for(*state, 0.3);
    assert_int_equal(report.made_anew, 1);
    assert_int_equal(report.events, 5); /* those of the partition that did not run backwards */
    send_once(*state, 20);
    report = record_for(*state, 0.3);
    assert_int_equal(report.made_anew, 0);
    assert_int_equal(report.events, 20);
}

static void test_new_partitions_count_from_their_first_event(void **state)
{
    send_once(*state, 100);
    record_for(*state, 0.2);
    change_state(had_one_partition);
    record_report_t report = record_for(*state, 0.2);
    assert_int_equal(report.events, 50);
    assert_int_equal(report.made_anew, 0);
}

static void check_refused(const record_request_t *request, client_status_t status, const char *mention)
{
    record_report_t report;
    error[0] = '\0';
    assert_int_equal(record_run(request, &report, error, sizeof error), status);
    if (!strstr(error, mention)) fail_msg("%s", error);
}

static void test_what_it_cannot_go_on_with(void **state)
{
    record_request_t request = request_of(*state, 0.2);
    record(&request);
    change_state(will_be);
    check_refused(&request, CLIENT_UNAVAILABLE, "into the future");
    change_state(was_elsewhere);
    check_refused(&request, CLIENT_UNAVAILABLE, "another Kafka cluster (another, and");
}

/* A year in bins of 100 ms does not fit this disk. */
static void test_a_gap_larger_than_the_disk(void **state)
{
    record_request_t request = request_of(*state, 0.2);
    record(&request);
    change_state(was_a_year_ago);
    full_disk_begin(1000000);
    check_refused(&request, CLIENT_UNAVAILABLE, "cannot be written");
    full_disk_end();
    trace_t trace = load();
    assert_in_range(trace.bin_count, 400000, 500000);
    trace_free(&trace);
}

static void test_what_is_not_there(void **state)
{
    record_request_t request = request_of(*state, 0.2);
    request.topic = "adaptive-steam";
    check_refused(&request, CLIENT_UNAVAILABLE, "did you mean 'adaptive-stream'");
    request.topic = topic_name;
    request.client.arguments = (const char *const[]){"isolation.levle=read_committed"};
    request.client.argument_count = 1;
    check_refused(&request, CLIENT_BAD_PROPERTY, "did you mean isolation.level?");
    assert_int_equal(access(trace_path, F_OK), -1);
}

static void test_partitions_by_number(void **state)
{
    (void)state;
    int64_t before[] = {5, 7, 9}, now[] = {6, 7, 19, 4}, less[] = {6, 6, 9};
    bool backwards;
    end_offsets_t a = {before, 3}, b = {now, 4}, c = {less, 3}, none = {NULL, 0};
    assert_int_equal(end_offsets_arrived(&a, &b, &backwards), 1 + 10 + 4);
    assert_false(backwards);
    assert_int_equal(end_offsets_arrived(&a, &c, &backwards), 1);
    assert_true(backwards);
    assert_int_equal(end_offsets_arrived(&b, &a, &backwards), 0);
    assert_true(backwards);
    assert_int_equal(end_offsets_arrived(&none, &b, &backwards), 36);
    assert_false(backwards);
}

static void *interrupt(void *context)
{
    wait_for((recorded_t){1, 0});
    kill(getpid(), SIGTERM);
    return context;
}

/* Last, for an interrupt is never forgotten. */
static void test_an_interrupt_ends_it(void **state)
{
    pthread_t interrupter;
    interrupt_install();
    assert_int_equal(pthread_create(&interrupter, NULL, interrupt, NULL), 0);
    record_report_t report = record_for(*state, 0);
    pthread_join(interrupter, NULL);
    assert_int_equal(interrupt_count(), 1);
    assert_true(report.file_bins >= 1);
    trace_t trace = load();
    assert_int_equal(trace.bin_count, report.file_bins);
    trace_free(&trace);
}

#define WITH_TOPIC(test) cmocka_unit_test_setup_teardown(test, start_broker, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TOPIC(test_arrivals_stand_in_their_bins),
        WITH_TOPIC(test_resuming_fills_the_gap),
        WITH_TOPIC(test_an_outage_is_filled),
        WITH_TOPIC(test_an_outage_at_the_end_is_a_failure),
        WITH_TOPIC(test_a_topic_made_anew),
        WITH_TOPIC(test_new_partitions_count_from_their_first_event),
        WITH_TOPIC(test_what_it_cannot_go_on_with),
        WITH_TOPIC(test_a_gap_larger_than_the_disk),
        WITH_TOPIC(test_what_is_not_there),
        cmocka_unit_test(test_partitions_by_number),
        WITH_TOPIC(test_an_interrupt_ends_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
