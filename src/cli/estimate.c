/*
 * adaptivestream estimate: what would an adaptive trigger bring this job?
 */
#include "benchmark/estimate.h"

#include "cli/commands.h"
#include "cli/estimate_input.h"
#include "cli/estimate_print.h"
#include "cli/traffic_flags.h"
#include "common/flags.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ERROR_SIZE = 1024, OWN_FLAGS = 5 };

static struct {
    estimate_source_t source;
    int goal;
    const char *plot_path;
    bool json;
} settings;

static const flag_t own_flags[OWN_FLAGS] = {
    {.name = "--progress",
     .type = FLAG_TEXT,
     .value = &settings.source.progress_path,
     .argument = "FILE",
     .help = "a job's own reports, in place of a trace; - reads standard input"},
    {.name = "--query",
     .type = FLAG_TEXT,
     .value = &settings.source.query,
     .argument = "NAME",
     .help = "which query of --progress: its name or id"},
    {.name = "--goal",
     .type = FLAG_CHOICE,
     .value = &settings.goal,
     .preset = "balanced",
     .choices = goal_names,
     .choice_count = GOAL_COUNT,
     .help = "of the verdict and the curve"},
    {.name = "--plot",
     .type = FLAG_TEXT,
     .value = &settings.plot_path,
     .argument = "FILE",
     .help = "write the curve as SVG"},
    {.name = "--json", .type = FLAG_SWITCH, .value = &settings.json, .help = "print JSON"},
};

static void show_run(void *context, int run, int runs)
{
    (void)context;
    fprintf(stderr, "\rrun %d of %d\033[K", run, runs);
}

static int report(const estimate_source_t *source)
{
    estimate_input_t input;
    estimate_t result;
    int exit_code;
    if (!estimate_input_load(source, &input, &exit_code)) return exit_code;
    const estimate_request_t request = {.slots = &input.slots,
                                        .trigger_ns = input.trigger_ns,
                                        .model = input.model,
                                        .goal = (goal_t)settings.goal};
    const bool terminal = isatty(STDERR_FILENO);
    const bool done = estimate(&request, terminal ? show_run : NULL, NULL, &result);
    if (terminal) fprintf(stderr, "\r\033[K");
    if (!done) {
        fprintf(stderr,
                "adaptivestream estimate: %s: not enough memory; --limit looks at its beginning only\n",
                input.path);
        estimate_input_free(&input);
        return EXIT_FAILED;
    }
    if (settings.json)
        estimate_print_json(&input, &result);
    else
        estimate_print_screen(&input, &result);
    char error[ERROR_SIZE];
    exit_code = EXIT_OK;
    if (settings.plot_path && !estimate_plot(settings.plot_path, &result, error, sizeof error)) {
        fprintf(stderr, "adaptivestream estimate: %s\n", error);
        exit_code = EXIT_FAILED;
    }
    estimate_input_free(&input);
    return exit_code;
}

/* Flags that would silently do nothing. */
static bool check_flags(const flags_t *flags, const bool typed[TRAFFIC_FLAGS], int *exit_code)
{
    static const char *const of_traces[] = {"--bin", "--scale", "--speed", "--seed"};
    const estimate_source_t *source = &settings.source;
    *exit_code = EXIT_USAGE;
    if (flags->operand_count == 0 && !source->progress_path)
        flags_usage_error(flags, "name a TRACE, or a job's reports by --progress FILE");
    else if (flags->operand_count > 0 && source->progress_path)
        flags_usage_error(flags, "either '%s' or --progress, not both", flags->operands[0]);
    else if (source->query && !source->progress_path)
        flags_usage_error(flags, "--query belongs to --progress");
    else
        *exit_code = EXIT_OK;
    for (size_t i = 0; i < TRAFFIC_FLAGS && source->progress_path && *exit_code == EXIT_OK; i++)
        for (size_t k = 0; k < sizeof of_traces / sizeof of_traces[0]; k++)
            if (typed[i] && strcmp(flags->table[OWN_FLAGS + i].name, of_traces[k]) == 0)
                *exit_code = flags_usage_error(flags, "%s belongs to a TRACE", of_traces[k]);
    return *exit_code == EXIT_OK;
}

int command_estimate(int argc, char **argv)
{
    flag_t table[OWN_FLAGS + TRAFFIC_FLAGS];
    bool typed[TRAFFIC_FLAGS] = {false};
    estimate_source_t *source = &settings.source;
    memcpy(table, own_flags, sizeof own_flags);
    traffic_flags_add(table + OWN_FLAGS, &source->traffic);
    for (size_t i = 0; i < TRAFFIC_FLAGS; i++)
        table[OWN_FLAGS + i].given = &typed[i];
    flags_t flags = {
        .command = "estimate",
        .summary = "Says what an adaptive trigger would bring: how long events wait and how many batches "
                   "run, now and\n"
                   "under each goal, and whether it is worth it. Nothing has to be installed for it.",
        .table = table,
        .count = OWN_FLAGS + TRAFFIC_FLAGS,
        .notes =
            "TRACE is CSV with the header count, events a bin, may be gzip; - reads standard input.\n"
            "--progress reads Spark's event log (a file, the folder of a rolled one, or one that holds a "
            "single log), a driver's log at "
            "level\n"
            "INFO, or a listener's JSON; may be gzip. Trigger and batch cost are then taken from there.\n"
            "The rows of a batch are spread evenly over the time since the trigger before; real traffic is\n"
            "burstier, and gains more.",
        .operands_help = "TRACE | --progress FILE",
        .operands_maximum = 1,
        .operands_anywhere = true,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code) ||
        !traffic_flags_check(&flags, &source->traffic, &exit_code) || !check_flags(&flags, typed, &exit_code))
        return exit_code;
    if (!source->progress_path) source->trace_path = flags.operands[0];
    for (size_t i = 0; i < TRAFFIC_FLAGS; i++) {
        const char *name = table[OWN_FLAGS + i].name;
        if (strcmp(name, "--trigger") == 0) source->trigger_given = typed[i];
        if (strcmp(name, "--batch-cost") == 0) source->cost_given = typed[i];
    }
    return report(source);
}
