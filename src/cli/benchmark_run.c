/*
 * adaptivestream benchmark: runs a plan. Starting, watching and ending Kafka and the Spark drivers is done by
 * tools/bench_suite.py of the repository, in whose environment (Spark, Kafka, a Python) this process becomes it.
 */
#include "cli/benchmark.h"
#include "cli/benchmark_flags.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAXIMUM = 256 };

/* The tools of the repository that this program was built in: beside its build folder. */
static bool find_tools(char tools[PATH_MAX])
{
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) return false;
    program[length] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(program, '/');
        if (!slash) return false;
        *slash = '\0';
    }
    const int written = snprintf(tools, PATH_MAX, "%s/tools", program);
    if (written < 0 || written >= PATH_MAX) return false;
    char script[PATH_MAX];
    snprintf(script, sizeof script, "%.*s/bench_suite.py", PATH_MAX - 32, tools);
    return access(script, R_OK) == 0;
}

/* Becomes the driver, which gets the flags as they were typed. */
static int become_driver(const char *tools, int argc, char **argv)
{
    static const char script[] =
        "set -euo pipefail; tools=$1; shift; settings=$(\"$tools/setup.sh\" env); eval \"$settings\"; "
        "exec \"$ADAPTIVESTREAM_PYTHON\" \"$tools/bench_suite.py\" \"$@\"";
    const char *words[WORDS_MAXIMUM] = {"bash", "-c", script, "benchmark", tools};
    size_t count = 5;
    for (int i = 1; i < argc && count + 1 < WORDS_MAXIMUM; i++)
        words[count++] = argv[i];
    words[count] = NULL;
    execvp("bash", (char *const *)words);
    fprintf(stderr, "adaptivestream benchmark: cannot start bash: %s\n", strerror(errno));
    return EXIT_FAILED;
}

int benchmark_run(int argc, char **argv)
{
    static suite_plan_t plan;
    const char *output = NULL;
    bool fresh = false;
    const flag_t table[] = {
        BENCHMARK_FLAGS,
        {.name = "--output",
         .type = FLAG_TEXT,
         .value = &output,
         .argument = "FOLDER",
         .help = "for the records (default: benchmark/results/DATE in the repository, -quick behind it with "
                 "--quick)"},
        {.name = "--fresh", .type = FLAG_SWITCH, .value = &fresh, .help = "forget the runs that are there"},
    };
    flags_t flags = {.command = "benchmark",
                     .summary =
                         "Runs all ways to set a trigger on real Spark and Kafka under the same arrivals, "
                         "and reports who waits\n"
                         "how long at what price. Called again, it goes on where it was left (on\n"
                         "another day by --output of the first). Its parts:\n\n"
                         "  benchmark [PLAN]        run a plan, then report\n"
                         "  benchmark plan [PLAN]   print what would be run\n"
                         "  benchmark report DIR    tables and pictures again from the records in DIR\n"
                         "  benchmark collect       the records of one run (called by the others)",
                     .table = table,
                     .count = sizeof table / sizeof table[0],
                     .notes = benchmark_plan_notes,
                     .operands_help = "[PLAN]",
                     .operands_maximum = 1,
                     .operands_anywhere = true};
    int exit_code;
    char *typed[WORDS_MAXIMUM]; /* flags_parse() reorders its argv */
    if (argc >= WORDS_MAXIMUM) return flags_usage_error(&flags, "too many arguments");
    memcpy(typed, argv, (size_t)argc * sizeof *argv);
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!benchmark_flags_plan(flags.operand_count > 0 ? flags.operands[0] : NULL, &plan)) return EXIT_USAGE;
    char tools[PATH_MAX];
    if (!find_tools(tools)) {
        fprintf(stderr,
                "adaptivestream benchmark: it needs the repository it was built in: tools/bench_suite.py is "
                "not beside its build folder\n");
        return EXIT_FAILED;
    }
    return become_driver(tools, argc, typed);
}
