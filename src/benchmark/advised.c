#include "benchmark/advised.h"

#include "common/random.h"
#include "control/scatter.h"

/* Of learning in a second: some 50 ms, 5 % of a core, in the minute or so that a round takes. */
static const int64_t operations_a_second = 2000000;

typedef struct {
    advisor_t *advisor;
    random_t random;
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

static void fill(void *context, int64_t slot, int64_t events)
{
    beside_t *beside = context;
    hand_over(beside, slot);
    beside->events += events;
}

static void saw(void *context, int64_t from_ns, int64_t to_ns, int64_t events)
{
    beside_t *beside = context;
    scatter_events(&beside->random, ADVISOR_SLOT_NS, from_ns, to_ns, events, fill, beside);
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
    advice_apply(&advice, governor);
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
    beside_t beside = {.advisor = advisor_create(&of_advisor), .result = advised};
    *advised = (advised_result_t){.first_s = -1};
    if (!beside.advisor) return false;
    random_seed(&beside.random, 1, 0);
    const simulation_adviser_t adviser = {.context = &beside, .saw = saw, .batch = batch, .advise = advise};
    const bool done = simulate_advised(config, model, arrivals, count, &adviser, on_batch, context, result);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        advisor_evidence(beside.advisor, (advice_kind_t)i, &advised->evidence[i]);
    advisor_explain(beside.advisor, advised->why, sizeof advised->why);
    advisor_destroy(beside.advisor);
    return done;
}
