#include "cli/query_line.h"

#include "cli/plain_text.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char query_line_header[] =
    "query              state      rate/s pending interval  wait (yours)       batches";

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

void query_line(const observed_status_t *status, const double *rates, size_t count,
                char line[QUERY_LINE_SIZE])
{
    const observed_waits_t *own = &status->stats.own, *shadow = &status->stats.shadow;
    const observed_decision_t *decision = &status->decision;
    char label[19], state[11], rate[16], pending[16], interval[32], wait[32], yours[32], batches[64] = "-",
                                                                                         spark[64];
    plain_text(status->query, label, sizeof label);
    plain_text(status->state[0] != '\0' ? status->state : "-", state, sizeof state);
    short_count(decision->rate, rate, sizeof rate);
    short_count(decision->pending == FIELD_UNKNOWN ? (double)NAN : (double)decision->pending, pending,
                sizeof pending);
    short_time(decision->interval_s, interval, sizeof interval);
    short_time(own->mean_s, wait, sizeof wait);
    short_time(shadow->mean_s, yours, sizeof yours);
    char both[72];
    snprintf(both, sizeof both, "%s (%s)", wait, yours);
    if (own->batches != FIELD_UNKNOWN && shadow->batches != FIELD_UNKNOWN)
        snprintf(batches, sizeof batches, "%" PRId64 "/%" PRId64, own->batches, shadow->batches);
    picture(rates, count, spark, sizeof spark);
    snprintf(line, QUERY_LINE_SIZE, "%-18s %-10s %6s %7s %8s  %-18s %-7s%s%s", label, state, rate, pending,
             interval, both, batches, count > 0 ? " " : "", spark);
}
