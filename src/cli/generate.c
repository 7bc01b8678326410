/*
 * adaptivestream generate: traffic of a shape or a recorded trace, into Kafka or, with --dry-run, as counts.
 */
#include "cli/commands.h"
#include "cli/generate_flags.h"
#include "common/flags.h"
#include "common/interrupt.h"
#include "common/log.h"
#include "generator/report.h"
#include "generator/run.h"
#include "traffic/arrivals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024 };

static const int64_t second_ns = INT64_C(1000000000);

typedef generate_settings_t settings_t;

/* What the flags come to. */
typedef struct {
    shape_t shape;
    trace_t trace;
    arrivals_t arrivals;
} traffic_t;

/* One line on stderr that begins with the command's name. */
__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("adaptivestream generate: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return EXIT_FAILED;
}

/* The highest rate, in baselines, that the shape can reach (but for its noise, which is cut off there). */
static double peak_of(const shape_t *shape)
{
    if (shape->kind == SHAPE_BURST) return shape->burst_multiplier;
    return shape_has_episodes(shape) ? EPISODE_PEAK_MAXIMUM : 1;
}

static int prepare_shape(const settings_t *s, const flags_t *flags, traffic_t *traffic)
{
    shape_t *shape = &traffic->shape;
    uint64_t seed = (uint64_t)s->seed;
    shape->burst_multiplier = s->burst_multiplier;
    shape->burst_probability = s->burst_probability;
    shape->baseline_per_s = s->log_uniform ? shape_log_uniform_baseline_per_s(seed) : s->baseline_per_s;
    if (shape_has_episodes(shape))
        shape->noise_per_s = s->log_uniform && !s->noise_given ? shape->baseline_per_s / 10 : s->noise_per_s;
    /* With a drawn baseline no seed may fail where another works: what counts is the highest. */
    double highest_per_s = s->log_uniform ? SHAPE_LOG_UNIFORM_MAXIMUM_PER_S : shape->baseline_per_s;
    if (shape->kind != SHAPE_PHASES && highest_per_s * peak_of(shape) > SHAPE_RATE_MAXIMUM_PER_S)
        return flags_usage_error(flags, "%s %g x %s %g is %g events/s: at most %g are allowed",
                                 s->log_uniform ? "--log-uniform: a baseline of" : "--baseline",
                                 highest_per_s,
                                 shape->kind == SHAPE_BURST ? "--burst-mult" : "the highest peak,",
                                 peak_of(shape), highest_per_s * peak_of(shape), SHAPE_RATE_MAXIMUM_PER_S);
    bool unlimited = shape->kind == SHAPE_PHASES && !s->duration_given;
    arrivals_of_shape(&traffic->arrivals, shape, unlimited ? SHAPE_FOREVER_NS : s->duration_ns,
                      (spacing_t)s->spacing, seed);
    return EXIT_OK;
}

static int prepare_trace(const settings_t *s, traffic_t *traffic)
{
    char error[ERROR_SIZE];
    if (!trace_load(s->trace_path, s->bin_ns, &traffic->trace, error, sizeof error) ||
        !trace_rescale(&traffic->trace, s->scale, s->speed, error, sizeof error))
        return fail("%s", error);
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
    const char *mistake = generate_useless_flag(s, &traffic->shape);
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

/* What the run came to, as an exit code. */
static int report_run(const settings_t *s, const run_request_t *request, const run_report_t *report)
{
    char text[ERROR_SIZE];
    int exit_code = report->counts.fatal ? EXIT_FAILED : EXIT_OK;
    bool interrupted = interrupt_count() > 0;
    if (s->json)
        report_print_json(request, report, interrupted, stdout);
    else if (!s->quiet)
        report_print(request, report, stdout);
    if (report->counts.failed > 0)
        exit_code = fail("%" PRIu64 " of %" PRIu64 " events were not delivered: %s", report->counts.failed,
                         report->sent, report->counts.first_failure);
    if (report->pace.missed > 0) {
        report_describe_pace(&report->pace, text, sizeof text);
        exit_code = fail("%s", text);
    }
    return interrupted ? interrupt_exit_code() : exit_code;
}

static int run(const settings_t *s, const flags_t *flags, const run_request_t *request)
{
    run_report_t report;
    char error[ERROR_SIZE];
    interrupt_install();
    switch (run_generator(request, &report, error, sizeof error)) {
    case CLIENT_OPENED:
        break;
    case CLIENT_BAD_PROPERTY:
        return flags_usage_error(flags, "%s", error);
    case CLIENT_UNAVAILABLE:
        return fail("%s", error);
    case CLIENT_INTERRUPTED:
        return interrupt_exit_code();
    }
    return report_run(s, request, &report);
}

/* The run with its seconds in a file, which is opened first: an hour's run is not to end with a wrong path. */
static int run_with_seconds(const settings_t *s, const flags_t *flags, run_request_t *request)
{
    if (s->seconds_path == NULL) return run(s, flags, request);
    request->seconds_file = fopen(s->seconds_path, "w");
    if (request->seconds_file == NULL)
        return fail("--seconds: cannot write %s: %s", s->seconds_path, strerror(errno));
    int exit_code = run(s, flags, request);
    bool failed = ferror(request->seconds_file);
    if (fclose(request->seconds_file) == 0 && !failed) return exit_code;
    return fail("--seconds: cannot write %s: %s", s->seconds_path, strerror(errno));
}

static int send_to_kafka(const settings_t *s, const flags_t *flags, const traffic_t *traffic)
{
    properties_t properties;
    char error[ERROR_SIZE];
    run_request_t request = {
        .topic = s->topic,
        .arrivals = traffic->arrivals,
        .seed = (uint64_t)s->seed,
        .payload_bytes = (size_t)s->payload_bytes,
        .keys = (size_t)s->keys,
        .key_skew = s->key_skew,
        .quiet = s->quiet,
    };
    if (!kafka_flags_settings(&s->kafka, &properties, &request.client, error, sizeof error))
        return fail("%s", error);
    if (s->log_uniform && !s->quiet)
        log_line(LOG_INFO, "Generator", "baseline %.1f events/s, drawn by seed %" PRIu64,
                 traffic->shape.baseline_per_s, request.seed);
    int exit_code = run_with_seconds(s, flags, &request);
    properties_free(&properties);
    return exit_code;
}

int command_generate(int argc, char **argv)
{
    flags_t *flags = &generate_flags;
    const settings_t *settings = &generate_settings;
    int exit_code;
    if (!flags_parse(flags, argc, argv, &exit_code)) return exit_code;
    traffic_t traffic = {0};
    exit_code = prepare_traffic(settings, flags, &traffic);
    if (exit_code == EXIT_OK)
        exit_code =
            settings->dry_run ? print_counts(&traffic.arrivals) : send_to_kafka(settings, flags, &traffic);
    trace_free(&traffic.trace);
    return exit_code;
}
