#include "benchmark/suite_pairs.h"

#include "benchmark/suite_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t same_trigger_ms = 100;

/* Of one run; as many as it has batches. */
typedef struct {
    double *more_s, *ratios, *reference_s;
    size_t count;
} samples_t;

static bool samples_make(size_t room, samples_t *samples)
{
    double *values = calloc(3 * room + 1, sizeof *values);
    *samples = (samples_t){.more_s = values};
    if (!values) return false;
    samples->ratios = values + room;
    samples->reference_s = values + 2 * room;
    return true;
}

static void samples_free(samples_t *samples)
{
    free(samples->more_s);
}

static void add(samples_t *samples, double ours_s, double theirs_s)
{
    samples->more_s[samples->count] = ours_s - theirs_s;
    samples->ratios[samples->count] = ours_s / theirs_s;
    samples->reference_s[samples->count++] = theirs_s;
}

/* Both in the order of their triggers. */
static void pair(const suite_batch_t *ours, size_t our_count, const suite_batch_t *theirs, size_t their_count,
                 samples_t *samples)
{
    size_t k = 0;
    for (size_t i = 0; i < our_count; i++) {
        while (k < their_count && theirs[k].trigger_ms < ours[i].trigger_ms - same_trigger_ms)
            k++;
        if (k == their_count) break;
        if (theirs[k].trigger_ms <= ours[i].trigger_ms + same_trigger_ms &&
            theirs[k].events == ours[i].events && ours[i].took_ms > 0 && theirs[k].took_ms > 0)
            add(samples, (double)ours[i].took_ms / 1e3, (double)theirs[k++].took_ms / 1e3);
    }
}

static bool sample_run(const char *folder, const suite_row_t *row, const suite_row_t *other,
                       samples_t *samples, char *error, size_t error_size)
{
    size_t our_count, their_count;
    suite_batch_t *ours = suite_records_batches(folder, row, &our_count, error, error_size);
    suite_batch_t *theirs =
        ours ? suite_records_batches(folder, other, &their_count, error, error_size) : NULL;
    bool good = theirs != NULL;
    if (good && !samples_make(our_count, samples)) {
        snprintf(error, error_size, "out of memory");
        good = false;
    }
    if (good) pair(ours, our_count, theirs, their_count, samples);
    free(ours);
    free(theirs);
    return good;
}

static bool fill(const char *folder, const suite_results_t *results, const suite_line_of_t *line,
                 const char *reference, suite_pairs_t *pairs, char *error, size_t error_size)
{
    double more_s[STATISTICS_VALUES_MAXIMUM], ratios[STATISTICS_VALUES_MAXIMUM],
        reference_s[STATISTICS_VALUES_MAXIMUM];
    size_t count = 0;
    for (size_t i = 0; i < results->count && count < STATISTICS_VALUES_MAXIMUM; i++) {
        const suite_row_t *row = &results->rows[i];
        if (!suite_row_counts(row) || !suite_row_is_of(row, line->scene) || strcmp(row->arm, line->arm) != 0)
            continue;
        const suite_row_t *other = suite_results_run(results, line->scene, reference, row->repetition);
        samples_t samples;
        if (row->beside == 0 || !other || other->began_ms != row->began_ms)
            continue; /* not at the same time */
        if (!sample_run(folder, row, other, &samples, error, error_size)) return false;
        if (samples.count >= SUITE_PAIRS_MINIMUM) {
            pairs->pairs += samples.count;
            more_s[count] = statistics_median_in_place(samples.more_s, samples.count);
            ratios[count] = statistics_median_in_place(samples.ratios, samples.count);
            reference_s[count++] = statistics_median_in_place(samples.reference_s, samples.count);
        }
        samples_free(&samples);
    }
    pairs->more_s = statistics_estimate(more_s, count);
    pairs->ratio = statistics_estimate(ratios, count);
    pairs->reference_s = statistics_estimate(reference_s, count);
    return true;
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
