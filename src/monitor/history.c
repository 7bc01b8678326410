#include "monitor/history.h"

#include "monitor/ring.h"

#include <math.h>
#include <string.h>

/* Where each level's buckets begin. */
enum {
    MINUTES,
    QUARTER = MINUTES + 620,
    HOURS = QUARTER + 465,
    DAY = HOURS + 370,
    WEEK = DAY + 365,
    END = WEEK + 340
};
_Static_assert((int)END == (int)HISTORY_BUCKETS, "the levels fill the buckets");

static const ring_t levels[HISTORY_LEVELS] = {
    {200, MINUTES, 620},      /* 2 minutes */
    {2000, QUARTER, 465},     /* 15 minutes */
    {20 * 1000, HOURS, 370},  /* 2 hours */
    {240 * 1000, DAY, 365},   /* a day */
    {1800 * 1000, WEEK, 340}, /* 7 days */
};

static bool is_greatest(size_t column)
{
    return column == COLUMN_PEAK || column == COLUMN_PENDING || column == COLUMN_COST;
}

int64_t history_width_ms(size_t level)
{
    return levels[level].width_ms;
}

int64_t history_span_ms(size_t level)
{
    return ring_span_ms(&levels[level]);
}

size_t history_level_of(int64_t range_ms)
{
    return ring_reaching(levels, HISTORY_LEVELS, range_ms);
}

void history_add(history_t *history, int64_t time_ms, column_t column, double value)
{
    if (!isfinite(value) || time_ms <= 0) return;
    for (size_t level = 0; level < HISTORY_LEVELS; level++) {
        int64_t index = time_ms / levels[level].width_ms;
        bucket_t *bucket = &history->buckets[ring_place(&levels[level], index)];
        if (bucket->index > index) continue; /* its place is a later one's by now */
        if (bucket->index < index) *bucket = (bucket_t){.index = index};
        float *into = &bucket->values[column];
        if (is_greatest(column))
            *into = fmaxf(*into, (float)value);
        else
            *into += (float)value;
    }
}

const bucket_t *history_at(const history_t *history, size_t level, int64_t time_ms)
{
    if (time_ms <= 0) return NULL;
    int64_t index = time_ms / levels[level].width_ms;
    const bucket_t *bucket = &history->buckets[ring_place(&levels[level], index)];
    return bucket->index == index && index > 0 ? bucket : NULL;
}

void history_sum(const history_t *history, size_t level, int64_t start_ms, int64_t end_ms,
                 double sums[COLUMN_COUNT])
{
    memset(sums, 0, COLUMN_COUNT * sizeof *sums);
    int64_t width_ms = levels[level].width_ms;
    int64_t first = start_ms / width_ms, last = (end_ms - 1) / width_ms;
    for (size_t i = 0; i < levels[level].count; i++) {
        const bucket_t *bucket = &history->buckets[levels[level].first + i];
        if (bucket->index == 0 || bucket->index < first || bucket->index > last) continue;
        for (size_t column = 0; column < COLUMN_COUNT; column++)
            sums[column] = is_greatest(column) ? fmax(sums[column], bucket->values[column])
                                               : sums[column] + bucket->values[column];
    }
}
