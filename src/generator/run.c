#include "generator/run.h"

#include "common/interrupt.h"
#include "common/log.h"
#include "common/random.h"
#include "common/status_line.h"
#include "generator/event.h"
#include "generator/keys.h"
#include "generator/status.h"

#include <stdio.h>
#include <time.h>

enum {
    VALUE_MAXIMUM = 1000,
    STATUS_SIZE = 256,
    QUEUE_WAIT_MS = 5,
    FLUSH_STEP_MS = 100,
    FLUSH_SILENT_STEPS = 20,   /* then the user learns what is waited for */
    FLUSH_PATIENCE_STEPS = 600 /* without any progress */
};

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t millisecond_ns = INT64_C(1000000);

/* How long the generator sleeps at most: delivery reports and the status line must not wait for a rare
 * event. */
static const int64_t nap_ns = INT64_C(100000000);

/* Keeps the values apart from the arrivals of the same seed: see random_seed(). */
static const uint64_t value_stream = 3;

typedef struct {
    const run_request_t *request;
    arrivals_t arrivals;
    producer_t *producer;
    event_writer_t *writer;
    keys_t *keys; /* NULL: events without a key */
    pace_t pace;
    status_line_t status_line;
    random_t random;
    int64_t start_ns;   /* monotonic */
    int64_t started_ns; /* wall, since the epoch */
    int64_t now_ns;     /* when the clock was last read, since the start */
    int64_t serviced_ns;
    double target_per_s;
    double lateness_sum_ms;
    run_report_t *report;
} run_t;

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

static int64_t read_clock(run_t *run)
{
    return run->now_ns = clock_ns(CLOCK_MONOTONIC) - run->start_ns;
}

/* Called by the client while it is polled. */
static void note_acknowledged(void *context, uintptr_t ticket)
{
    run_t *run = context;
    pace_acknowledge(&run->pace, ticket, read_clock(run));
}

static void sleep_until(const run_t *run, int64_t time_ns)
{
    int64_t target_ns = run->start_ns + time_ns;
    struct timespec target = {.tv_sec = target_ns / second_ns, .tv_nsec = target_ns % second_ns};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target,
                          NULL); /* an early end is noticed by the caller */
}

/* Everything that must go on besides sending. `due_ns`: scheduled time of the next event. */
static void service(run_t *run, int64_t due_ns)
{
    if (run->now_ns - run->serviced_ns < millisecond_ns) return;
    run->serviced_ns = run->now_ns;
    producer_poll(run->producer, 0);
    const char *warning = producer_take_warning(run->producer);
    if (warning != NULL) {
        status_line_end(&run->status_line);
        log_line(LOG_WARNING, "Generator", "Kafka: %s; unsent events are kept and tried again", warning);
    }
    int64_t now_ns = read_clock(run), left_ns = run->arrivals.end_ns - now_ns;
    status_t status = {
        .sent = run->report->sent,
        .expected = run->report->expected_events,
        .target_per_s = run->target_per_s,
        .lag_ms = now_ns > due_ns ? (now_ns - due_ns) / millisecond_ns : 0,
        .failed = producer_counts(run->producer)->failed,
        .left_ns = left_ns > 0 ? left_ns : 0,
    };
    double rate_per_s;
    if (!status_line_due(&run->status_line, now_ns, status.sent, &rate_per_s)) return;
    char text[STATUS_SIZE];
    status_format(&status, rate_per_s, text, sizeof text);
    status_line_show(&run->status_line, text);
}

static bool is_stopped(const run_t *run)
{
    return interrupt_count() > 0 || producer_counts(run->producer)->fatal;
}

/* False when the run is to stop. The clock was read when the event before was sent: at high rates, when many
 * events are due at once, that is one reading an event. */
static bool wait_until(run_t *run, int64_t due_ns)
{
    int64_t wake_ns = (due_ns + millisecond_ns - 1) / millisecond_ns * millisecond_ns;
    service(run, due_ns);
    while (run->now_ns < due_ns && !is_stopped(run)) {
        int64_t next_ns = run->now_ns + nap_ns;
        sleep_until(run, wake_ns < next_ns ? wake_ns : next_ns);
        read_clock(run);
        service(run, due_ns);
    }
    return !is_stopped(run);
}

static void note_sent(run_t *run, int64_t due_ns)
{
    run->report->sent++;
    pace_send(&run->pace, read_clock(run));
    double lateness_ms = (double)(run->now_ns - due_ns) / (double)millisecond_ns;
    run->lateness_sum_ms += lateness_ms;
    if (lateness_ms > run->report->max_lateness_ms) run->report->max_lateness_ms = lateness_ms;
}

static bool try_to_send(run_t *run, producer_event_t *event, int64_t due_ns)
{
    event->ticket = pace_ticket(due_ns, run->now_ns);
    return producer_send(run->producer, event);
}

