/*
 * adaptivestream measure: the waits of real queries, from Spark's progress and Kafka's time stamps.
 */
#include "benchmark/measure.h"
#include "benchmark/journal_summary.h"
#include "cli/commands.h"
#include "cli/kafka_flags.h"
#include "common/flags.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, FIGURE_COLUMNS = 5 };

static const char *const column_names[FIGURE_COLUMNS] = {"mean", "p50", "p95", "p99", "max"};

typedef struct {
    kafka_flags_t kafka;
    client_settings_t client; /* of kafka */
    const char *topic, *progress, *against, *phases, *journal, *query, *against_query, *journal_query;
    int64_t start_ms, repeat, timeout_ns, bound_ns;
    bool start_known, bound_given, json;
} options_of_measure_t;

typedef struct {
    int64_t batches;
    int64_t events;
    double seconds[FIGURE_COLUMNS];
} row_t;

static row_t row_of_figures(const wait_figures_t *figures)
{
    return (row_t){figures->batches,
                   figures->events,
                   {figures->mean_ms / 1e3, (double)figures->p50_ms / 1e3, (double)figures->p95_ms / 1e3,
                    (double)figures->p99_ms / 1e3, (double)figures->max_ms / 1e3}};
}

static row_t row_of_summary(const wait_summary_t *waits)
{
    return (row_t){waits->batches,
                   waits->events,
                   {waits->mean_s, waits->p50_s, waits->p95_s, waits->p99_s, waits->max_s}};
}

static void print_row(const char *title, const char *name, const row_t *row)
{
    printf("%-18s %-12.12s %8" PRId64 " %9" PRId64, title, name, row->batches, row->events);
    for (int i = 0; i < FIGURE_COLUMNS; i++)
        printf(" %8.3f", row->seconds[i]);
    printf("\n");
}

static void print_ratio(const row_t *first, const row_t *second)
{
    printf("%-18s %-12s", "", "ratio");
    if (second->batches > 0)
        printf(" %8.3f %9s", (double)first->batches / (double)second->batches, "");
    else
        printf(" %8s %9s", "-", "");
    for (int i = 0; i < FIGURE_COLUMNS; i++) {
        if (second->seconds[i] > 0)
            printf(" %8.3f", first->seconds[i] / second->seconds[i]);
        else
            printf(" %8s", "-");
    }
    printf("\n");
}

/* phase < 0: over all. */
static row_t row_of(const measured_query_t *query, int phase)
{
    return row_of_figures(phase < 0 ? &query->all : &query->by_phase[phase]);
}

static void print_block(const measurement_t *measurement, const char *title, int phase)
{
    row_t rows[MEASURED_MAXIMUM];
    for (size_t i = 0; i < measurement->query_count; i++) {
        rows[i] = row_of(&measurement->queries[i], phase);
        print_row(i == 0 ? title : "", measurement->queries[i].name, &rows[i]);
    }
    if (measurement->query_count == 2) print_ratio(&rows[0], &rows[1]);
}

static const char *query_in_journal(const options_of_measure_t *options)
{
    if (options->journal_query) return options->journal_query;
    return options->query ? options->query : "governed";
}

static double bound_s(const options_of_measure_t *options)
{
    return (double)options->bound_ns / 1e9;
}

static void print_excess(const options_of_measure_t *options, const measurement_t *measurement)
{
    printf("\nEvents that waited longer than %g s and what was left of a batch running when they came:\n",
           bound_s(options));
    for (size_t i = 0; i < measurement->query_count; i++) {
        const measured_query_t *query = &measurement->queries[i];
        double largest_s = (double)query->excess.largest_ms / 1e3;
        printf("%-18s %-12.12s %8s %9" PRId64 "   the worst one %.3f s %s\n", "", query->name, "",
               query->excess.events, largest_s < 0 ? -largest_s : largest_s,
               query->excess.events > 0 ? "longer" : "less");
    }
}

static void print_table(const options_of_measure_t *options, const measurement_t *measurement,
                        const journal_summary_t *summary)
{
    printf("Topic %s: %" PRId64
           " events. Waits in seconds, from an event's time stamp to its batch's trigger.\n\n",
           options->topic, measurement->events);
    printf("%-18s %-12s %8s %9s", "", "", "batches", "events");
    for (int i = 0; i < FIGURE_COLUMNS; i++)
        printf(" %8s", column_names[i]);
    printf("\n");
    for (size_t i = 0; i < measurement->phases.count; i++)
        print_block(measurement, measurement->phases.items[i].name, (int)i);
    print_block(measurement, "all", -1);
    if (options->bound_given) print_excess(options, measurement);
    if (summary) {
        row_t shadow = row_of_summary(&summary->shadow);
        printf("\nThe agent's shadow: what %s would have had under its own trigger\n",
               query_in_journal(options));
        print_row("predicted", "shadow", &shadow);
        if (measurement->query_count == 2) {
            row_t real = row_of(&measurement->queries[1], -1);
            print_row("really", measurement->queries[1].name, &real);
            print_ratio(&shadow, &real);
        }
    }
}

