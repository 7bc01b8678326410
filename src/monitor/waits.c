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

static void drop_oldest(waits_t *waits)
{
    waits->first = (waits->first + 1) % WAITS_PARTS;
    waits->count--;
}

/* Whether a batch of taken_ms can have taken what arrived about arrived_ms. Spark asks for the newest events a moment after the
 * trigger; where the batch is the first after a time that is not known, what it took beyond the known came from that time. */
static bool may_take(const waits_t *waits, int64_t taken_ms, int64_t arrived_ms)
{
    return arrived_ms <= taken_ms + (waits->settled ? waits->width_ms : 0);
}

/* A batch has taken all that is told and more, what came later is known: the rest of it was never told. */
static void give_up_rest(waits_t *waits, int64_t taken_ms)
{
    waits->settled = !waits->settled && taken_ms > waits->since_ms;
}

static void match_oldest(waits_t *waits, double *events, int64_t arrived_ms, int64_t taken_ms)
{
    double *there = &waits->parts[waits->first].events;
    const double both = *events < *there ? *events : *there;
    const double wait_s = (double)(taken_ms - arrived_ms) / 1000;
    duration_add(&waits->histogram, wait_s, both);
    wait_history_add(&waits->over_time, taken_ms, wait_s, both);
    *events -= both;
    *there -= both;
    if (*there <= trace_of_event) drop_oldest(waits);
}

void waits_arrive(waits_t *waits, int64_t start_ms, int64_t width_ms, double events)
{
    const int64_t arrived_ms = start_ms + width_ms / 2;
    waits->width_ms = width_ms;
    while (waits->taken && waits->count > 0) {
        const int64_t taken_ms = waits->parts[waits->first].time_ms;
        if (!may_take(waits, taken_ms, arrived_ms)) {
            drop_oldest(waits);
            give_up_rest(waits, taken_ms);
        } else if (events > trace_of_event) {
            match_oldest(waits, &events, arrived_ms, taken_ms);
        } else {
            return;
        }
    }
    if (events <= trace_of_event) return;
    waits->taken = false;
    keep(waits, arrived_ms, events);
}

void waits_gap(waits_t *waits, int64_t start_ms)
{
    waits->since_ms = start_ms;
    waits->settled = false;
}

void waits_take(waits_t *waits, int64_t time_ms, double events, bool all)
{
    while (!waits->taken && waits->count > 0) {
        const int64_t arrived_ms = waits->parts[waits->first].time_ms;
        if (events > trace_of_event && may_take(waits, time_ms, arrived_ms)) {
            match_oldest(waits, &events, arrived_ms, time_ms);
        } else if (events > trace_of_event) {
            give_up_rest(waits, time_ms);
            return;
        } else if (all && arrived_ms + waits->width_ms / 2 <= time_ms) {
            /* A slot that was over by then: a batch that was not told of has taken it. */
            double rest = waits->parts[waits->first].events;
            match_oldest(waits, &rest, arrived_ms, time_ms);
        } else {
            break;
        }
    }
    if (events > trace_of_event) {
        waits->taken = true;
        keep(waits, time_ms, events);
    } else if (all && time_ms > waits->since_ms) {
        waits->settled = true;
    }
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
