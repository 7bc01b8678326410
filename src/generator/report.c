#include "generator/report.h"

#include "common/json_writer.h"

#include <inttypes.h>

enum { JSON_SIZE = 8192 };

static double shortfall(const pace_verdict_t *pace)
{
    return (double)(pace->worst_planned - pace->worst_in_time) / pace->worst_planned;
}

void report_describe_pace(const pace_verdict_t *pace, char *buffer, size_t size)
{
    snprintf(buffer, size,
             "the target was not held in %zu of %zu seconds; worst second: %zu, %" PRIu32 " of %" PRIu32
             " events in time (%.1f %% short); this machine or broker is too slow for it",
             pace->missed, pace->seconds, pace->worst_second, pace->worst_in_time, pace->worst_planned,
             100 * shortfall(pace));
}

static void print_pace_json(json_writer_t *json, const pace_verdict_t *pace)
{
    json_write_integer(json, "seconds", (int64_t)pace->seconds);
    json_write_integer(json, "seconds_missed", (int64_t)pace->missed);
    if (pace->missed == 0) return;
    json_write_integer(json, "worst_second", (int64_t)pace->worst_second);
    json_write_integer(json, "worst_planned", pace->worst_planned);
    json_write_integer(json, "worst_in_time", pace->worst_in_time);
    json_write_number(json, "worst_shortfall", shortfall(pace), 4);
}

void report_print(const run_request_t *request, const run_report_t *report, FILE *out)
{
    double rate_per_s = report->elapsed_s > 0 ? (double)report->sent / report->elapsed_s : 0;
    fprintf(out, "topic      %s at %s\n", request->topic, request->client.broker);
    fprintf(out, "sent       %" PRIu64 " events in %.1f s (%.1f/s; %.0f were expected)\n", report->sent,
            report->elapsed_s, rate_per_s, report->expected_events);
    fprintf(out, "delivered  %" PRIu64 "\n", report->counts.delivered);
    fprintf(out, "failed     %" PRIu64 "%s%s\n", report->counts.failed, report->counts.failed > 0 ? ": " : "",
            report->counts.first_failure);
    fprintf(out, "lateness   mean %.2f ms, max %.2f ms\n", report->mean_lateness_ms, report->max_lateness_ms);
    fprintf(out, "held       the target in %zu of %zu seconds\n", report->pace.seconds - report->pace.missed,
            report->pace.seconds);
    if (report->queue_full > 0)
        fprintf(out, "queue      full for %" PRIu64 " events: the broker is slower than this traffic\n",
                report->queue_full);
}

void report_print_json(const run_request_t *request, const run_report_t *report, bool interrupted, FILE *out)
{
    char buffer[JSON_SIZE];
    json_writer_t json;
    json_write_begin(&json, buffer, sizeof buffer);
    json_write_integer(&json, "started_ms", report->started_ms);
    json_write_number(&json, "elapsed_s", report->elapsed_s, 3);
    json_write_integer(&json, "seed", (int64_t)request->seed);
    json_write_number(&json, "expected", report->expected_events, 1);
    json_write_integer(&json, "sent", (int64_t)report->sent);
    json_write_integer(&json, "delivered", (int64_t)report->counts.delivered);
    json_write_integer(&json, "failed", (int64_t)report->counts.failed);
    if (report->counts.failed > 0) json_write_string(&json, "first_failure", report->counts.first_failure);
    json_write_integer(&json, "queue_full", (int64_t)report->queue_full);
    json_write_number(&json, "lateness_mean_ms", report->mean_lateness_ms, 3);
    json_write_number(&json, "lateness_max_ms", report->max_lateness_ms, 3);
    print_pace_json(&json, &report->pace);
    json_write_boolean(&json, "interrupted", interrupted);
    json_write_string(&json, "topic", request->topic);
    json_write_string(&json, "broker", request->client.broker);
    if (json_write_end(&json))
        fprintf(out, "%s\n", buffer);
    else
        fprintf(stderr,
                "adaptivestream generate: the names of topic and broker are too long for the report\n");
}