/* "new" references are handed over to the result. */
static json_t *json_of_row(const row_t *row)
{
    json_t *result =
        json_pack("{s:I, s:I}", "batches", (json_int_t)row->batches, "events", (json_int_t)row->events);
    for (int i = 0; i < FIGURE_COLUMNS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%s_s", column_names[i]);
        json_object_set_new(result, key, json_real(row->seconds[i]));
    }
    return result;
}

static json_t *json_of_ratio(const row_t *first, const row_t *second)
{
    json_t *result = json_object();
    if (second->batches > 0)
        json_object_set_new(result, "batches", json_real((double)first->batches / (double)second->batches));
    for (int i = 0; i < FIGURE_COLUMNS; i++) {
        if (second->seconds[i] > 0)
            json_object_set_new(result, column_names[i], json_real(first->seconds[i] / second->seconds[i]));
    }
    return result;
}

static json_t *json_of_block(const measurement_t *measurement, const char *title, int phase)
{
    json_t *block = json_pack("{s:s}", "phase", title);
    row_t rows[MEASURED_MAXIMUM];
    for (size_t i = 0; i < measurement->query_count; i++) {
        rows[i] = row_of(&measurement->queries[i], phase);
        json_object_set_new(block, i == 0 ? "query" : "against", json_of_row(&rows[i]));
    }
    if (measurement->query_count == 2) json_object_set_new(block, "ratio", json_of_ratio(&rows[0], &rows[1]));
    return block;
}

static json_t *json_of_query(const options_of_measure_t *options, const measured_query_t *query)
{
    json_t *result = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", query->name, "file", query->file,
                               "before", (json_int_t)query->before, "missing", (json_int_t)query->missing,
                               "repeated", (json_int_t)query->repeated, "rows", (json_int_t)query->rows);
    if (options->bound_given) {
        json_object_set_new(result, "above_bound", json_pack("I", (json_int_t)query->excess.events));
        json_object_set_new(result, "largest_excess_s", json_real((double)query->excess.largest_ms / 1e3));
    }
    return result;
}

