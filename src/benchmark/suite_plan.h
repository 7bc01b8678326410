/*
 * What a benchmark runs: jobs x workloads x arms, several times over.
 *
 * The plan is a text of KEY=VALUE lines; blank lines and lines that begin with # are passed over. Every key has a preset,
 * so an empty plan is a plan. A later line wins.
 *
 *     workloads=phases,llm_code        what arrives
 *     arms=fixed_2s,balanced           how the trigger is set
 *     jobs=map                         map, window, files, kafka, postgres, heavy: see tools/lab/suite_job.py
 *     repetitions=3                    of everything
 *     side_by_side=1                   arms that run at the same time, on the same topic, each in a driver of its own
 *     seed=1                           of the arrivals and of the order of the arms
 *     retries=1                        of a run that was disturbed
 *     busy_others=0.25                 a run is disturbed when others take more than this part of the machine's processors
 *     warmup_batches=30                of the query before the measured one: the first batches of a JVM take seconds
 *     reference=fixed_2s               the arm that others are compared with
 *     agent=KEY=VALUE,...              options for every arm that has the agent
 *     workload.NAME=..., arm.NAME=...  a definition of one's own, or another meaning of a known name: see suite_workload.h
 *                                      and suite_arm.h
 *
 * Pure: no file, no clock.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_PLAN_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_PLAN_H

#include "benchmark/suite_arm.h"
#include "benchmark/suite_workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SUITE_ITEMS_MAXIMUM = 32, SUITE_LINES_MAXIMUM = 128, SUITE_LINE_SIZE = 1024 };

typedef struct {
    char key[SUITE_NAME_SIZE + 16];
    char value[SUITE_LINE_SIZE];
} suite_line_t;

/* The lines as they were read; about 140 KB. */
typedef struct {
    suite_line_t lines[SUITE_LINES_MAXIMUM];
    size_t count;
} suite_settings_t;

typedef struct {
    suite_arm_t arms[SUITE_ITEMS_MAXIMUM];
    size_t arm_count;
    suite_workload_t workloads[SUITE_ITEMS_MAXIMUM];
    size_t workload_count;
    char jobs[SUITE_ITEMS_MAXIMUM][SUITE_NAME_SIZE];
    size_t job_count;
    int64_t repetitions, side_by_side, seed, retries, warmup_batches;
    double busy_others;
    char reference[SUITE_NAME_SIZE]; /* one of the arms */
} suite_plan_t;

/* Adds one line. Fails when the key is not known or there are too many. */
bool suite_settings_add(suite_settings_t *settings, const char *key, const char *value, char *error,
                        size_t error_size);

/* Adds the lines of a file's content; `path` is for messages, "PATH:LINE: ...". */
bool suite_settings_read(suite_settings_t *settings, const char *path, const char *content, size_t size,
                         char *error, size_t error_size);

/* Adds what `--quick` means: each thing once, briefly, within ten minutes. Lines added later win. */
void suite_settings_quick(suite_settings_t *settings);

/* Works out the plan. On failure `error` holds one sentence that names the key. */
bool suite_plan_make(const suite_settings_t *settings, suite_plan_t *plan, char *error, size_t error_size);

/* Builtin definitions, for help: the name of entry `index` and its text, or NULL at the end. */
const char *suite_known_arm(size_t index, const char **text);
const char *suite_known_workload(size_t index, const char **text);

#endif
