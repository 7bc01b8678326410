#include "benchmark/suite_simulated.h"

#include "benchmark/statistics.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const figure_names[SIMULATED_COUNT] = {"batches", "wait_mean_s", "wait_p95_s",
                                                          "wait_p99_s"};

void suite_simulated_free(suite_simulated_t *simulated)
{
    csv_free(&simulated->csv);
    *simulated = (suite_simulated_t){0};
}

bool suite_simulated_load(const char *folder, const suite_digests_t *digests, suite_simulated_t *simulated,
                          char *error, size_t error_size)
{
    static const char *const names[] = {"job", "workload", "arm", "repetition", "definition"};
    char path[4096];
    int keys[5];
    *simulated = (suite_simulated_t){0};
    snprintf(path, sizeof path, "%s/simulated.csv", folder);
    if (access(path, F_OK) != 0) return true;
    if (!csv_load(path, &simulated->csv, error, error_size)) return false;
    /* An older version knew nothing of jobs. */
    if (csv_column(&simulated->csv, names[0]) == CSV_NONE) {
        suite_simulated_free(simulated);
        return true;
    }
    if (!csv_columns(&simulated->csv, path, names, 5, keys, error, error_size) ||
        !csv_columns(&simulated->csv, path, figure_names, SIMULATED_COUNT, simulated->figures, error,
                     error_size)) {
        suite_simulated_free(simulated);
        return false;
    }
    simulated->job = keys[0];
    simulated->workload = keys[1];
    simulated->arm = keys[2];
    simulated->repetition = keys[3];
    simulated->definition = keys[4];
    simulated->digests = digests;
    return true;
}

/* Whether the plan's run is made of what this line is. */
static bool counts(const suite_simulated_t *simulated, size_t row)
{
    const csv_t *csv = &simulated->csv;
    int64_t repetition;
    if (simulated->digests->count == 0) return true;
    if (!csv_integer(csv, row, simulated->repetition, &repetition)) return false;
    const char *digest = suite_digests_of(simulated->digests, csv_text(csv, row, simulated->job),
                                          csv_text(csv, row, simulated->workload),
                                          csv_text(csv, row, simulated->arm), repetition);
    return digest && strcmp(digest, csv_text(csv, row, simulated->definition)) == 0;
}

/* The last line counts: one before it is of another agent or plan, or of batches that took another time. */
static bool find(const suite_simulated_t *simulated, const suite_scene_t *scene, const char *arm,
                 const char *repetition, int figure, double *value)
{
    const csv_t *csv = &simulated->csv;
    for (size_t i = csv->rows; i > 0; i--)
        if (strcmp(csv_text(csv, i - 1, simulated->job), scene->job) == 0 &&
            strcmp(csv_text(csv, i - 1, simulated->workload), scene->workload) == 0 &&
            strcmp(csv_text(csv, i - 1, simulated->arm), arm) == 0 &&
            strcmp(csv_text(csv, i - 1, simulated->repetition), repetition) == 0 && counts(simulated, i - 1))
            return csv_number(csv, i - 1, simulated->figures[figure], value);
    return false;
}

bool suite_simulated_ratio(const suite_simulated_t *simulated, const suite_scene_t *scene, const char *arm,
                           const char *reference, int figure, double *ratio)
{
    enum { MOST_REPETITIONS = 100 };
    double ratios[MOST_REPETITIONS];
    size_t count = 0;
    for (int repetition = 1; repetition <= MOST_REPETITIONS; repetition++) {
        char text[16];
        double value, other;
        snprintf(text, sizeof text, "%d", repetition);
        if (find(simulated, scene, arm, text, figure, &value) &&
            find(simulated, scene, reference, text, figure, &other) && other > 0)
            ratios[count++] = value / other;
    }
    if (count == 0) return false;
    *ratio = statistics_median(ratios, count);
    return true;
}