/* False when the run is to stop. */
static bool send_event(run_t *run, const arrival_t *arrival)
{
    generated_event_t content = {
        .timestamp_ms = (run->started_ns + arrival->time_ns) / millisecond_ns,
        .value = 1 + (int64_t)random_below(&run->random, VALUE_MAXIMUM),
        .rate_per_s = arrival->rate_per_s,
        .second = arrival->time_ns / second_ns,
    };
    producer_event_t event = {.timestamp_ms = content.timestamp_ms};
    event.value = event_write(run->writer, &content, &event.value_length);
    if (run->keys != NULL) event.key = keys_next(run->keys, &event.key_length);
    run->target_per_s = arrival->rate_per_s;
    if (!try_to_send(run, &event, arrival->time_ns)) {
        run->report->queue_full++;
        do {
            if (is_stopped(run)) return false;
            producer_poll(run->producer, QUEUE_WAIT_MS);
            read_clock(run);
            service(run, arrival->time_ns);
        } while (!try_to_send(run, &event, arrival->time_ns));
    }
    note_sent(run, arrival->time_ns);
    return true;
}

/* A run that was stopped while it was behind owes the events that were due by then. */
static void plan_what_was_due(run_t *run)
{
    int interrupts = interrupt_count();
    arrival_t arrival;
    while (interrupt_count() == interrupts && arrivals_next(&run->arrivals, &arrival) &&
           arrival.time_ns < run->now_ns)
        pace_plan(&run->pace, arrival.time_ns);
}

/* Returns how many seconds of the plan have passed. */
static size_t send_all(run_t *run)
{
    int64_t end_ns = run->arrivals.end_ns;
    run->start_ns = clock_ns(CLOCK_MONOTONIC);
    run->started_ns = clock_ns(CLOCK_REALTIME);
    bool going = true;
    for (arrival_t arrival; going && arrivals_next(&run->arrivals, &arrival);) {
        pace_plan(&run->pace, arrival.time_ns);
        going = wait_until(run, arrival.time_ns) && send_event(run, &arrival);
    }
    if (going && wait_until(run, end_ns)) return pace_passed_seconds(&run->pace, end_ns, end_ns);
    read_clock(run);
    plan_what_was_due(run);
    return pace_passed_seconds(&run->pace, run->now_ns, end_ns);
}

/* Waits for outstanding deliveries; an interrupt from now on ends that too. */
static void settle(run_t *run)
{
    int interrupts = interrupt_count();
    size_t open, open_before = 0;
    int steps = 0, steps_without_progress = 0;
    while ((open = producer_flush(run->producer, FLUSH_STEP_MS)) > 0) {
        if (interrupt_count() > interrupts || ++steps_without_progress > FLUSH_PATIENCE_STEPS) break;
        if (open != open_before) steps_without_progress = 0;
        open_before = open;
        if (++steps == FLUSH_SILENT_STEPS && !run->request->quiet)
            log_line(LOG_INFO, "Generator",
                     "waiting until Kafka acknowledges %zu events; Ctrl-C gives them up", open);
    }
    producer_give_up(run->producer);
}

static void send_and_report(run_t *run)
{
    run_report_t *report = run->report;
    status_line_begin(&run->status_line, run->request->quiet);
    size_t passed = send_all(run);
    status_line_end(&run->status_line);
    settle(run);
    report->started_ms = run->started_ns / millisecond_ns;
    report->elapsed_s = (double)read_clock(run) / 1e9;
    report->mean_lateness_ms = report->sent > 0 ? run->lateness_sum_ms / (double)report->sent : 0;
    report->counts = *producer_counts(run->producer);
    report->pace = pace_judge(&run->pace, passed);
    if (run->request->seconds_file != NULL) pace_print(&run->pace, passed, run->request->seconds_file);
}

static bool allocate(run_t *run, char *error, size_t error_size)
{
    const run_request_t *request = run->request;
    run->writer = event_writer_new(request->payload_bytes);
    if (run->writer == NULL) {
        snprintf(error, error_size, "not enough memory for a payload of %zu bytes", request->payload_bytes);
        return false;
    }
    if (request->keys > 0) run->keys = keys_new(request->keys, request->key_skew, request->seed);
    if (request->keys > 0 && run->keys == NULL) {
        snprintf(error, error_size, "not enough memory for %zu keys", request->keys);
        return false;
    }
    if (!pace_begin(&run->pace, request->arrivals.end_ns)) {
        snprintf(error, error_size, "not enough memory to keep count of a run of %.0f s",
                 (double)request->arrivals.end_ns / 1e9);
        return false;
    }
    return true;
}

client_status_t run_generator(const run_request_t *request, run_report_t *report, char *error,
                              size_t error_size)
{
    *report = (run_report_t){.expected_events = arrivals_expected_events(&request->arrivals)};
    run_t run = {.request = request, .arrivals = request->arrivals, .report = report};
    random_seed(&run.random, request->seed, value_stream);
    producer_request_t kafka = {
        .client = request->client,
        .topic = request->topic,
        .acknowledged = note_acknowledged,
        .context = &run,
    };
    client_status_t status = CLIENT_UNAVAILABLE;
    if (allocate(&run, error, error_size)) status = producer_open(&kafka, &run.producer, error, error_size);
    if (status == CLIENT_OPENED) send_and_report(&run);
    producer_close(run.producer);
    event_writer_free(run.writer);
    keys_free(run.keys);
    pace_end(&run.pace);
    return status;
}
