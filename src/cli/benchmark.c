/*
 * adaptivestream benchmark: all ways to set a trigger, on real Spark and Kafka, under the same arrivals.
 */
#include "cli/benchmark.h"
#include "cli/commands.h"

#include <string.h>

static const struct {
    const char *name;
    int (*function)(int argc, char **argv);
} parts[] = {
    {"plan", benchmark_plan},
    {"collect", benchmark_collect},
    {"report", benchmark_report},
};

int command_benchmark(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(argv[1], parts[i].name) == 0) return parts[i].function(argc - 1, argv + 1);
    return benchmark_run(argc, argv);
}
