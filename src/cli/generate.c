/*
 * adaptivestream generate: traffic of a shape or a recorded trace, into Kafka or, with --dry-run, as counts.
 */
#include "cli/commands.h"
#include "cli/flags.h"
#include "generator/event.h"
#include "generator/interrupt.h"
#include "generator/report.h"
#include "generator/run.h"
#include "traffic/arrivals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024 };

static const int64_t second_ns = INT64_C(1000000000);

/* The flags as typed. */
typedef struct {
    const char *topic, *broker, *shape_text, *trace_path;
    int64_t duration_ns, bin_ns, seed, payload_bytes;
    double baseline_per_s, burst_multiplier, burst_probability, scale, speed;
    int spacing;
    flag_list_t properties;
    bool dry_run, json, quiet;
    bool duration_given, shape_given, baseline_given, multiplier_given, probability_given;
    bool bin_given, scale_given, speed_given;
} settings_t;

static settings_t settings;

/* What the flags come to. */
typedef struct {
    shape_t shape;
    trace_t trace;
    arrivals_t arrivals;
} traffic_t;

static const flag_t table[] = {
    {.name = "--topic",
     .type = FLAG_TEXT,
     .value = &settings.topic,
     .argument = "NAME",
     .preset = "adaptive-stream",
     .help = "Kafka topic to write to; it must exist"},
    {.name = "--broker",
     .type = FLAG_TEXT,
     .value = &settings.broker,
     .argument = "HOST:PORT",
     .preset = "localhost:9092",
     .help = "Kafka bootstrap servers, separated by commas"},
    {.name = "--duration",
     .type = FLAG_DURATION,
     .value = &settings.duration_ns,
     .given = &settings.duration_given,
     .argument = "SECONDS",
     .preset = "300",
     .minimum = 0.001,
     .maximum = 31536000,
     .help = "Length of the run; phases and traces end by themselves, or earlier if this is given"},
    {.name = "--shape",
     .type = FLAG_TEXT,
     .value = &settings.shape_text,
     .given = &settings.shape_given,
     .argument = "SHAPE",
     .preset = "burst",
     .help = "burst (30 s ramp, hold, ramp), steady, or phases=RATExSECONDS,RATExSECONDS,..."},
    {.name = "--baseline",
     .type = FLAG_NUMBER,
     .value = &settings.baseline_per_s,
     .given = &settings.baseline_given,
     .argument = "RATE",
     .preset = "100",
     .minimum = 0,
     .maximum = SHAPE_RATE_MAXIMUM_PER_S,
     .help = "Events a second of steady, and of burst outside bursts"},
    {.name = "--burst-mult",
     .type = FLAG_NUMBER,
     .value = &settings.burst_multiplier,
     .given = &settings.multiplier_given,
     .argument = "FACTOR",
     .preset = "8",
     .minimum = 1,
     .maximum = 1e6,
     .help = "Height of a burst, in baselines"},
    {.name = "--burst-prob",
     .type = FLAG_NUMBER,
     .value = &settings.burst_probability,
     .given = &settings.probability_given,
     .argument = "CHANCE",
     .preset = "0.1",
     .minimum = 0,
     .maximum = 1,
     .help = "Probability that a burst begins, in each second outside one"},
    {.name = "--trace",
     .type = FLAG_TEXT,
     .value = &settings.trace_path,
     .argument = "FILE",
     .help = "Replay a recorded trace (CSV with the header count, may be gzip) instead of a shape"},
    {.name = "--bin",
     .type = FLAG_DURATION,
     .value = &settings.bin_ns,
     .given = &settings.bin_given,
     .argument = "SECONDS",
     .preset = "1",
     .minimum = 0.001,
     .maximum = 86400,
     .help = "Width of the trace's bins"},
    {.name = "--scale",
     .type = FLAG_NUMBER,
     .value = &settings.scale,
     .given = &settings.scale_given,
     .argument = "FACTOR",
     .preset = "1",
     .minimum = 1e-6,
     .maximum = 1e6,
     .help = "Multiply the trace's counts"},
    {.name = "--speed",
     .type = FLAG_NUMBER,
     .value = &settings.speed,
     .given = &settings.speed_given,
     .argument = "FACTOR",
     .preset = "1",
     .minimum = 1e-3,
     .maximum = 1e6,
     .help = "Replay the trace this many times faster"},
    {.name = "--spacing",
     .type = FLAG_CHOICE,
     .value = &settings.spacing,
     .preset = "poisson",
     .choices = spacing_names,
     .choice_count = SPACING_COUNT,
     .help = "Random or equal gaps between events"},
    {.name = "--seed",
     .type = FLAG_INTEGER,
     .value = &settings.seed,
     .argument = "NUMBER",
     .preset = "1",
     .minimum = 0,
     .maximum = 9007199254740992,
     .help = "The same seed gives the same events on any machine"},
    {.name = "--payload",
     .type = FLAG_INTEGER,
     .value = &settings.payload_bytes,
     .argument = "BYTES",
     .preset = "100",
     .minimum = 0,
     .maximum = EVENT_PAYLOAD_MAXIMUM,
     .help = "Size of each event's payload"},
    {.name = "-X",
     .type = FLAG_LIST,
     .value = &settings.properties,
     .argument = "KEY=VALUE",
     .help = "Set a librdkafka property, for example -X linger.ms=0; may be repeated"},
    {.name = "--dry-run",
     .type = FLAG_SWITCH,
     .value = &settings.dry_run,
     .help = "Print second,count lines instead of sending; no Kafka needed"},
    {.name = "--json",
     .type = FLAG_SWITCH,
     .value = &settings.json,
     .help = "Print the final report as one JSON object"},
    {.name = "--quiet",
     .type = FLAG_SWITCH,
     .value = &settings.quiet,
     .help = "No progress line, and no report unless --json"},
};

