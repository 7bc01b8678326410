/*
 * adaptivestream record: the arrivals of a Kafka topic as a trace file.
 */
#include "benchmark/record.h"

#include "cli/commands.h"
#include "cli/kafka_flags.h"
#include "common/flags.h"
#include "common/interrupt.h"
#include "common/json_writer.h"
#include "common/parse.h"

#include <inttypes.h>
#include <stdio.h>

enum { ERROR_SIZE = 1024, JSON_SIZE = 16384, DURATION_SIZE = 32 };

typedef struct {
    kafka_flags_t kafka;
    const char *topic, *output;
    int64_t bin_ns, duration_ns;
    bool json, quiet;
} record_settings_t;

static int fail(const char *error)
{
    fprintf(stderr, "adaptivestream record: %s\n", error);
    return EXIT_FAILED;
}

/* What a second brought, on average and in the fullest bin. */
static double mean_per_s(const record_request_t *request, const record_report_t *report)
{
    return report->bins > 0 ? (double)report->events / ((double)report->bins * (double)request->bin_ns / 1e9)
                            : 0;
}

static double peak_per_s(const record_request_t *request, const record_report_t *report)
{
    return (double)report->peak / ((double)request->bin_ns / 1e9);
}

static void print_report(const record_request_t *request, const record_report_t *report)
{
    char bin[DURATION_SIZE];
    format_duration_ns(request->bin_ns, bin, sizeof bin);
    printf("topic      %s at %s\n", request->topic, request->client.broker);
    printf("recorded   %" PRId64 " events in %" PRId64 " bins of %s (mean %.1f/s, peak %.1f/s)\n",
           report->events, report->bins, bin, mean_per_s(request, report), peak_per_s(request, report));
    printf("filled     %" PRId64 " of these bins, evenly: an end of theirs was not read in time%s\n",
           report->filled, report->resumed ? ", or before this run" : "");
    if (report->made_anew > 0)
        printf("made anew  offsets ran backwards in %" PRId64 " readings, whose events are not all counted\n",
               report->made_anew);
    printf("file       %s: %" PRId64 " bins, %" PRId64 " events; read it with --trace %s --bin %s\n",
           request->path, report->file_bins, report->file_events, request->path, bin);
}

static void print_json(const record_request_t *request, const record_report_t *report)
{
    char buffer[JSON_SIZE];
    json_writer_t json;
    json_write_begin(&json, buffer, sizeof buffer);
    json_write_integer(&json, "events", report->events);
    json_write_integer(&json, "bins", report->bins);
    json_write_integer(&json, "filled", report->filled);
    json_write_number(&json, "mean_per_s", mean_per_s(request, report), 3);
    json_write_number(&json, "peak_per_s", peak_per_s(request, report), 3);
    json_write_number(&json, "bin_s", (double)request->bin_ns / 1e9, 9);
    json_write_integer(&json, "made_anew", report->made_anew);
    json_write_boolean(&json, "resumed", report->resumed);
    json_write_boolean(&json, "failed", report->failed);
    json_write_boolean(&json, "interrupted", interrupt_count() > 0);
    json_write_integer(&json, "begin_ms", report->begin_ms);
    json_write_integer(&json, "file_bins", report->file_bins);
    json_write_integer(&json, "file_events", report->file_events);
    json_write_integer(&json, "file_filled", report->file_filled);
    json_write_string(&json, "file", request->path);
    json_write_string(&json, "topic", request->topic);
    json_write_string(&json, "broker", request->client.broker);
    if (json_write_end(&json))
        printf("%s\n", buffer);
    else
        fail("the names of file and broker are too long for the report");
}

static int run(const record_settings_t *s, const flags_t *flags, const record_request_t *request)
{
    record_report_t report;
    char error[ERROR_SIZE];
    interrupt_install();
    switch (record_run(request, &report, error, sizeof error)) {
    case CLIENT_OPENED:
        break;
    case CLIENT_BAD_PROPERTY:
        return flags_usage_error(flags, "%s", error);
    case CLIENT_UNAVAILABLE:
        return fail(error);
    case CLIENT_INTERRUPTED:
        return interrupt_exit_code();
    }
    if (s->json)
        print_json(request, &report);
    else if (!s->quiet)
        print_report(request, &report);
    if (report.failed) return fail(error);
    /* Without --for there is no other end than the user's. */
    return request->duration_ns > 0 ? interrupt_exit_code() : EXIT_OK;
}

