#include "monitor/waits.h"

#include <math.h>

const double duration_bounds_s[DURATION_BOUNDS] = {0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1,
                                                   1.5,  2,   3,   5,    10,  30,   60};

/* Less than this of an event is an error of rounding. */
static const double trace_of_event = 1e-6;

void duration_add(duration_histogram_t *histogram, double seconds, double weight)
{
    if (!(weight > 0)) return;
    if (!(seconds > 0)) seconds = 0;
    size_t class = 0;
    while (class < DURATION_BOUNDS && seconds > duration_bounds_s[class])
        class ++;
    histogram->counts[class] += weight;
    histogram->sum_s += seconds * weight;
}

static void keep(waits_t *waits, int64_t time_ms, double events)
{
    if (waits->count == WAITS_PARTS) {
        /* A long backlog: its two oldest parts become one, at their mean time. */
        size_t next = (waits->first + 1) % WAITS_PARTS;
        double both = waits->parts[waits->first].events + waits->parts[next].events;
        int64_t apart_ms = waits->parts[next].time_ms - waits->parts[waits->first].time_ms;
        waits->parts[next].time_ms -= (int64_t)((double)apart_ms * waits->parts[waits->first].events / both);
        waits->parts[next].events = both;
        waits->first = next;
        waits->count--;
    }
    size_t at = (waits->first + waits->count++) % WAITS_PARTS;
    waits->parts[at].time_ms = time_ms;
    waits->parts[at].events = events;
}

static void match(waits_t *waits, int taken, int64_t time_ms, double events)
{
    while (events > trace_of_event && waits->count > 0 && waits->taken != taken) {
        double *there = &waits->parts[waits->first].events;
        double both = events < *there ? events : *there;
        int64_t other_ms = waits->parts[waits->first].time_ms;
        int64_t wait_ms = taken ? time_ms - other_ms : other_ms - time_ms;
        duration_add(&waits->histogram, (double)wait_ms / 1000, both);
        events -= both;
        *there -= both;
        if (*there <= trace_of_event) {
            waits->first = (waits->first + 1) % WAITS_PARTS;
            waits->count--;
        }
    }
    if (events <= trace_of_event) return;
    waits->taken = taken;
    keep(waits, time_ms, events);
}

void waits_arrive(waits_t *waits, int64_t time_ms, double events)
{
    match(waits, 0, time_ms, events);
}

void waits_take(waits_t *waits, int64_t time_ms, double events)
{
    match(waits, 1, time_ms, events);
}

waits_pending_t waits_pending(const waits_t *waits, int64_t now_ms, const waits_cost_t *cost)
{
    waits_pending_t pending = {0};
    for (size_t i = 0; i < waits->count && !waits->taken; i++) {
        size_t at = (waits->first + i) % WAITS_PARTS;
        double age_s = (double)(now_ms - waits->parts[at].time_ms) / 1000;
        pending.events += waits->parts[at].events;
        if (age_s > 0) pending.cost += waits->parts[at].events * pow(age_s, cost->exponent);
        if (cost->tail > 0 && age_s > cost->tail_from_s)
            pending.cost += cost->tail * waits->parts[at].events * (age_s - cost->tail_from_s) *
                            cost->exponent * pow(cost->tail_from_s, cost->exponent - 1);
    }
    return pending;
}

void waits_restart(waits_t *waits)
{
    waits->first = waits->count = 0;
}