/* Flags that would silently do nothing are mistakes of the user. NULL when there are none. */
static const char *useless_flag(const settings_t *s, const shape_t *shape)
{
    if (s->dry_run && s->json) return "--json does not go with --dry-run";
    if (s->trace_path != NULL) {
        if (s->shape_given) return "--shape does not go with --trace";
        if (s->baseline_given || s->multiplier_given || s->probability_given)
            return "--baseline, --burst-mult and --burst-prob do not go with --trace";
        return NULL;
    }
    if (s->bin_given || s->scale_given || s->speed_given) return "--bin, --scale and --speed need --trace";
    if (s->baseline_given && shape->kind == SHAPE_PHASES) return "--baseline does not go with phases";
    if ((s->multiplier_given || s->probability_given) && shape->kind != SHAPE_BURST)
        return "--burst-mult and --burst-prob go with --shape burst only";
    return NULL;
}

static int prepare_shape(const settings_t *s, const flags_t *flags, traffic_t *traffic)
{
    shape_t *shape = &traffic->shape;
    shape->baseline_per_s = s->baseline_per_s;
    shape->burst_multiplier = s->burst_multiplier;
    shape->burst_probability = s->burst_probability;
    double peak_per_s = s->baseline_per_s * s->burst_multiplier;
    if (shape->kind == SHAPE_BURST && peak_per_s > SHAPE_RATE_MAXIMUM_PER_S)
        return flags_usage_error(
            flags, "--baseline %g x --burst-mult %g is %g events/s: at most %g are allowed",
            s->baseline_per_s, s->burst_multiplier, peak_per_s, SHAPE_RATE_MAXIMUM_PER_S);
    bool unlimited = shape->kind == SHAPE_PHASES && !s->duration_given;
    arrivals_of_shape(&traffic->arrivals, shape, unlimited ? SHAPE_FOREVER_NS : s->duration_ns,
                      (spacing_t)s->spacing, (uint64_t)s->seed);
    return EXIT_OK;
}

