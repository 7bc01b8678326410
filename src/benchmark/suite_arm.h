/*
 * An arm of a benchmark: one way to set the trigger of the job. All arms run the same job; only these flags differ.
 *
 *     trigger=DURATION|asap    of the query; asap: Spark's default, a batch as soon as the one before has ended
 *     agent=KEY=VALUE,...      with the agent, and its options ("agent=" alone: its defaults); without: no agent
 *     min-offsets=tuned|N      Spark's minOffsetsPerTrigger; tuned: by `simulate` on the workload's arrivals, together
 *                              with the delay, to the batches of the reference arm
 *     max-delay=DURATION       Spark's maxTriggerDelay, beside a number of offsets
 *     reactive=DURATION        the job itself changes to this trigger after a batch that came at a high rate, and back
 *     alone                    never beside another arm: it leaves the processor no rest
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_ARM_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_ARM_H

#include "benchmark/suite_words.h"

#include <stdint.h>

typedef struct {
    char name[SUITE_NAME_SIZE];
    int64_t trigger_ns; /* 0: asap */
    bool governed;
    char agent[SUITE_TEXT_SIZE]; /* checked: the agent knows these options */
    bool tuned_offsets;
    int64_t min_offsets;  /* 0: none */
    int64_t max_delay_ns; /* 0: none */
    int64_t reactive_ns;  /* 0: the trigger stays */
    bool alone;
} suite_arm_t;

/* Reads a definition. `more_options`: of the agent, added to every governed arm; may be "". On failure `error` holds one
 * sentence that names the word. */
bool suite_arm_parse(const char *name, const char *text, const char *more_options, suite_arm_t *arm,
                     char *error, size_t error_size);

#endif
