#include "benchmark/progress_grid.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_TRIGGERS = 5, DIVISORS = 6 };

/* So many of the triggers must lie on the grid, and so late a start still counts as on it: a thread that was woken, an
 * offset that was written first. Chance puts a quarter there. */
static const double enough_on_grid = 0.8, late_share = 0.2, early_share = 0.02;

/* Triggers that began a while after the one before was over: those that a clock has started, not a batch that ran
 * late. Fills `gaps_ms` with the time since the trigger before and `times_ms` with the trigger's own. */
static size_t waited_triggers(const reported_query_t *query, double *gaps_ms, int64_t *times_ms)
{
    size_t count = 0;
    for (size_t i = 1; i < query->count; i++) {
        const reported_trigger_t *trigger = &query->triggers[i], *before = trigger - 1;
        const int64_t gap_ms = trigger->trigger_ms - before->trigger_ms;
        if (trigger->run != before->run || before->duration_ms < 0) continue;
        if (gap_ms - before->duration_ms < gap_ms / 20 || gap_ms - before->duration_ms < 10) continue;
        gaps_ms[count] = (double)gap_ms;
        times_ms[count++] = trigger->trigger_ms;
    }
    return count;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* People choose round intervals. */
static double round_interval_ms(double interval_ms)
{
    const double unit = interval_ms >= 4500 ? 1000 : interval_ms >= 900 ? 100 : interval_ms >= 90 ? 10 : 1;
    return fmax(1, round(interval_ms / unit)) * unit;
}

static double share_on_grid(double interval_ms, const int64_t *times_ms, size_t count)
{
    size_t hits = 0;
    for (size_t i = 0; i < count; i++) {
        const double phase = fmod((double)times_ms[i], interval_ms) / interval_ms;
        hits += phase <= late_share || phase >= 1 - early_share;
    }
    return (double)hits / (double)count;
}

int64_t progress_grid_ns(const reported_query_t *query, double *on_grid)
{
    static const double quantiles[] = {0.1, 0.25, 0.5, 0.75};
    double *gaps_ms = malloc((query->count + 1) * sizeof *gaps_ms), best_ms = 0;
    int64_t *times_ms = malloc((query->count + 1) * sizeof *times_ms);
    *on_grid = 0;
    const size_t count = gaps_ms && times_ms ? waited_triggers(query, gaps_ms, times_ms) : 0;
    if (count >= LEAST_TRIGGERS) {
        qsort(gaps_ms, count, sizeof *gaps_ms, by_value);
        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
            /* An idle query's gaps are several intervals. Triggers on a grid are on that of a divisor too: the largest
             * interval is the one. */
            for (int divisor = 1; divisor <= DIVISORS; divisor++) {
                const double gap_ms = gaps_ms[(size_t)(quantiles[i] * (double)(count - 1))];
                const double interval_ms = round_interval_ms(gap_ms / divisor);
                const double share = share_on_grid(interval_ms, times_ms, count);
                if (share < enough_on_grid || interval_ms <= best_ms) continue;
                best_ms = interval_ms;
                *on_grid = share;
            }
    }
    free(gaps_ms);
    free(times_ms);
    return (int64_t)best_ms * 1000000;
}