static int prepare_trace(const settings_t *s, traffic_t *traffic)
{
    char error[ERROR_SIZE];
    if (!trace_load(s->trace_path, s->bin_ns, &traffic->trace, error, sizeof error) ||
        !trace_rescale(&traffic->trace, s->scale, s->speed, error, sizeof error)) {
        fprintf(stderr, "adaptivestream generate: %s\n", error);
        return EXIT_FAILED;
    }
    arrivals_of_trace(&traffic->arrivals, &traffic->trace,
                      s->duration_given ? s->duration_ns : SHAPE_FOREVER_NS, (spacing_t)s->spacing,
                      (uint64_t)s->seed);
    return EXIT_OK;
}

static int prepare_traffic(const settings_t *s, const flags_t *flags, traffic_t *traffic)
{
    char error[ERROR_SIZE];
    if (!shape_parse(s->shape_text, &traffic->shape, error, sizeof error))
        return flags_usage_error(flags, "--shape: %s", error);
    const char *mistake = useless_flag(s, &traffic->shape);
    if (mistake != NULL) return flags_usage_error(flags, "%s", mistake);
    return s->trace_path != NULL ? prepare_trace(s, traffic) : prepare_shape(s, flags, traffic);
}

static int print_counts(const arrivals_t *planned)
{
    arrivals_t arrivals = *planned;
    arrival_t arrival;
    int64_t second = 0;
    uint64_t count = 0;
    printf("second,count\n");
    /* Nobody reads on after a failed write; a long run would count for minutes. */
    while (arrivals_next(&arrivals, &arrival) && !ferror(stdout)) {
        for (; second < arrival.time_ns / second_ns; second++, count = 0)
            printf("%" PRId64 ",%" PRIu64 "\n", second, count);
        count++;
    }
    for (; second * second_ns < arrivals.end_ns && !ferror(stdout); second++, count = 0)
        printf("%" PRId64 ",%" PRIu64 "\n", second, count);
    return EXIT_OK;
}

static int send_to_kafka(const settings_t *s, const flags_t *flags, const arrivals_t *arrivals)
{
    run_request_t request = {
        .kafka = {.broker = s->broker,
                  .topic = s->topic,
                  .properties = s->properties.items,
                  .property_count = s->properties.count},
        .arrivals = *arrivals,
        .seed = (uint64_t)s->seed,
        .payload_bytes = (size_t)s->payload_bytes,
        .quiet = s->quiet,
    };
    run_report_t report;
    char error[ERROR_SIZE];
    interrupt_install();
    switch (run_generator(&request, &report, error, sizeof error)) {
    case PRODUCER_OPENED:
        break;
    case PRODUCER_BAD_PROPERTY:
        return flags_usage_error(flags, "%s", error);
    case PRODUCER_UNAVAILABLE:
        fprintf(stderr, "adaptivestream generate: %s\n", error);
        return EXIT_FAILED;
    case PRODUCER_INTERRUPTED:
        return interrupt_exit_code();
    }
    bool interrupted = interrupt_count() > 0;
    if (s->json)
        report_print_json(&request, &report, interrupted, stdout);
    else if (!s->quiet)
        report_print(&request, &report, stdout);
    if (report.counts.failed > 0)
        fprintf(stderr, "adaptivestream generate: %" PRIu64 " of %" PRIu64 " events were not delivered: %s\n",
                report.counts.failed, report.sent, report.counts.first_failure);
    if (interrupted) return interrupt_exit_code();
    return report.counts.failed > 0 || report.counts.fatal ? EXIT_FAILED : EXIT_OK;
}

int command_generate(int argc, char **argv)
{
    flags_t flags = {
        .command = "generate",
        .summary = "Sends events to Kafka at scheduled times: synthetic bursts, phases or a recorded trace.\n"
                   "Their Kafka time stamps are the scheduled times. Ctrl-C stops and reports.",
        .table = table,
        .count = sizeof table / sizeof table[0],
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    traffic_t traffic = {0};
    exit_code = prepare_traffic(&settings, &flags, &traffic);
    if (exit_code == EXIT_OK)
        exit_code = settings.dry_run ? print_counts(&traffic.arrivals)
                                     : send_to_kafka(&settings, &flags, &traffic.arrivals);
    trace_free(&traffic.trace);
    return exit_code;
}
