/*
 * adaptivestream replay: do the decisions in the agent's journal come out again, all of them, when the same
 * calls are made once more?
 */
#include "benchmark/replay.h"

#include "cli/commands.h"
#include "common/flags.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

enum { ERROR_SIZE = 1024 };
static const int64_t big_bytes = 64 << 20; /* takes more than a second */

typedef struct {
    const char *journal, *query;
    bool json;
} options_of_replay_t;

static const char *const state_names[REPLAY_STATES] = {
    [REPLAY_ENDED] = "ended",   [REPLAY_OPEN] = "open",       [REPLAY_HEADLESS] = "headless",
    [REPLAY_BROKEN] = "broken", [REPLAY_CROWDED] = "crowded",
};

static const char *const state_notes[REPLAY_STATES] = {
    [REPLAY_ENDED] = "",
    [REPLAY_OPEN] = "no summary: it still runs, or its driver was killed",
    [REPLAY_HEADLESS] =
        "cannot be replayed: the journal begins after its start (journal_size says how much is kept)",
    [REPLAY_BROKEN] = "replayed up to a malformed line",
    [REPLAY_CROWDED] = "replayed in part: too many other runs without an end",
};

static void show_progress(void *context, int64_t bytes, int64_t all_bytes)
{
    bool *shown = context;
    if (all_bytes < big_bytes) return;
    *shown = true;
    fprintf(stderr, "\rreplayed %" PRId64 " of %" PRId64 " MB (%" PRId64 " %%)\033[K", bytes >> 20,
            all_bytes >> 20, bytes * 100 / all_bytes);
}

static void print_run(const replay_run_t *run)
{
    printf("%-20s %-36s %9" PRId64 " %9" PRId64 " %9" PRId64, run->query, run->run, run->calls,
           run->decisions, run->differing);
    const char *note = state_notes[run->state];
    printf("%s%s\n", *note ? "  " : "", note);
    if (run->difference_line > 0)
        printf("    line %zu: %s is %s in the journal and %s replayed%s\n", run->difference_line,
               run->difference.key, run->difference.in_journal, run->difference.replayed,
               run->summary_differs && run->differing == 0 ? " (in its summary)" : "");
    if (run->skipped > 0)
        printf("    %" PRId64 " of its lines were not replayed%s\n", run->skipped,
               run->state == REPLAY_ENDED ? ": they follow its summary, as the driver went down" : "");
}

static void print_table(const options_of_replay_t *options, const replay_report_t *report)
{
    printf("%-20s %-36s %9s %9s %9s\n", "query", "run", "calls", "decisions", "differing");
    for (size_t i = 0; i < report->count; i++)
        print_run(&report->runs[i]);
    if (report->files > 1)
        printf("%zu files are read as one journal; lines are numbered through, the oldest file first.\n",
               report->files);
    if (report->torn)
        printf("Line %zu is torn, the last one: a driver was killed as it wrote.\n", report->lines);
    if (replay_is_equal(report))
        printf("%s: all %" PRId64 " decisions are the same.\n", options->journal, report->decisions);
    else if (report->differing > 0)
        printf("%s: %" PRId64 " of %" PRId64 " decisions differ.\n", options->journal, report->differing,
               report->decisions);
    else
        printf("%s: %" PRId64 " decisions are the same, but not everything is, or could be replayed.\n",
               options->journal, report->decisions);
}

static json_t *json_of_run(const replay_run_t *run)
{
    json_t *result =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:I}", "query", run->query, "id", run->id, "run",
                  run->run, "state", state_names[run->state], "calls", (json_int_t)run->calls, "decisions",
                  (json_int_t)run->decisions, "differing", (json_int_t)run->differing, "summary_differs",
                  run->summary_differs, "skipped", (json_int_t)run->skipped);
    if (run->difference_line > 0)
        json_object_set_new(result, "first_difference",
                            json_pack("{s:I, s:s, s:s, s:s}", "line", (json_int_t)run->difference_line,
                                      "field", run->difference.key, "journal", run->difference.in_journal,
                                      "replayed", run->difference.replayed));
    return result;
}

static void print_json(const options_of_replay_t *options, const replay_report_t *report)
{
    json_t *runs = json_array();
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(runs, json_of_run(&report->runs[i]));
    json_t *result = json_pack("{s:b, s:I, s:I, s:b, s:I, s:I, s:I}", "equal", replay_is_equal(report),
                               "files", (json_int_t)report->files, "lines", (json_int_t)report->lines, "torn",
                               report->torn, "malformed", (json_int_t)report->malformed, "decisions",
                               (json_int_t)report->decisions, "differing", (json_int_t)report->differing);
    /* NULL, and left out, when it is no UTF-8. */
    json_object_set_new(result, "journal", json_pack("s", options->journal));
    json_object_set_new(result, "runs", runs);
    json_dumpf(result, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(result);
}

static int report_replay(const options_of_replay_t *options)
{
    char error[ERROR_SIZE];
    bool shown = false;
    replay_report_t report;
    bool read = replay_journal(options->journal, options->query, isatty(STDERR_FILENO) ? show_progress : NULL,
                               &shown, &report, error, sizeof error);
    if (shown) fprintf(stderr, "\r\033[K");
    if (!read) {
        fprintf(stderr, "adaptivestream replay: %s\n", error);
        return EXIT_FAILED;
    }
    if (options->json)
        print_json(options, &report);
    else if (report.count > 0)
        print_table(options, &report);
    if (report.malformed > 0)
        fprintf(stderr, "adaptivestream replay: %s (%" PRId64 " malformed line%s)\n", report.first_malformed,
                report.malformed, report.malformed == 1 ? "" : "s");
    else if (report.count == 0)
        fprintf(stderr, "adaptivestream replay: %s: no run%s%s\n", options->journal,
                options->query ? " of query " : "", options->query ? options->query : "");
    int exit_code = replay_is_equal(&report) ? EXIT_OK : EXIT_FAILED;
    replay_free(&report);
    return exit_code;
}

int command_replay(int argc, char **argv)
{
    options_of_replay_t options = {0};
    const flag_t table[] = {
        {.name = "--query",
         .type = FLAG_TEXT,
         .value = &options.query,
         .argument = "NAME",
         .help = "replay only this query: its name, its id or the id of a run"},
        {.name = "--json", .type = FLAG_SWITCH, .value = &options.json, .help = "print JSON"},
    };
    flags_t flags = {
        .command = "replay",
        .summary = "Makes every call in the agent's journal once more and compares all that was decided.\n"
                   "Exit code: 0 all the same, 1 something differs or cannot be replayed, 2 wrong usage.",
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
    return report_replay(&options);
}
