#include "benchmark/record.h"

#include "benchmark/record_file.h"
#include "common/interrupt.h"
#include "common/log.h"
#include "common/status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    STATUS_SIZE = 256,
    REASON_SIZE = 512,
    READ_TIMEOUT_MS = 1000,
    LATE_BEGINNINGS = 10,
    MILLISECOND_NS = 1000000
};

#define SECONDS(n) ((n)*INT64_C(1000000000))

static const int64_t nap_ns = SECONDS(1) / 10;    /* how soon an interrupt is noticed */
static const int64_t retry_ns = SECONDS(1) / 2;   /* after a reading that failed */
static const int64_t patience_ns = SECONDS(10);   /* for the first reading, and for the last */
static const int64_t commit_ns = SECONDS(2);      /* this much is lost by a crash */
static const int64_t refresh_ns = SECONDS(5);     /* a new partition is seen by then */
static const int64_t reading_gap_ns = SECONDS(5); /* in bins that are longer */
static const int64_t clock_skew_ns = SECONDS(60); /* a resumed recording may lie this far ahead */

typedef struct {
    const record_request_t *request;
    record_report_t *report;
    record_file_t file;
    topic_watch_t watch;
    end_offsets_t ends; /* room for a reading */
    status_line_t status_line;
    int64_t wall_ns; /* wall time minus the steady clock, at the start */
    int64_t start_ns, stop_ns;
    int64_t committed_ns, refreshed_ns;
    int64_t outage_ns; /* the last reading before they failed; 0: they do not fail */
    char *error;
    size_t error_size;
} run_t;

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return SECONDS((int64_t)now.tv_sec) + now.tv_nsec;
}

/* Since the epoch. */
static int64_t now_ns(const run_t *run)
{
    return run->wall_ns + clock_ns(CLOCK_BOOTTIME);
}

static void show_status(run_t *run)
{
    const record_report_t *report = run->report;
    int64_t now = now_ns(run);
    double rate_per_s;
    if (run->start_ns == 0 ||
        !status_line_due(&run->status_line, now - run->start_ns, (uint64_t)report->events, &rate_per_s))
        return;
    bool limited = run->stop_ns < INT64_MAX;
    int64_t time_s = (limited ? run->stop_ns - now : now - run->start_ns) / SECONDS(1);
    if (time_s < 0) time_s = 0;
    char text[STATUS_SIZE];
    snprintf(text, sizeof text,
             "recorded %" PRId64 " events in %" PRId64 " bins, %.0f/s, filled %" PRId64 ", %" PRId64
             ":%02" PRId64 " %s%s",
             report->events, report->bins, rate_per_s, report->filled, time_s / 60, time_s % 60,
             limited ? "left" : "so far", run->outage_ns > 0 ? ", Kafka does not answer" : "");
    status_line_show(&run->status_line, text);
}

/* False when it was interrupted. */
static bool wait_until(run_t *run, int64_t due_ns)
{
    while (interrupt_count() == 0) {
        int64_t left_ns = due_ns - now_ns(run);
        if (left_ns <= 0) return true;
        show_status(run);
        if (left_ns > nap_ns) left_ns = nap_ns;
        struct timespec nap = {.tv_nsec = left_ns};
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL); /* an early end is noticed above */
    }
    return false;
}

/* The offsets in run->ends are those in the middle of the request, on average. */
static bool read_ends(run_t *run, int64_t *time_ns, char *reason, size_t reason_size)
{
    int64_t asked_ns = now_ns(run);
    bool good = topic_watch_read(&run->watch, READ_TIMEOUT_MS, &run->ends, reason, reason_size);
    *time_ns = asked_ns + (now_ns(run) - asked_ns) / 2;
    return good;
}

/* Puts what came since the last reading into bins. */
static bool add_reading(run_t *run, int64_t time_ns)
{
    record_state_t *state = &run->file.state;
    record_report_t *report = run->report;
    bool backwards;
    int64_t arrived = end_offsets_arrived(&state->ends, &run->ends, &backwards);
    recording_add(&state->recording, time_ns, arrived);
    for (recorded_bin_t bin; recording_next(&state->recording, &bin);) {
        if (!record_file_append(&run->file, &bin, run->error, run->error_size)) return false;
        report->bins++;
        report->filled += bin.filled;
        report->events += bin.count;
        if (bin.count > report->peak) report->peak = bin.count;
    }
    end_offsets_t before = state->ends;
    state->ends = run->ends;
    run->ends = before;
    if (backwards) {
        report->made_anew++;
        status_line_end(&run->status_line);
        log_line(
            LOG_WARNING, "Recorder",
            "the offsets of topic %s ran backwards: it was made anew, or has lost events; going on from the "
            "new ones",
            run->request->topic);
    }
    return true;
}

