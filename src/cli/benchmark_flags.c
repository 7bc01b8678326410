#include "cli/benchmark_flags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SIZE = 1024, PLAN_SIZE_MAXIMUM = 256 * 1024 };

benchmark_flags_t benchmark_flags;

const char benchmark_plan_notes[] =
    "A plan is a file of KEY=VALUE lines. Its keys and their presets: "
    "workloads=phases,bursts,llm_code,quiet,\n"
    "arms=fixed_2s,min-offsets,reactive,rate,balanced,latency,cost, jobs=map, repetitions=3, "
    "side_by_side=1,\n"
    "seed=1, retries=1, busy_others=0.25, warmup_batches=30, reference=fixed_2s, agent=KEY=VALUE,... and\n"
    "arm.NAME=... and workload.NAME=... for definitions of one's own: see docs/benchmark.md.";

static bool read_file(suite_settings_t *settings, const char *path, char *error)
{
    FILE *file = fopen(path, "re");
    char *content = file ? malloc(PLAN_SIZE_MAXIMUM) : NULL;
    bool good = content != NULL;
    if (good) {
        const size_t size = fread(content, 1, PLAN_SIZE_MAXIMUM, file);
        good = !ferror(file) && size < PLAN_SIZE_MAXIMUM;
        if (ferror(file))
            snprintf(error, ERROR_SIZE, "%s: %s", path, strerror(errno));
        else if (!good)
            snprintf(error, ERROR_SIZE, "%s: too long for a plan", path);
        else
            good = suite_settings_read(settings, path, content, size, error, ERROR_SIZE);
    } else {
        snprintf(error, ERROR_SIZE, "%s: %s", path, strerror(errno));
    }
    free(content);
    if (file) fclose(file);
    return good;
}

static bool add_flags(suite_settings_t *settings, char *error)
{
    const char *const pairs[][2] = {
        {"arms", benchmark_flags.arms},
        {"workloads", benchmark_flags.workloads},
        {"jobs", benchmark_flags.jobs},
        {"repetitions", benchmark_flags.repetitions},
        {"side_by_side", benchmark_flags.side_by_side},
        {"seed", benchmark_flags.seed},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i][1] && !suite_settings_add(settings, pairs[i][0], pairs[i][1], error, ERROR_SIZE))
            return false;
    for (size_t i = 0; i < benchmark_flags.set.count; i++) {
        const char *text = benchmark_flags.set.items[i];
        if (!suite_settings_read(settings, "--set", text, strlen(text), error, ERROR_SIZE)) return false;
    }
    return true;
}

bool benchmark_flags_plan(const char *file, suite_plan_t *plan)
{
    char error[ERROR_SIZE] = "out of memory";
    suite_settings_t *settings = calloc(1, sizeof *settings);
    bool good = settings != NULL;
    if (good && file) good = read_file(settings, file, error);
    if (good && benchmark_flags.quick) suite_settings_quick(settings);
    good = good && add_flags(settings, error) && suite_plan_make(settings, plan, error, sizeof error);
    free(settings);
    if (!good) fprintf(stderr, "adaptivestream benchmark: %s\n", error);
    return good;
}
