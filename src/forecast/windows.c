#include "forecast/windows.h"

#include <math.h>
#include <stdlib.h>

static const double transition_share = 0.2;
enum { TRANSITION_S = 5 };

bool windows_of(const series_set_t *set, size_t from, size_t to, size_t history, windows_t *windows)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        if (set->items[i].count > history) count += set->items[i].count - history;
    *windows =
        (windows_t){.items = malloc((count > 0 ? count : 1) * sizeof *windows->items), .history = history};
    if (!windows->items) return false;
    for (size_t i = from; i < to; i++)
        for (size_t at = 0; at + history < set->items[i].count; at++)
            windows->items[windows->count++] = set->items[i].rates_per_s + at;
    return true;
}

static bool is_silent(const double *window, size_t history)
{
    for (size_t i = 0; i < history; i++)
        if (window[i] > 0) return false;
    return true;
}

void windows_drop_silent(windows_t *windows)
{
    size_t kept = 0;
    for (size_t i = 0; i < windows->count; i++)
        if (!is_silent(windows->items[i], windows->history)) windows->items[kept++] = windows->items[i];
    windows->count = kept;
}

void windows_free(windows_t *windows)
{
    free(windows->items);
    *windows = (windows_t){0};
}

bool window_is_transition(const double *window, size_t history)
{
    const size_t seconds = history < TRANSITION_S ? history : TRANSITION_S;
    double lowest = INFINITY, highest = 0;
    for (size_t i = history - seconds; i <= history; i++) {
        lowest = fmin(lowest, window[i]);
        highest = fmax(highest, window[i]);
    }
    return highest - lowest > transition_share * highest;
}
