#include "benchmark/suite_digests.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool take_text(const json_t *run, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(run, key));
    return value && (size_t)snprintf(text, size, "%s", value) < size;
}

static bool read_run(const json_t *run, suite_digest_t *digest)
{
    const json_t *repetition = json_object_get(run, "repetition");
    digest->repetition = json_integer_value(repetition);
    return json_is_integer(repetition) && take_text(run, "job", digest->job, sizeof digest->job) &&
           take_text(run, "workload", digest->workload, sizeof digest->workload) &&
           take_text(run, "arm", digest->arm, sizeof digest->arm) &&
           take_text(run, "digest", digest->digest, sizeof digest->digest);
}

static bool read_runs(const json_t *runs, const char *path, suite_digests_t *digests, char *error,
                      size_t error_size)
{
    digests->runs = calloc(json_array_size(runs) + 1, sizeof *digests->runs);
    if (!digests->runs) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    for (size_t i = 0; i < json_array_size(runs); i++) {
        if (read_run(json_array_get(runs, i), &digests->runs[digests->count++])) continue;
        snprintf(error, error_size, "%s: runs: entry %zu is no job, workload, arm, repetition and digest",
                 path, i + 1);
        return false;
    }
    return true;
}

bool suite_digests_load(const char *folder, suite_digests_t *digests, char *error, size_t error_size)
{
    char path[4096];
    json_error_t cause;
    *digests = (suite_digests_t){0};
    snprintf(path, sizeof path, "%s/plan.json", folder);
    if (access(path, F_OK) != 0) return true;
    json_t *plan = json_load_file(path, 0, &cause);
    bool good = json_is_object(plan);
    if (good)
        good = read_runs(json_object_get(plan, "runs"), path, digests, error, error_size);
    else
        snprintf(error, error_size, "%s:%d: %s", path, cause.line, plan ? "not a JSON object" : cause.text);
    json_decref(plan);
    if (!good) suite_digests_free(digests);
    return good;
}

void suite_digests_free(suite_digests_t *digests)
{
    free(digests->runs);
    *digests = (suite_digests_t){0};
}

const char *suite_digests_of(const suite_digests_t *digests, const char *job, const char *workload,
                             const char *arm, int64_t repetition)
{
    for (size_t i = 0; i < digests->count; i++) {
        const suite_digest_t *run = &digests->runs[i];
        if (strcmp(run->job, job) == 0 && strcmp(run->workload, workload) == 0 &&
            strcmp(run->arm, arm) == 0 && run->repetition == repetition)
            return run->digest;
    }
    return NULL;
}
