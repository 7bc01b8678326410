/*
 * adaptivestream simulate: what every way to place triggers would have done with recorded traffic.
 */
#include "benchmark/clairvoyant.h"
#include "benchmark/comparison.h"
#include "cli/commands.h"
#include "cli/simulate_plot.h"
#include "cli/traffic_flags.h"
#include "common/flags.h"
#include "common/options.h"
#include "common/parse.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ERROR_SIZE = 1024, OWN_FLAGS = 9, FIGURES = 5 };

static const char *const figure_names[FIGURES] = {"mean", "p50", "p95", "p99", "max"};
static const char *const forecaster_names[] = {"none"};

static struct {
    const char *trace_path, *policies, *plot_path;
    int goal, forecaster;
    double budget;
    bool equal_batches, json, csv;
    traffic_flags_t traffic;
} settings;

typedef struct {
    contender_t contender;
    contender_result_t result;
} row_t;

typedef struct {
    row_t rows[CONTENDER_COUNT];
    size_t count;
    contender_result_t fixed;
    simulate_plot_t plot;
} table_t;

/* A row as it is shown: figures, and their ratios to the fixed trigger's. */
typedef struct {
    double seconds[FIGURES], ratios[FIGURES], ratio_batches;
} shown_t;

static shown_t show(const contender_result_t *result, const contender_result_t *fixed)
{
    shown_t shown = {
        .seconds = {result->mean_s, result->p50_s, result->p95_s, result->p99_s, result->max_s},
        .ratio_batches = comparison_ratio((double)result->batches, (double)fixed->batches),
    };
    const double of[FIGURES] = {fixed->mean_s, fixed->p50_s, fixed->p95_s, fixed->p99_s, fixed->max_s};
    for (int i = 0; i < FIGURES; i++)
        shown.ratios[i] = comparison_ratio(shown.seconds[i], of[i]);
    return shown;
}

/* Reads the list of --policy into table->rows. */
static bool select_contenders(const flags_t *flags, table_t *table, int *exit_code)
{
    char name[32];
    for (const char *at = settings.policies; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        const size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), at);
        size_t i = 0;
        while (i < CONTENDER_COUNT && strcmp(name, contender_names[i]) != 0)
            i++;
        if (i == CONTENDER_COUNT) {
            const char *nearest = nearest_name(name, contender_names, CONTENDER_COUNT);
            *exit_code = flags_usage_error(
                flags,
                "--policy: '%s' is unknown%s%s; known are fixed, adaptive, asap, min-offsets, "
                "reactive, rate, delay-cost, clairvoyant",
                name, nearest ? "; did you mean " : "", nearest ? nearest : "");
            return false;
        }
        bool twice = false;
        for (size_t k = 0; k < table->count; k++)
            twice |= table->rows[k].contender == (contender_t)i;
        if (!twice) table->rows[table->count++].contender = (contender_t)i;
    }
    return true;
}

static bool run_all(const comparison_t *comparison, table_t *table)
{
    const bool progress = isatty(STDERR_FILENO);
    schedule_t schedule;
    if (!contender_run(comparison, CONTENDER_FIXED, 0, &schedule, &table->fixed)) return false;
    schedule_free(&schedule);
    for (size_t i = 0; i < table->count; i++) {
        row_t *row = &table->rows[i];
        if (progress)
            fprintf(stderr, "\r%s (%zu of %zu)\033[K", contender_names[row->contender], i + 1, table->count);
        bool done = contender_run(comparison, row->contender, table->fixed.batches, &schedule, &row->result);
        if (done && settings.plot_path)
            done = simulate_plot_add(&table->plot, contender_names[row->contender], &schedule,
                                     comparison->slots);
        schedule_free(&schedule);
        if (progress) fprintf(stderr, "\r\033[K");
        if (!done) return false;
    }
    return true;
}

