#include "benchmark/advised.h"

#include "control/grid.h"
#include "control/pending.h"

#include <string.h>

/* Of learning in a second: 20 ms at most, 2 % of a core. */
static const int64_t operations_a_second = 2000000;

typedef struct {
    advisor_t *advisor;
    grid_t slots;
    int64_t slot, events; /* the slot that is being filled */
    advised_result_t *result;
} beside_t;

static void hand_over(beside_t *beside, int64_t slot)
{
    for (; beside->slot < slot; beside->slot++) {
        advisor_slots(beside->advisor, beside->slot * ADVISOR_SLOT_NS, &beside->events, 1);
        beside->events = 0;
    }
}

static void fill(void *context, chunk_t chunk)
{
    beside_t *beside = context;
    hand_over(beside, (chunk.time_ns - 1) / ADVISOR_SLOT_NS);
    beside->events += chunk.events;
}

static void saw(void *context, int64_t from_ns, int64_t to_ns, int64_t events)
{
    beside_t *beside = context;
    if (events > 0) spread_events(&beside->slots, from_ns, to_ns, events, fill, beside);
    hand_over(beside, to_ns / ADVISOR_SLOT_NS);
}

static void batch(void *context, int64_t events, double seconds)
{
    beside_t *beside = context;
    advisor_batch(beside->advisor, events, seconds);
}

static void advise(void *context, governor_t *governor, int64_t second_ns)
{
    beside_t *beside = context;
    advised_result_t *result = beside->result;
    const advice_t advice = advisor_advise(beside->advisor, second_ns);
    governor_set_forecast(governor, advice.rate_per_s, advice.confidence);
    result->seconds++;
    result->mean += (advice.confidence - result->mean) / result->seconds;
    result->last = advice.confidence;
    result->seconds_of[advice.kind]++;
    if (advice.confidence > 0 && result->first_s < 0) result->first_s = (double)second_ns * 1e-9;
    int64_t left = operations_a_second;
    while (left > 0) {
        const int64_t done = advisor_work(beside->advisor, left);
        if (done == 0) break;
        left -= done;
    }
}

bool simulate_beside_advisor(const governor_config_t *config, const batch_model_t *model,
                             const arrived_t *arrivals, size_t count, const advised_setting_t *setting,
                             simulation_batch_t *on_batch, void *context, simulation_t *result,
                             advised_result_t *advised)
{
    const advisor_config_t of_advisor = {
        .governor = *config, .kind = setting->kind, .model = setting->model, .learn = !setting->frozen};
    beside_t beside = {.advisor = advisor_create(&of_advisor),
                       .slots = grid_make(0, ADVISOR_SLOT_NS, ADVISOR_SLOT_NS),
                       .result = advised};
    *advised = (advised_result_t){.first_s = -1};
    if (!beside.advisor) return false;
    const simulation_adviser_t adviser = {.context = &beside, .saw = saw, .batch = batch, .advise = advise};
    const bool done = simulate_advised(config, model, arrivals, count, &adviser, on_batch, context, result);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        advisor_evidence(beside.advisor, (advice_kind_t)i, &advised->evidence[i]);
    advisor_explain(beside.advisor, advised->why, sizeof advised->why);
    advisor_destroy(beside.advisor);
    return done;
}
