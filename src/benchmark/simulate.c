#include "benchmark/simulate.h"

#include "control/grid.h"

#include <math.h>

/* Of a batch: 30 years, so that times stay far from an overflow. */
static const double longest_ns = 1e18;

typedef struct {
    const arrived_t *arrivals;
    size_t count;
    size_t seen; /* arrivals at or before the time last asked for */
    int64_t seen_total;
    int64_t taken_total; /* by batches */
} source_t;

/* The source's end offset at `time_ns`. */
static int64_t source_total(source_t *source, int64_t time_ns)
{
    while (source->seen < source->count && source->arrivals[source->seen].time_ns <= time_ns)
        source->seen_total += source->arrivals[source->seen++].events;
    return source->seen_total;
}

/* A batch that starts at `start_ns` takes everything that has arrived; returns how many events that is. */
static int64_t source_take(source_t *source, int64_t start_ns)
{
    const int64_t before = source->taken_total;
    source->taken_total = source_total(source, start_ns);
    return source->taken_total - before;
}

/* What the adviser has been told. */
typedef struct {
    const simulation_adviser_t *adviser; /* may be NULL */
    governor_t *governor;
    int64_t second_ns; /* of the next advice */
    int64_t seen_ns;
    int64_t seen_total;
} advised_t;

/* The whole seconds before `end_ns` pass. */
static void pass_seconds(advised_t *advised, int64_t end_ns)
{
    if (!advised->adviser) return;
    for (; advised->second_ns < end_ns; advised->second_ns += 1000000000)
        advised->adviser->advise(advised->adviser->context, advised->governor, advised->second_ns);
}

/* All that arrived up to now_ns is known. */
static void see(advised_t *advised, int64_t now_ns, int64_t total)
{
    if (!advised->adviser) return;
    pass_seconds(advised, now_ns + 1);
    if (now_ns > advised->seen_ns)
        advised->adviser->saw(advised->adviser->context, advised->seen_ns, now_ns,
                              total - advised->seen_total);
    advised->seen_ns = now_ns;
    advised->seen_total = total;
}

enum { SPARSE_EVENTS = 16, PARTITIONS = 4 };

static double seconds_of(const batch_model_t *model, int64_t events)
{
    if (events == 0) return model->empty_s;
    const double seconds = model->fixed_s + model->per_event_s * (double)events;
    const int64_t waiting = events < PARTITIONS ? events : PARTITIONS;
    return events < SPARSE_EVENTS ? seconds + model->sparse_s * (double)waiting / PARTITIONS : seconds;
}

/* The agent's wait: decide, sleep, probe, until the trigger fires. Returns when. */
static int64_t wait_for_trigger(governor_t *governor, source_t *source, advised_t *advised, bool rows_only,
                                int64_t now_ns, int64_t own_ns, simulation_t *result)
{
    for (;;) {
        pass_seconds(advised, now_ns + 1);
        const decision_t decision = governor_decide(governor, now_ns, own_ns, false);
        if (decision.fire) {
            result->decisions[decision.reason]++;
            return now_ns;
        }
        now_ns = decision.wake_ns;
        if (rows_only || governor_is_certain(governor, now_ns)) continue;
        const int64_t total = source_total(source, now_ns);
        governor_probe(governor, now_ns, total);
        see(advised, now_ns, total);
        result->probes++;
    }
}

/* The next time at which a trigger can start. */
static int64_t start_after(const batch_model_t *model, int64_t time_ns)
{
    const int64_t beyond_ns = model->slot_ns > 0 ? time_ns % model->slot_ns : 0;
    return beyond_ns > 0 ? time_ns + model->slot_ns - beyond_ns : time_ns;
}

bool simulate_advised(const governor_config_t *config, const batch_model_t *model, const arrived_t *arrivals,
                      size_t count, const simulation_adviser_t *adviser, simulation_batch_t *on_batch,
                      void *context, simulation_t *result)
{
    *result = (simulation_t){0};
    source_t source = {.arrivals = arrivals, .count = count};
    governor_t *governor = governor_create(config);
    if (!governor) return false;
    const grid_t grid = grid_make(config->origin_ns, config->trigger_ns, config->slot_ns);
    advised_t advised = {.adviser = adviser, .governor = governor};
    int64_t start_ns = 0;
    governor_start(governor, start_ns, 0, 0);
    while (source.seen < count || source.taken_total < source.seen_total) {
        const int64_t events = source_take(&source, start_ns);
        const double seconds = seconds_of(model, events);
        const int64_t end_ns = start_after(model, start_ns + (int64_t)fmin(seconds * 1e9, longest_ns));
        if (events)
            result->batches++;
        else
            result->empty_triggers++;
        governor_trigger(governor, start_ns, end_ns, source.taken_total);
        if (adviser) {
            /* The agent reads what a batch took when it is over. */
            pass_seconds(&advised, end_ns);
            see(&advised, start_ns, source.taken_total);
            if (events) adviser->batch(adviser->context, events, seconds);
        }
        if (events && on_batch) on_batch(context, governor, start_ns, events);
        const int64_t fired_ns = wait_for_trigger(governor, &source, &advised, config->rows_only, end_ns,
                                                  grid_after(&grid, 1, start_ns), result);
        start_ns = start_after(model, fired_ns);
    }
    governor_stats(governor, &result->governor);
    governor_destroy(governor);
    return true;
}

bool simulate(const governor_config_t *config, const batch_model_t *model, const arrived_t *arrivals,
              size_t count, simulation_batch_t *on_batch, void *context, simulation_t *result)
{
    return simulate_advised(config, model, arrivals, count, NULL, on_batch, context, result);
}
