/*
 * Which runs a benchmark's plan asks for, and of what each has to be made: FOLDER/plan.json, "runs", written by
 * tools/bench_suite.py. A digest is of all that a run's figures depend on: arrivals, arm, warm-up, and where it has one the
 * agent. Runs of one name with different digests are not the same run.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_SUITE_DIGESTS_H
#define ADAPTIVESTREAM_BENCHMARK_SUITE_DIGESTS_H

#include "benchmark/suite_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SUITE_DIGEST_SIZE = 32 };

typedef struct {
    char job[SUITE_NAME_SIZE], workload[SUITE_NAME_SIZE], arm[SUITE_NAME_SIZE], digest[SUITE_DIGEST_SIZE];
    int64_t repetition;
} suite_digest_t;

typedef struct {
    suite_digest_t *runs;
    size_t count; /* 0: the plan does not say, as one of an older version */
} suite_digests_t;

/* A missing file is no error. On failure `error` names file and member. Release with suite_digests_free(). */
bool suite_digests_load(const char *folder, suite_digests_t *digests, char *error, size_t error_size);
void suite_digests_free(suite_digests_t *digests);

/* What the plan's run has to be made of; NULL: it is no run of the plan. */
const char *suite_digests_of(const suite_digests_t *digests, const char *job, const char *workload,
                             const char *arm, int64_t repetition);

#endif
