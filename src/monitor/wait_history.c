#include "monitor/wait_history.h"

#include "monitor/ring.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { EVEN_CLASSES = 16, UNIT_CLASSES = 8 };
static const double growth = 1.5;

/* Where each level's buckets begin. */
enum {
    MINUTES,
    QUARTER = MINUTES + 32,
    HOURS = QUARTER + 32,
    DAY = HOURS + 32,
    WEEK = DAY + 26,
    END = WEEK + 30
};
_Static_assert((int)END == (int)WAIT_BUCKETS, "the levels fill the buckets");

static const ring_t levels[WAIT_LEVELS] = {
    {4 * 1000, MINUTES, 32},     /* 2 minutes */
    {30 * 1000, QUARTER, 32},    /* 15 minutes */
    {240 * 1000, HOURS, 32},     /* 2 hours */
    {3600 * 1000, DAY, 26},      /* a day */
    {6 * 3600 * 1000, WEEK, 30}, /* 7 days */
};

void wait_history_set_unit(wait_history_t *history, double unit_s)
{
    if (!(unit_s > 0) || isinf(unit_s) || unit_s == history->unit_s) return;
    memset(history, 0, sizeof *history);
    history->unit_s = unit_s;
}

/* Where a class begins, in units. */
static double lower_bound(size_t class)
{
    return class <= EVEN_CLASSES
               ? (double)class / UNIT_CLASSES
               : (double)EVEN_CLASSES / UNIT_CLASSES * pow(growth, (double)(class - EVEN_CLASSES));
}

static size_t class_of(double units)
{
    size_t class = 0;
    while (class + 1 < WAIT_CLASSES && units >= lower_bound(class + 1))
        class ++;
    return class;
}

void wait_history_add(wait_history_t *history, int64_t time_ms, double seconds, double events)
{
    if (!(history->unit_s > 0) || time_ms <= 0 || !(events > 0) || !isfinite(events)) return;
    const size_t class = class_of(seconds / history->unit_s);
    for (size_t level = 0; level < WAIT_LEVELS; level++) {
        const int64_t index = time_ms / levels[level].width_ms;
        wait_bucket_t *bucket = &history->buckets[ring_place(&levels[level], index)];
        if (bucket->index > index) continue; /* its place is a later one's by now */
        if (bucket->index < index) *bucket = (wait_bucket_t){.index = index};
        bucket->counts[class] += (float)events;
    }
}

static double quantile_of(const double counts[WAIT_CLASSES], double rank)
{
    size_t class = 0;
    double before = 0;
    while (class + 1 < WAIT_CLASSES && before + counts[class] < rank)
        before += counts[class ++];
    const double from = lower_bound(class);
    if (class + 1 == WAIT_CLASSES) return (double)NAN;
    if (!(counts[class] > 0)) return from;
    return from + (lower_bound(class + 1) - from) * (rank - before) / counts[class];
}

void wait_history_quantiles(const wait_history_t *history, int64_t now_ms, int64_t start_ms, int64_t end_ms,
                            const double quantiles[], double seconds[], size_t count)
{
    const ring_t *level = &levels[ring_reaching(levels, WAIT_LEVELS, now_ms - start_ms)];
    const int64_t first = start_ms / level->width_ms, last = (end_ms - 1) / level->width_ms;
    const bool fine = 4 * level->width_ms <= end_ms - start_ms;
    double counts[WAIT_CLASSES] = {0}, total = 0;
    for (size_t i = 0; i < level->count; i++) {
        const wait_bucket_t *bucket = &history->buckets[level->first + i];
        if (bucket->index == 0 || bucket->index < first || bucket->index > last) continue;
        for (size_t class = 0; class < WAIT_CLASSES; class ++) {
            counts[class] += (double)bucket->counts[class];
            total += (double)bucket->counts[class];
        }
    }
    for (size_t i = 0; i < count; i++)
        seconds[i] =
            total > 0 && fine ? quantile_of(counts, quantiles[i] * total) * history->unit_s : (double)NAN;
}
