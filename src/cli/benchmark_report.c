/*
 * adaptivestream benchmark report: tables and pictures from the records of a benchmark.
 */
#include "benchmark/suite_report.h"
#include "cli/benchmark.h"
#include "common/flags.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024 };

/* The report that was written, on stdout. */
static bool show(const char *folder)
{
    char path[4096], part[4096];
    snprintf(path, sizeof path, "%s/results.md", folder);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    size_t length;
    while ((length = fread(part, 1, sizeof part, file)) > 0)
        fwrite(part, 1, length, stdout);
    const bool good = !ferror(file);
    fclose(file);
    return good;
}

int benchmark_report(int argc, char **argv)
{
    flags_t flags = {
        .command = "benchmark report",
        .summary =
            "Writes summary.csv, results.md and pictures from the records of a benchmark, and prints the\n"
            "Markdown.",
        .operands_help = "FOLDER",
        .operands_minimum = 1,
        .operands_maximum = 1,
        .operands_anywhere = true};
    int exit_code;
    char error[ERROR_SIZE];
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!suite_report_write(flags.operands[0], error, sizeof error)) {
        fprintf(stderr, "adaptivestream benchmark report: %s\n", error);
        return EXIT_FAILED;
    }
    if (!show(flags.operands[0])) {
        fprintf(stderr, "adaptivestream benchmark report: %s/results.md cannot be read again\n",
                flags.operands[0]);
        return EXIT_FAILED;
    }
    return EXIT_OK;
}
