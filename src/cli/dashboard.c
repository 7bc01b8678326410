/*
 * adaptivestream dashboard JOURNAL: what a journal tells, in the page of the live dashboard.
 */
#include "benchmark/journal_observations.h"
#include "cli/commands.h"
#include "cli/time_of_day.h"
#include "common/flags.h"
#include "common/interrupt.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ERROR_SIZE = 1024 };

typedef struct {
    const char *journal, *query, *listen, *until;
    bool listen_given;
} options_of_dashboard_t;

static void observed(void *context, const observation_t *observation)
{
    monitor_observe(context, observation);
}

static void advised(void *context, const char *query, int64_t time_ms, double rate, double confidence)
{
    monitored_forecast_t forecast = {.time_ms = time_ms,
                                     .rate = (double)NAN,
                                     .effective = rate,
                                     .confidence = confidence,
                                     .elapsed_us = FIELD_UNKNOWN};
    monitor_forecast(context, query, &forecast);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Until Ctrl-C. */
static void serve(const options_of_dashboard_t *options, const monitor_t *monitor, const journal_told_t *told)
{
    if (told->malformed > 0)
        fprintf(stderr,
                "adaptivestream dashboard: %s: %zu lines are no journal's and were passed over, the first is "
                "line %zu\n",
                options->journal, told->malformed, told->first_malformed);
    printf("%s, %zu lines, is shown at http://%s/ until Ctrl-C.\n", name_of(options->journal), told->lines,
           monitor_address(monitor));
    fflush(stdout);
    interrupt_wait();
}

static int show_journal(const options_of_dashboard_t *options, int64_t until_ms)
{
    char error[ERROR_SIZE];
    monitor_options_t monitored = {.address = options->listen,
                                   .given_as = "--listen ",
                                   .any_port = !options->listen_given,
                                   .replay = name_of(options->journal)};
    if (access(options->journal, R_OK) != 0) {
        fprintf(stderr, "adaptivestream dashboard: %s: %s\n", options->journal, strerror(errno));
        return EXIT_FAILED;
    }
    interrupt_install();
    monitor_t *monitor = monitor_start(&monitored, error, sizeof error);
    if (monitor == NULL) {
        fprintf(stderr, "adaptivestream dashboard: %s\n", error);
        return EXIT_FAILED;
    }
    journal_listener_t listener = {.observed = observed, .advised = advised, .context = monitor};
    journal_told_t told;
    bool read =
        journal_tell(options->journal, options->query, until_ms, &listener, &told, error, sizeof error);
    if (read && told.observations == 0) {
        read = false;
        snprintf(error, sizeof error, "%s: nothing in it to show%s%s", options->journal,
                 options->query ? " of query " : "", options->query ? options->query : "");
    }
    if (read)
        serve(options, monitor, &told);
    else
        fprintf(stderr, "adaptivestream dashboard: %s\n", error);
    monitor_stop(monitor);
    return read ? EXIT_OK : EXIT_FAILED;
}

int command_dashboard(int argc, char **argv)
{
    options_of_dashboard_t options = {0};
    const flag_t table[] = {
        {.name = "--query",
         .type = FLAG_TEXT,
         .value = &options.query,
         .argument = "NAME",
         .help = "show only this query: its name, its id or the id of a run"},
        {.name = "--until",
         .type = FLAG_TEXT,
         .value = &options.until,
         .argument = "TIME",
         .help = "show what was known then: \"2026-11-26 04:00:00\" (UTC), or milliseconds since the epoch"},
        {.name = "--listen",
         .type = FLAG_TEXT,
         .value = &options.listen,
         .given = &options.listen_given,
         .argument = "ADDRESS",
         .preset = "127.0.0.1:9877",
         .help = "address of this machine's loopback interface; port 0 is a free one (not given: also where "
                 "9877 is taken)"},
    };
    flags_t flags = {
        .command = "dashboard",
        .summary =
            "Shows what the agent's journal tells in a browser, as the dashboard of a running job shows it.",
        .table = table,
        .count = sizeof table / sizeof table[0],
        .operands_help = "JOURNAL",
        .operands_minimum = 1,
        .operands_maximum = 1,
        .operands_anywhere = true,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    options.journal = flags.operands[0];
    int64_t until_ms = INT64_MAX;
    if (options.until != NULL && !time_of_day_parse(options.until, &until_ms))
        return flags_usage_error(&flags, "--until %s: not a time as in \"2026-11-26 04:00:00\" (UTC)",
                                 options.until);
    return show_journal(&options, until_ms);
}
