#include "cli/query_line.h"

#include "cli/plain_text.h"
#include "monitor/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char query_line_header[] =
    "query            state      rate/s pending interval wait (yours)        batches";

static void short_count(double value, char *text, size_t size)
{
    if (!isfinite(value))
        snprintf(text, size, "-");
    else if (value >= 99.5e5)
        snprintf(text, size, "%.0fM", value / 1e6);
    else if (value >= 99.5e2)
        snprintf(text, size, "%.0fk", value / 1e3);
    else
        snprintf(text, size, "%.0f", value);
}

/* "0.54 s" in few columns, whatever the size. */
static void short_time(double seconds, char *text, size_t size)
{
    if (isfinite(seconds))
        words_duration(seconds, text, size);
    else
        snprintf(text, size, "-");
}

static void picture(const double *rates, size_t count, char *text, size_t size)
{
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double most = 0;
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (rates[i] > most) most = rates[i];
    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        size_t level = most > 0 && isfinite(rates[i]) ? (size_t)lround(rates[i] / most * 7) : 0;
        used += (size_t)snprintf(text + used, size - used, "%s", levels[level]);
    }
}

static void batch_counts(const observed_stats_t *stats, char *text, size_t size)
{
    char own[16], shadow[16];
    const bool known = stats->own.batches != FIELD_UNKNOWN && stats->shadow.batches != FIELD_UNKNOWN;
    short_count((double)stats->own.batches, own, sizeof own);
    short_count((double)stats->shadow.batches, shadow, sizeof shadow);
    if (known)
        snprintf(text, size, "%s/%s", own, shadow);
    else
        snprintf(text, size, "-");
}

void query_line(const observed_status_t *status, const double *rates, size_t count, size_t columns,
                char line[QUERY_LINE_SIZE])
{
    enum { LABEL = QUERY_LINE_LABEL, STATE = 10 };
    const observed_decision_t *decision = &status->decision;
    char label[4 * LABEL + 1], state[4 * STATE + 1], rate[16], pending[16], interval[32], wait[32], yours[32],
        both[72], batches[40], spark[64];
    plain_label(status->query, LABEL, label);
    plain_label(status->state[0] != '\0' ? status->state : "-", STATE, state);
    short_count(decision->rate, rate, sizeof rate);
    short_count(decision->pending == FIELD_UNKNOWN ? (double)NAN : (double)decision->pending, pending,
                sizeof pending);
    short_time(decision->interval_s, interval, sizeof interval);
    short_time(status->stats.own.mean_s, wait, sizeof wait);
    short_time(status->stats.shadow.mean_s, yours, sizeof yours);
    snprintf(both, sizeof both, "%s (%s)", wait, yours);
    batch_counts(&status->stats, batches, sizeof batches);
    const size_t room = columns > QUERY_LINE_COLUMNS + 1 ? columns - QUERY_LINE_COLUMNS - 1 : 0;
    const size_t shown = count < room ? count : room;
    picture(rates + (count - shown), shown, spark, sizeof spark);
    snprintf(line, QUERY_LINE_SIZE, "%s %s %6s %7s %8s %-19s %s", label, state, rate, pending, interval, both,
             batches);
    if (shown == 0) return;
    const size_t length = strlen(line);
    const int fill = (int)(9 - (strlen(batches) < 9 ? strlen(batches) : 9) + 1);
    snprintf(line + length, QUERY_LINE_SIZE - length, "%*s%s", fill, "", spark);
}