static int start(const record_settings_t *s, const flags_t *flags)
{
    properties_t file;
    char error[ERROR_SIZE];
    record_request_t request = {
        .topic = s->topic,
        .path = s->output,
        .bin_ns = s->bin_ns,
        .duration_ns = s->duration_ns,
        .quiet = s->quiet,
    };
    if (!kafka_flags_settings(&s->kafka, &file, &request.client, error, sizeof error)) return fail(error);
    int exit_code = run(s, flags, &request);
    properties_free(&file);
    return exit_code;
}

static const char summary[] =
    "Records how many events come to a Kafka topic, bin by bin, as a trace that generate --trace sends "
    "again. "
    "Only\n"
    "end offsets are asked for: nothing is consumed. Ctrl-C ends it, as does --for. Called again with the "
    "same "
    "FILE it\n"
    "goes on, and shares out what came meanwhile evenly over the bins of that time.";

static const char notes[] = "The trace has one line a bin. Bins end at whole multiples of their width of "
                            "wall time (UTC). It is written "
                            "every\n"
                            "2 s together with FILE.state, from which a recording is resumed, also after a "
                            "crash. A bin is filled when an "
                            "end of\n"
                            "it was not read within a quarter of a bin, as Kafka did not answer or nobody "
                            "recorded: the events that came "
                            "between\n"
                            "two readings are then shared out evenly, so that sums stay true. Partitions "
                            "that are added are counted from "
                            "their\n"
                            "first event, and seen within 5 s.\n"
                            "\n"
                            "End offsets count what is appended: with transactions also the marker of each "
                            "commit or abort, one in every "
                            "partition\n"
                            "it touched, and aborted events. -X isolation.level=read_committed counts events "
                            "when they are committed.\n"
                            "\n" KAFKA_SECURITY_NOTES("record");

int command_record(int argc, char **argv)
{
    record_settings_t settings = {0};
    const flag_t table[] = {
        {.name = "--topic",
         .type = FLAG_TEXT,
         .value = &settings.topic,
         .argument = "NAME",
         .preset = "adaptive-stream",
         .help = "Kafka topic to watch; it must exist"},
        KAFKA_BROKER_FLAG(settings.kafka),
        {.name = "--output",
         .type = FLAG_TEXT,
         .value = &settings.output,
         .argument = "FILE.csv",
         .help = "The trace to write, or to go on with"},
        {.name = "--bin",
         .type = FLAG_DURATION,
         .value = &settings.bin_ns,
         .argument = "SECONDS",
         .preset = "1",
         .minimum = 0.01,
         .maximum = 3600,
         .help = "Width of the bins, such as 100ms"},
        {.name = "--for",
         .type = FLAG_DURATION,
         .value = &settings.duration_ns,
         .argument = "SECONDS",
         .minimum = 0.01,
         .maximum = 315360000,
         .help = "Length of this run, in whole bins (default: until Ctrl-C)"},
        KAFKA_PROPERTY_FLAG(settings.kafka),
        KAFKA_CONFIG_FLAG(settings.kafka),
        {.name = "--json",
         .type = FLAG_SWITCH,
         .value = &settings.json,
         .help = "Print the final report as one JSON object"},
        {.name = "--quiet",
         .type = FLAG_SWITCH,
         .value = &settings.quiet,
         .help = "No progress line, and no report unless --json"},
    };
    flags_t flags = {
        .command = "record",
        .summary = summary,
        .table = table,
        .count = sizeof table / sizeof table[0],
        .notes = notes,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (settings.output == NULL) return flags_usage_error(&flags, "--output FILE.csv is missing");
    return start(&settings, &flags);
}
