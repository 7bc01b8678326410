/*
 * adaptivestream benchmark collect: the raw records of one run. Called by tools/bench_suite.py when the job has ended.
 */
#include "benchmark/suite_collect.h"
#include "cli/benchmark.h"
#include "common/flags.h"

#include <jansson.h>
#include <stdio.h>

enum { ERROR_SIZE = 1024 };

static void add_figures(json_t *object, const char *kind, const suite_figures_t *figures)
{
    const struct {
        const char *name;
        double value;
    } items[] = {{"mean", figures->mean_s},
                 {"p50", figures->p50_s},
                 {"p95", figures->p95_s},
                 {"p99", figures->p99_s},
                 {"max", figures->max_s}};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s_%s_s", kind, items[i].name);
        json_object_set_new(object, key, json_real(items[i].value));
    }
}

static void print_run(const suite_run_t *run)
{
    json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:f}", "events", (json_int_t)run->events,
                               "before", (json_int_t)run->before, "missing", (json_int_t)run->missing,
                               "repeated", (json_int_t)run->repeated, "batches", (json_int_t)run->batches,
                               "batch_mean_s", run->batch_mean_s, "busy_s", run->busy_s);
    add_figures(object, "wait", &run->wait);
    add_figures(object, "latency", &run->latency);
    json_dumpf(object, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(object);
}

int benchmark_collect(int argc, char **argv)
{
    const char *broker, *topic, *progress = NULL, *output = NULL;
    int64_t start_ms = 0, timeout_ns;
    const flag_t table[] = {
        {.name = "--broker",
         .type = FLAG_TEXT,
         .value = &broker,
         .argument = "HOST:PORT",
         .preset = "localhost:9092",
         .help = "Kafka broker"},
        {.name = "--topic",
         .type = FLAG_TEXT,
         .value = &topic,
         .argument = "NAME",
         .preset = "adaptive-stream",
         .help = "topic that the query read"},
        {.name = "--progress",
         .type = FLAG_TEXT,
         .value = &progress,
         .argument = "FILE",
         .help = "the query's progress: Spark's event log, a driver's log, a listener's JSON"},
        {.name = "--start",
         .type = FLAG_INTEGER,
         .value = &start_ms,
         .argument = "EPOCH_MS",
         .preset = "0",
         .minimum = 0,
         .maximum = 9e15,
         .help = "when the traffic began"},
        {.name = "--output",
         .type = FLAG_TEXT,
         .value = &output,
         .argument = "FOLDER",
         .help = "gets batches.csv, waits.csv and seconds.csv"},
        {.name = "--timeout",
         .type = FLAG_DURATION,
         .value = &timeout_ns,
         .argument = "SECONDS",
         .preset = "120",
         .minimum = 0.1,
         .maximum = 86400,
         .help = "give up reading the topic after so long"},
    };
    flags_t flags = {.command = "benchmark collect",
                     .summary = "Writes the raw records of one run into CSV files, and prints its figures.",
                     .table = table,
                     .count = sizeof table / sizeof table[0]};
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!progress || !output)
        return flags_usage_error(&flags, "--progress FILE and --output FOLDER are needed");
    const client_settings_t kafka = {.broker = broker};
    const suite_collect_request_t request = {
        .topic = {.kafka = &kafka, .topic = topic, .deadline_ms = timeout_ns / 1000000},
        .progress = progress,
        .folder = output,
        .start_ms = start_ms};
    suite_run_t run;
    char error[ERROR_SIZE];
    if (!suite_collect(&request, &run, error, sizeof error)) {
        fprintf(stderr, "adaptivestream benchmark collect: %s\n", error);
        return EXIT_FAILED;
    }
    print_run(&run);
    return EXIT_OK;
}
