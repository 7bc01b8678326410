#include "benchmark/suite_pairs.h"

#include "benchmark/suite_records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t same_trigger_ms = 100;

/* Of all repetitions of an arm. */
typedef struct {
    double *more_s, *ratios, *reference_s;
    size_t count, capacity;
} samples_t;

static void samples_free(samples_t *samples)
{
    free(samples->more_s);
    free(samples->ratios);
    free(samples->reference_s);
}

static bool grow(double **values, size_t capacity)
{
    double *larger = realloc(*values, capacity * sizeof **values);
    if (larger) *values = larger;
    return larger != NULL;
}

static bool add(samples_t *samples, double ours_s, double theirs_s)
{
    if (samples->count == samples->capacity) {
        const size_t capacity = samples->capacity > 0 ? 2 * samples->capacity : 256;
        if (!grow(&samples->more_s, capacity) || !grow(&samples->ratios, capacity) ||
            !grow(&samples->reference_s, capacity))
            return false;
        samples->capacity = capacity;
    }
    samples->more_s[samples->count] = ours_s - theirs_s;
    samples->ratios[samples->count] = ours_s / theirs_s;
    samples->reference_s[samples->count++] = theirs_s;
    return true;
}

/* Both in the order of their triggers. */
static bool pair(const suite_batch_t *ours, size_t our_count, const suite_batch_t *theirs, size_t their_count,
                 samples_t *samples)
{
    size_t k = 0;
    for (size_t i = 0; i < our_count; i++) {
        while (k < their_count && theirs[k].trigger_ms < ours[i].trigger_ms - same_trigger_ms)
            k++;
        if (k == their_count) break;
        if (theirs[k].trigger_ms > ours[i].trigger_ms + same_trigger_ms ||
            theirs[k].events != ours[i].events || ours[i].took_ms <= 0 || theirs[k].took_ms <= 0)
            continue;
        if (!add(samples, (double)ours[i].took_ms / 1e3, (double)theirs[k++].took_ms / 1e3)) return false;
    }
    return true;
}

/* The reference arm's run beside this one; NULL when there is none that counts. */
static const suite_row_t *beside(const suite_results_t *results, const suite_row_t *row,
                                 const char *reference)
{
    for (size_t i = 0; i < results->count; i++) {
        const suite_row_t *other = &results->rows[i];
        if (suite_row_counts(other) && strcmp(other->arm, reference) == 0 &&
            strcmp(other->job, row->job) == 0 && strcmp(other->workload, row->workload) == 0 &&
            other->repetition == row->repetition && other->began_ms == row->began_ms && other->beside > 0)
            return other;
    }
    return NULL;
}

static bool add_run(const char *folder, const suite_row_t *row, const suite_row_t *other, samples_t *samples,
                    char *error, size_t error_size)
{
    size_t our_count, their_count;
    suite_batch_t *ours = suite_records_batches(folder, row, &our_count, error, error_size);
    suite_batch_t *theirs =
        ours ? suite_records_batches(folder, other, &their_count, error, error_size) : NULL;
    bool good = theirs != NULL;
    if (good && !pair(ours, our_count, theirs, their_count, samples)) {
        snprintf(error, error_size, "out of memory");
        good = false;
    }
    free(ours);
    free(theirs);
    return good;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static median_of_pairs_t median_of(double *values, size_t count)
{
    const double reach = 1.96 * sqrt((double)count) / 2;
    const size_t low = (size_t)fmax(0, floor((double)count / 2 - reach));
    qsort(values, count, sizeof *values, by_value);
    return (median_of_pairs_t){.median = (values[(count - 1) / 2] + values[count / 2]) / 2,
                               .low = values[low],
                               .high = values[count - 1 - low]};
}

static bool fill(const char *folder, const suite_results_t *results, const suite_line_of_t *line,
                 const char *reference, suite_pairs_t *pairs, char *error, size_t error_size)
{
    samples_t samples = {0};
    bool good = true;
    for (size_t i = 0; good && i < results->count; i++) {
        const suite_row_t *row = &results->rows[i];
        if (!suite_row_counts(row) || !suite_row_is_of(row, line->scene) || strcmp(row->arm, line->arm) != 0)
            continue;
        const suite_row_t *other = beside(results, row, reference);
        if (other) good = add_run(folder, row, other, &samples, error, error_size);
    }
    pairs->count = samples.count;
    if (good && samples.count >= SUITE_PAIRS_MINIMUM) {
        pairs->more_s = median_of(samples.more_s, samples.count);
        pairs->ratio = median_of(samples.ratios, samples.count);
        pairs->reference_s = median_of(samples.reference_s, samples.count);
    }
    samples_free(&samples);
    return good;
}

suite_pairs_t *suite_pairs_of(const char *folder, const suite_results_t *results,
                              const suite_summary_t *summary, const char *reference, char *error,
                              size_t error_size)
{
    suite_pairs_t *pairs = calloc(summary->count + 1, sizeof *pairs);
    if (!pairs) snprintf(error, error_size, "out of memory");
    for (size_t i = 0; pairs && i < summary->count; i++) {
        if (strcmp(summary->lines[i].arm, reference) == 0 ||
            fill(folder, results, &summary->lines[i], reference, &pairs[i], error, error_size))
            continue;
        free(pairs);
        pairs = NULL;
    }
    return pairs;
}
