/*
 * adaptivestream benchmark report: tables and pictures from the records of a benchmark.
 */
#include "cli/benchmark.h"
#include "cli/flags.h"

#include <stdio.h>

int benchmark_report(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return EXIT_FAILED;
}
