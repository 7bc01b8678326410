/*
 * The flags that say what a benchmark runs: a plan file, --quick, and a flag for each key of a plan that one likes to
 * override. Later in this order wins.
 */
#ifndef ADAPTIVESTREAM_CLI_BENCHMARK_FLAGS_H
#define ADAPTIVESTREAM_CLI_BENCHMARK_FLAGS_H

#include "benchmark/suite_plan.h"
#include "common/flags.h"

typedef struct {
    bool quick;
    const char *arms, *workloads, *jobs, *repetitions, *side_by_side, *seed;
    flag_list_t set;
} benchmark_flags_t;

extern benchmark_flags_t benchmark_flags;

/* Entries of a flag table. */
#define BENCHMARK_FLAGS                                                                                      \
    {.name = "--quick",                                                                                      \
     .type = FLAG_SWITCH,                                                                                    \
     .value = &benchmark_flags.quick,                                                                        \
     .help = "each thing once and briefly, within ten minutes: proves the machinery, not the figures"},      \
        {.name = "--workloads",                                                                              \
         .type = FLAG_TEXT,                                                                                  \
         .value = &benchmark_flags.workloads,                                                                \
         .argument = "LIST",                                                                                 \
         .help = "what arrives"},                                                                            \
        {.name = "--arms",                                                                                   \
         .type = FLAG_TEXT,                                                                                  \
         .value = &benchmark_flags.arms,                                                                     \
         .argument = "LIST",                                                                                 \
         .help = "how the trigger is set"},                                                                  \
        {.name = "--jobs",                                                                                   \
         .type = FLAG_TEXT,                                                                                  \
         .value = &benchmark_flags.jobs,                                                                     \
         .argument = "LIST",                                                                                 \
         .help = "map, window, files, kafka, postgres or heavy"},                                            \
        {.name = "--repetitions",                                                                            \
         .type = FLAG_TEXT,                                                                                  \
         .value = &benchmark_flags.repetitions,                                                              \
         .argument = "N",                                                                                    \
         .help = "of everything"},                                                                           \
        {.name = "--side-by-side",                                                                           \
         .type = FLAG_TEXT,                                                                                  \
         .value = &benchmark_flags.side_by_side,                                                             \
         .argument = "N",                                                                                    \
         .help = "arms that run at the same time; more than 1 spoils the figures of CPU"},                   \
        {.name = "--seed",                                                                                   \
         .type = FLAG_TEXT,                                                                                  \
         .value = &benchmark_flags.seed,                                                                     \
         .argument = "N",                                                                                    \
         .help = "of the arrivals and of the order of the arms"},                                            \
    {                                                                                                        \
        .name = "--set", .type = FLAG_LIST, .value = &benchmark_flags.set, .argument = "KEY=VALUE",          \
        .help = "any other line of a plan; may be repeated"                                                  \
    }

/* How a plan is written, for --help. */
extern const char benchmark_plan_notes[];

/* Works out the plan of these flags and `file` (NULL: none). False after one line on stderr. */
bool benchmark_flags_plan(const char *file, suite_plan_t *plan);

#endif