static bool commit(run_t *run)
{
    const record_state_t *state = &run->file.state;
    record_report_t *report = run->report;
    run->committed_ns = now_ns(run);
    if (!record_file_commit(&run->file, run->error, run->error_size)) return false;
    report->file_bins = state->bins;
    report->file_events = state->events;
    report->file_filled = state->filled;
    report->begin_ms = (state->recording.end_ns - state->bins * state->recording.bin_ns) / MILLISECOND_NS;
    return true;
}

static void note_outage(run_t *run, const char *reason)
{
    if (run->outage_ns > 0) return;
    run->outage_ns = run->file.state.recording.read_ns;
    status_line_end(&run->status_line);
    log_line(LOG_WARNING, "Recorder",
             "Kafka at %s: %s; trying again, and the bins of this time are filled when it answers",
             run->request->client.broker, reason);
}

static void note_recovery(run_t *run, int64_t filled)
{
    if (run->outage_ns == 0) return;
    status_line_end(&run->status_line);
    log_line(LOG_INFO, "Recorder", "Kafka at %s answers again after %.1f s; %" PRId64 " bins are filled",
             run->request->client.broker, (double)(now_ns(run) - run->outage_ns) / 1e9, filled);
    run->outage_ns = 0;
}

/* A reading in the time it takes to say that Kafka cannot be read. */
static client_status_t read_patiently(run_t *run, int64_t *time_ns)
{
    char reason[REASON_SIZE];
    int64_t deadline_ns = now_ns(run) + patience_ns;
    while (!read_ends(run, time_ns, reason, sizeof reason)) {
        if (now_ns(run) >= deadline_ns) {
            snprintf(run->error, run->error_size, "the offsets of topic '%s' at %s cannot be read: %s",
                     run->request->topic, run->request->client.broker, reason);
            return CLIENT_UNAVAILABLE;
        }
        if (!wait_until(run, now_ns(run) + retry_ns)) return CLIENT_INTERRUPTED;
    }
    return CLIENT_OPENED;
}

/* The first reading connects to the brokers and comes late; the recording begins with one at a bin's end. */
static client_status_t begin(run_t *run)
{
    record_state_t *state = &run->file.state;
    int64_t bin_ns = run->request->bin_ns, time_ns;
    client_status_t status = read_patiently(run, &time_ns);
    double wait_s = (double)(bin_ns - now_ns(run) % bin_ns) / 1e9;
    if (wait_s > 10 && !run->request->quiet)
        log_line(LOG_INFO, "Recorder", "the first bin begins in %.0f s", wait_s);
    for (int i = 0; i < LATE_BEGINNINGS && status == CLIENT_OPENED && !state->recording.end_read; i++) {
        int64_t now = now_ns(run);
        if (!wait_until(run, now - now % bin_ns + bin_ns)) return CLIENT_INTERRUPTED;
        status = read_patiently(run, &time_ns);
        recording_begin(&state->recording, bin_ns, time_ns);
    }
    state->ends = run->ends;
    run->ends = (end_offsets_t){0};
    return status;
}

static client_status_t resume(run_t *run)
{
    const record_state_t *state = &run->file.state;
    int64_t time_ns, since_ns = now_ns(run) - state->recording.end_ns;
    if (since_ns < -clock_skew_ns) {
        snprintf(run->error, run->error_size,
                 "%s reaches %.0f s into the future; is the clock right? Or give another --output",
                 run->file.path, (double)-since_ns / 1e9);
        return CLIENT_UNAVAILABLE;
    }
    client_status_t status = read_patiently(run, &time_ns);
    if (status != CLIENT_OPENED) return status;
    if (!add_reading(run, time_ns)) return CLIENT_UNAVAILABLE;
    if (run->request->quiet) return CLIENT_OPENED;
    log_line(LOG_INFO, "Recorder",
             "%s goes on %.1f s after its end: %" PRId64 " events are shared out over %" PRId64 " bins%s",
             run->file.path, (double)since_ns / 1e9, run->report->events, run->report->bins,
             run->file.dropped > 0 ? ", in place of what a crash had left behind the last safe line" : "");
    return CLIENT_OPENED;
}

