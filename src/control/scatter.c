#include "control/scatter.h"

#include <math.h>

enum { DEALT_AT_RANDOM = 512 };

/* Deals in order of time, without remembering any: the first of n uniform points of [0, 1) is 1 - u^(1/n). */
static void deal_at_random(random_t *random, int64_t slot_ns, int64_t from_ns, int64_t to_ns, int64_t events,
                           scatter_sink_t *sink, void *context)
{
    double at_ns = (double)from_ns;
    int64_t slot = from_ns / slot_ns, here = 0;
    for (int64_t left = events; left > 0; left--) {
        at_ns += ((double)to_ns - at_ns) * (1 - pow(random_uniform(random), 1 / (double)left));
        int64_t of_event = (int64_t)at_ns / slot_ns;
        if (of_event > (to_ns - 1) / slot_ns) of_event = (to_ns - 1) / slot_ns;
        if (of_event > slot) {
            if (here > 0) sink(context, slot, here);
            slot = of_event;
            here = 0;
        }
        here++;
    }
    sink(context, slot, here);
}

static void deal_evenly(int64_t slot_ns, int64_t from_ns, int64_t to_ns, int64_t events, scatter_sink_t *sink,
                        void *context)
{
    int64_t dealt = 0;
    for (int64_t slot = from_ns / slot_ns; slot * slot_ns < to_ns; slot++) {
        const int64_t end_ns = (slot + 1) * slot_ns;
        const double share = end_ns < to_ns ? (double)(end_ns - from_ns) / (double)(to_ns - from_ns) : 1;
        const int64_t due = share < 1 ? (int64_t)((double)events * share) : events;
        if (due > dealt) sink(context, slot, due - dealt);
        dealt = due;
    }
}

void scatter_events(random_t *random, int64_t slot_ns, int64_t from_ns, int64_t to_ns, int64_t events,
                    scatter_sink_t *sink, void *context)
{
    if (events <= 0 || from_ns < 0 || to_ns <= from_ns) return;
    if (events > DEALT_AT_RANDOM)
        deal_evenly(slot_ns, from_ns, to_ns, events, sink, context);
    else
        deal_at_random(random, slot_ns, from_ns, to_ns, events, sink, context);
}