static void print_table(const slots_t *slots, const table_t *table)
{
    char trigger[32];
    const double seconds = (double)slots->count * (double)slots->slot_ns * 1e-9;
    printf("%s: %" PRId64 " events in %.0f s (%.2f/s), trigger %s, batch %s, goal %s%s\n\n",
           settings.trace_path, slots->events, seconds, (double)slots->events / seconds,
           format_duration_ns(settings.traffic.trigger_ns, trigger, sizeof trigger),
           settings.traffic.batch_cost, goal_names[settings.goal],
           settings.equal_batches ? ", at equal batches" : "");
    printf("%-12s %8s %6s", "", "batches", "ratio");
    for (int i = 0; i < FIGURES; i++)
        printf(" %7s, s ratio", figure_names[i]);
    printf("\n");
    for (size_t i = 0; i < table->count; i++) {
        const contender_result_t *result = &table->rows[i].result;
        const shown_t shown = show(result, &table->fixed);
        printf("%-12s %8" PRId64 " %6.3f", contender_names[table->rows[i].contender], result->batches,
               shown.ratio_batches);
        for (int k = 0; k < FIGURES; k++)
            printf(" %10.3f %5.3f", shown.seconds[k], shown.ratios[k]);
        if (result->knob) printf("  %s %.6g", result->knob, result->knob_value);
        if (result->second_knob) printf(", %s %.6g", result->second_knob, result->second_value);
        printf("\n");
    }
}

static void print_csv(const table_t *table)
{
    printf("policy,batches");
    for (int i = 0; i < FIGURES; i++)
        printf(",%s_s", figure_names[i]);
    printf(",ratio_batches");
    for (int i = 0; i < FIGURES; i++)
        printf(",ratio_%s", figure_names[i]);
    printf("\n");
    for (size_t i = 0; i < table->count; i++) {
        const contender_result_t *result = &table->rows[i].result;
        const shown_t shown = show(result, &table->fixed);
        printf("%s,%" PRId64, contender_names[table->rows[i].contender], result->batches);
        for (int k = 0; k < FIGURES; k++)
            printf(",%.6f", shown.seconds[k]);
        printf(",%.6f", shown.ratio_batches);
        for (int k = 0; k < FIGURES; k++)
            printf(",%.6f", shown.ratios[k]);
        printf("\n");
    }
}

static json_t *json_of_result(const contender_result_t *result, const contender_result_t *fixed)
{
    char key[32];
    const shown_t shown = show(result, fixed);
    json_t *object =
        json_pack("{s:I, s:f}", "batches", (json_int_t)result->batches, "ratio_batches", shown.ratio_batches);
    for (int i = 0; i < FIGURES; i++) {
        snprintf(key, sizeof key, "%s_s", figure_names[i]);
        json_object_set_new(object, key, json_real(shown.seconds[i]));
        snprintf(key, sizeof key, "ratio_%s", figure_names[i]);
        json_object_set_new(object, key, json_real(shown.ratios[i]));
    }
    json_t *tuned = json_object();
    if (result->knob) json_object_set_new(tuned, result->knob, json_real(result->knob_value));
    if (result->second_knob) json_object_set_new(tuned, result->second_knob, json_real(result->second_value));
    json_object_set_new(object, "tuned", tuned);
    return object;
}