static client_status_t check_cluster(run_t *run)
{
    record_state_t *state = &run->file.state;
    char cluster[CLUSTER_SIZE];
    topic_watch_cluster(&run->watch, cluster, sizeof cluster);
    if (run->file.resumed && state->cluster[0] != '\0' && strcmp(cluster, state->cluster) != 0) {
        snprintf(run->error, run->error_size,
                 "%s is a recording of another Kafka cluster (%s, and %s is %s); give another --output",
                 run->file.path, state->cluster, run->request->client.broker, cluster);
        return CLIENT_UNAVAILABLE;
    }
    strcpy(state->cluster, cluster);
    return CLIENT_OPENED;
}

static client_status_t open_all(run_t *run)
{
    const record_request_t *request = run->request;
    if (!record_file_open(&run->file, request->path, request->topic, request->bin_ns, run->error,
                          run->error_size))
        return CLIENT_UNAVAILABLE;
    client_status_t status =
        topic_watch_open(&run->watch, &request->client, request->topic, run->error, run->error_size);
    if (status == CLIENT_OPENED) status = check_cluster(run);
    if (status == CLIENT_OPENED) status = run->file.resumed ? resume(run) : begin(run);
    if (status == CLIENT_OPENED && !commit(run)) status = CLIENT_UNAVAILABLE;
    return status;
}

static int64_t next_reading_ns(const run_t *run)
{
    const recording_t *recording = &run->file.state.recording;
    int64_t now = now_ns(run), end_ns = recording->end_ns + recording->bin_ns;
    if (run->outage_ns > 0) return now + retry_ns;
    return end_ns < now + reading_gap_ns ? end_ns : now + reading_gap_ns;
}

/* False when the recording has failed. */
static bool take_reading(run_t *run)
{
    char reason[REASON_SIZE];
    int64_t time_ns, filled = run->report->filled;
    if (!read_ends(run, &time_ns, reason, sizeof reason)) {
        note_outage(run, reason);
        if (time_ns < run->stop_ns || time_ns - run->stop_ns < patience_ns) return true;
        snprintf(
            run->error, run->error_size,
            "Kafka at %s does not answer (%s): the last %.0f s are missing; record into %s again to fill "
            "them",
            run->request->client.broker, reason,
            (double)(run->stop_ns - run->file.state.recording.end_ns) / 1e9, run->file.path);
        return false;
    }
    if (!add_reading(run, time_ns)) return false;
    note_recovery(run, run->report->filled - filled);
    if (time_ns - run->committed_ns >= commit_ns && !commit(run)) return false;
    /* Last: it may take its time, until the end of the next bin. */
    if (time_ns - run->refreshed_ns >= refresh_ns) {
        run->refreshed_ns = time_ns;
        (void)topic_watch_refresh(&run->watch, READ_TIMEOUT_MS, reason,
                                  sizeof reason); /* or before reading */
    }
    return true;
}

static bool record(run_t *run)
{
    const recording_t *recording = &run->file.state.recording;
    int64_t bin_ns = run->request->bin_ns, duration_ns = run->request->duration_ns;
    run->start_ns = now_ns(run);
    run->refreshed_ns = run->start_ns;
    run->stop_ns = INT64_MAX;
    if (duration_ns > 0) run->stop_ns = recording->end_ns + (duration_ns + bin_ns - 1) / bin_ns * bin_ns;
    status_line_begin(&run->status_line, run->request->quiet);
    run->status_line.last_count = (uint64_t)run->report->events; /* those of a gap came at no rate of now */
    bool good = true;
    while (good && recording->end_ns < run->stop_ns && wait_until(run, next_reading_ns(run)))
        good = take_reading(run);
    status_line_end(&run->status_line);
    /* A reading that failed half-way has no state to go on from; the last one that was committed has. */
    bool whole = recording->now_ns == 0;
    return (!whole || commit(run)) && good;
}

client_status_t record_run(const record_request_t *request, record_report_t *report, char *error,
                           size_t error_size)
{
    *report = (record_report_t){0};
    run_t *run = calloc(1, sizeof *run);
    if (run == NULL) {
        snprintf(error, error_size, "not enough memory");
        return CLIENT_UNAVAILABLE;
    }
    run->request = request;
    run->report = report;
    run->error = error;
    run->error_size = error_size;
    run->wall_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
    client_status_t status = open_all(run);
    report->resumed = run->file.resumed;
    if (status == CLIENT_OPENED) report->failed = !record(run);
    topic_watch_close(&run->watch);
    record_file_close(&run->file);
    end_offsets_free(&run->ends);
    free(run);
    return status;
}