static void print_json(const options_of_measure_t *options, const measurement_t *measurement,
                       const journal_summary_t *summary)
{
    json_t *report =
        json_pack("{s:s, s:s, s:I, s:b}", "broker", options->client.broker, "topic", options->topic, "events",
                  (json_int_t)measurement->events, "complete", measurement_is_complete(measurement));
    json_t *queries = json_array(), *phases = json_array();
    for (size_t i = 0; i < measurement->query_count; i++)
        json_array_append_new(queries, json_of_query(options, &measurement->queries[i]));
    for (size_t i = 0; i < measurement->phases.count; i++)
        json_array_append_new(phases, json_of_block(measurement, measurement->phases.items[i].name, (int)i));
    if (options->bound_given) json_object_set_new(report, "bound_s", json_real(bound_s(options)));
    json_object_set_new(report, "queries", queries);
    json_object_set_new(report, "phases", phases);
    json_object_set_new(report, "all", json_of_block(measurement, "all", -1));
    if (summary) {
        row_t own = row_of_summary(&summary->own), shadow = row_of_summary(&summary->shadow);
        json_object_set_new(report, "own", json_of_row(&own));
        json_object_set_new(report, "shadow", json_of_row(&shadow));
    }
    json_dumpf(report, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(report);
}

static void complain_of_gaps(const measurement_t *measurement)
{
    for (size_t i = 0; i < measurement->query_count; i++) {
        const measured_query_t *query = &measurement->queries[i];
        if (query->missing > 0 || query->repeated > 0)
            fprintf(stderr,
                    "adaptivestream measure: %s: %" PRId64
                    " events of the topic were taken by no batch and %" PRId64
                    " more than once; was the query stopped before it had caught up, or the file cut?\n",
                    query->file, query->missing, query->repeated);
    }
}

static bool parse_phases(const flags_t *flags, const options_of_measure_t *options, shape_t *shape,
                         int *exit_code)
{
    char text[4096], error[ERROR_SIZE];
    bool prefixed = strncmp(options->phases, "phases=", strlen("phases=")) == 0;
    snprintf(text, sizeof text, "%s%s", prefixed ? "" : "phases=", options->phases);
    if (shape_parse(text, shape, error, sizeof error)) return true;
    *exit_code = flags_usage_error(flags, "--phases: %s", error);
    return false;
}

static int report(const options_of_measure_t *options, const shape_t *shape)
{
    char error[ERROR_SIZE];
    journal_summary_t summary;
    measurement_t measurement;
    measure_request_t request = {.topic = {.kafka = &options->client,
                                           .topic = options->topic,
                                           .deadline_ms = options->timeout_ns / 1000000},
                                 .progress = {options->progress, options->against},
                                 .query = {options->query, options->against_query},
                                 .progress_count = options->against ? 2 : 1,
                                 .phases = shape,
                                 .start_known = options->start_known,
                                 .start_ms = options->start_ms,
                                 .repeat = (int)options->repeat,
                                 .bound_ms = options->bound_ns / 1000000};
    bool good = !options->journal || journal_summary_read(options->journal, query_in_journal(options),
                                                          &summary, error, sizeof error);
    if (!good || !measure(&request, &measurement, error, sizeof error)) {
        fprintf(stderr, "adaptivestream measure: %s\n", error);
        return EXIT_FAILED;
    }
    if (options->json)
        print_json(options, &measurement, options->journal ? &summary : NULL);
    else
        print_table(options, &measurement, options->journal ? &summary : NULL);
    bool complete = measurement_is_complete(&measurement);
    complain_of_gaps(&measurement);
    measurement_free(&measurement);
    return complete ? EXIT_OK : EXIT_FAILED;
}

int command_measure(int argc, char **argv)
{
    options_of_measure_t options = {0};
    shape_t shape = {0};
    const flag_t table[] = {
        KAFKA_BROKER_FLAG(options.kafka),
        {.name = "--topic",
         .type = FLAG_TEXT,
         .value = &options.topic,
         .argument = "NAME",
         .preset = "adaptive-stream",
         .help = "topic that the query read"},
        {.name = "--progress",
         .type = FLAG_TEXT,
         .value = &options.progress,
         .argument = "FILE",
         .help = "the query's progress: Spark's event log, a driver's log, a listener's JSON"},
        {.name = "--against",
         .type = FLAG_TEXT,
         .value = &options.against,
         .argument = "FILE",
         .help = "progress of a second query on the topic, to compare with"},
        {.name = "--query",
         .type = FLAG_TEXT,
         .value = &options.query,
         .argument = "NAME",
         .help = "the one of that name or id, where several queries in FILE read the topic"},
        {.name = "--against-query",
         .type = FLAG_TEXT,
         .value = &options.against_query,
         .argument = "NAME",
         .help = "the second query's, in the same FILE without --against"},
        {.name = "--phases",
         .type = FLAG_TEXT,
         .value = &options.phases,
         .argument = "RATExSECONDS,...",
         .help = "split the figures by the phases of the traffic"},
        {.name = "--start",
         .type = FLAG_INTEGER,
         .value = &options.start_ms,
         .given = &options.start_known,
         .argument = "EPOCH_MS",
         .minimum = 0,
         .maximum = 9e15,
         .help = "when the phases began (default: at the earliest event)"},
        {.name = "--repeat",
         .type = FLAG_INTEGER,
         .value = &options.repeat,
         .argument = "N",
         .preset = "1",
         .minimum = 1,
         .maximum = 10000,
         .help = "the phases were run N times in a row"},
        {.name = "--bound",
         .type = FLAG_DURATION,
         .value = &options.bound_ns,
         .given = &options.bound_given,
         .argument = "SECONDS",
         .minimum = 0,
         .maximum = 864000,
         .help = "count the events that waited longer, beyond a batch that was running"},
        {.name = "--journal",
         .type = FLAG_TEXT,
         .value = &options.journal,
         .argument = "FILE",
         .help = "the agent's journal: adds what its shadow predicted"},
        {.name = "--journal-query",
         .type = FLAG_TEXT,
         .value = &options.journal_query,
         .argument = "NAME",
         .help = "name or id of the governed query in it (default: --query, or else governed)"},
        {.name = "--timeout",
         .type = FLAG_DURATION,
         .value = &options.timeout_ns,
         .argument = "SECONDS",
         .preset = "60",
         .minimum = 0.1,
         .maximum = 86400,
         .help = "give up reading the topic after so long"},
        KAFKA_PROPERTY_FLAG(options.kafka),
        KAFKA_CONFIG_FLAG(options.kafka),
        {.name = "--json", .type = FLAG_SWITCH, .value = &options.json, .help = "print JSON"},
    };
    flags_t flags = {
        .command = "measure",
        .summary = "Prints how long each event of a topic waited for the batch that took it, and that of a "
                   "second query beside it.",
        .table = table,
        .count = sizeof table / sizeof table[0],
        .notes = "Progress is found in what Spark writes under spark.eventLog.dir (a file, the folder of a "
                 "rolled log, or one that holds a single log), in a driver's log at INFO, and where a "
                 "listener's onQueryProgress prints event.progress.json; also gzipped, - reads standard "
                 "input.\n\n" KAFKA_SECURITY_NOTES("measure"),
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!options.progress) return flags_usage_error(&flags, "--progress FILE is missing");
    if (!options.against && options.against_query) options.against = options.progress;
    if (options.against && strcmp(options.progress, "-") == 0 && strcmp(options.against, "-") == 0)
        return flags_usage_error(&flags, "standard input holds one query's progress: it is read once");
    if (!options.phases && (options.start_known || options.repeat > 1))
        return flags_usage_error(&flags, "--start and --repeat belong to --phases");
    if (options.phases && !parse_phases(&flags, &options, &shape, &exit_code)) return exit_code;
    char error[ERROR_SIZE];
    properties_t file;
    if (!kafka_flags_settings(&options.kafka, &file, &options.client, error, sizeof error)) {
        fprintf(stderr, "adaptivestream measure: %s\n", error);
        return EXIT_FAILED;
    }
    exit_code = report(&options, options.phases ? &shape : NULL);
    properties_free(&file);
    return exit_code;
}