static void print_json(const slots_t *slots, const table_t *table)
{
    json_t *policies = json_object();
    for (size_t i = 0; i < table->count; i++)
        json_object_set_new(policies, contender_names[table->rows[i].contender],
                            json_of_result(&table->rows[i].result, &table->fixed));
    json_t *result = json_pack("{s:I, s:f, s:f, s:s, s:f, s:b, s:I}", "events", (json_int_t)slots->events,
                               "seconds", (double)slots->count * (double)slots->slot_ns * 1e-9, "trigger_s",
                               (double)settings.traffic.trigger_ns * 1e-9, "goal", goal_names[settings.goal],
                               "budget", settings.budget, "equal_batches", settings.equal_batches, "seed",
                               (json_int_t)settings.traffic.seed);
    /* NULL, and left out, when it is no UTF-8. */
    json_object_set_new(result, "trace", json_pack("s", settings.trace_path));
    json_object_set_new(result, "policies", policies);
    json_dumpf(result, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(result);
}

static int simulate_trace(table_t *table)
{
    char error[ERROR_SIZE];
    slots_t slots;
    if (!traffic_load(settings.trace_path, &settings.traffic, &slots, error, sizeof error)) {
        fprintf(stderr, "adaptivestream simulate: %s\n", error);
        return EXIT_FAILED;
    }
    if (slots.events == 0) {
        fprintf(stderr, "adaptivestream simulate: %s: no events in it, or none within --limit\n",
                settings.trace_path);
        slots_free(&slots);
        return EXIT_FAILED;
    }
    options_t options;
    options_defaults(&options);
    options.goal = (goal_t)settings.goal;
    options.budget = settings.budget;
    const comparison_t comparison = {.slots = &slots,
                                     .config = governor_config_of(&options, settings.traffic.trigger_ns),
                                     .model = settings.traffic.model,
                                     .equal_batches = settings.equal_batches};
    bool done = run_all(&comparison, table);
    if (!done && !clairvoyant_in_range(&slots))
        snprintf(error, sizeof error,
                 "%s: %" PRId64
                 " events in %zu slots are too many for policy clairvoyant to count; --limit or a "
                 "lower --scale makes them fewer, and --policy can leave it out",
                 settings.trace_path, slots.events, slots.count);
    else if (!done)
        snprintf(error, sizeof error, "not enough memory for %zu slots; --limit shortens the trace",
                 slots.count);
    else if (settings.json)
        print_json(&slots, table);
    else if (settings.csv)
        print_csv(table);
    else
        print_table(&slots, table);
    if (done && settings.plot_path)
        done =
            simulate_plot_write(&table->plot, settings.plot_path, settings.trace_path, error, sizeof error);
    if (!done) fprintf(stderr, "adaptivestream simulate: %s\n", error);
    simulate_plot_free(&table->plot);
    slots_free(&slots);
    return done ? EXIT_OK : EXIT_FAILED;
}

static const flag_t own_flags[OWN_FLAGS] = {
    {.name = "--trace",
     .type = FLAG_TEXT,
     .value = &settings.trace_path,
     .argument = "FILE",
     .help = "recorded traffic: CSV with the header count, may be gzip; - reads standard input"},
    {.name = "--goal",
     .type = FLAG_CHOICE,
     .value = &settings.goal,
     .preset = "balanced",
     .choices = goal_names,
     .choice_count = GOAL_COUNT,
     .help = "of policy adaptive"},
    {.name = "--budget",
     .type = FLAG_NUMBER,
     .value = &settings.budget,
     .argument = "FACTOR",
     .preset = "1",
     .minimum = 0.1,
     .maximum = 10,
     .help = "of policy adaptive: batches allowed per batch of the fixed trigger"},
    {.name = "--policy",
     .type = FLAG_TEXT,
     .value = &settings.policies,
     .argument = "LIST",
     .preset = "fixed,adaptive,asap,min-offsets,reactive,rate,delay-cost,clairvoyant",
     .help = "what to compare, separated by commas"},
    {.name = "--forecaster",
     .type = FLAG_CHOICE,
     .value = &settings.forecaster,
     .preset = "none",
     .choices = forecaster_names,
     .choice_count = sizeof forecaster_names / sizeof forecaster_names[0],
     .help = "of policy adaptive"},
    {.name = "--equal-batches",
     .type = FLAG_SWITCH,
     .value = &settings.equal_batches,
     .help = "tune the one knob of every policy, with hindsight, to the batches of the fixed trigger"},
    {.name = "--json", .type = FLAG_SWITCH, .value = &settings.json, .help = "print JSON"},
    {.name = "--csv", .type = FLAG_SWITCH, .value = &settings.csv, .help = "print CSV, a line a policy"},
    {.name = "--plot",
     .type = FLAG_TEXT,
     .value = &settings.plot_path,
     .argument = "FILE.svg",
     .help = "draw which share of the events waits how long"},
};

int command_simulate(int argc, char **argv)
{
    flag_t flag_table[OWN_FLAGS + TRAFFIC_FLAGS];
    memcpy(flag_table, own_flags, (OWN_FLAGS) * sizeof own_flags[0]);
    traffic_flags_add(flag_table + OWN_FLAGS, &settings.traffic);
    flags_t flags = {
        .command = "simulate",
        .summary = "Replays recorded traffic through the agent's own decisions, and through others, and says "
                   "how long\n"
                   "events would have waited and in how many batches. Ratios are to the fixed trigger.",
        .table = flag_table,
        .count = OWN_FLAGS + TRAFFIC_FLAGS,
        .notes =
            "min-offsets, delay-cost and clairvoyant are always tuned to the batches of the fixed trigger.",
    };
    int exit_code;
    table_t table = {.count = 0};
    if (!flags_parse(&flags, argc, argv, &exit_code) ||
        !traffic_flags_check(&flags, &settings.traffic, &exit_code) ||
        !select_contenders(&flags, &table, &exit_code))
        return exit_code;
    if (!settings.trace_path) return flags_usage_error(&flags, "--trace is missing");
    if (settings.json && settings.csv)
        return flags_usage_error(&flags, "--json and --csv exclude each other");
    return simulate_trace(&table);
}
