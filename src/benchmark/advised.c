#include "benchmark/advised.h"

#include "control/scatter.h"

/* Of learning in a second: some 50 ms, 5 % of a core, in the minute or so that a round takes. */
static const int64_t operations_a_second = 2000000;

typedef struct {
    advised_feed_t feed;
    advised_result_t *result;
} beside_t;

static void hand_over(advised_feed_t *feed, int64_t slot)
{
    for (; feed->slot < slot; feed->slot++) {
        advisor_slots(feed->advisor, feed->slot * ADVISOR_SLOT_NS, &feed->events, 1);
        feed->events = 0;
    }
}

static void fill(void *context, int64_t slot, int64_t events)
{
    advised_feed_t *feed = context;
    hand_over(feed, slot);
    feed->events += events;
}

void advised_feed_saw(advised_feed_t *feed, int64_t from_ns, int64_t to_ns, int64_t events)
{
    scatter_events(&feed->random, ADVISOR_SLOT_NS, from_ns, to_ns, events, fill, feed);
    hand_over(feed, to_ns / ADVISOR_SLOT_NS);
}

static void saw(void *context, int64_t from_ns, int64_t to_ns, int64_t events)
{
    advised_feed_saw(&((beside_t *)context)->feed, from_ns, to_ns, events);
}

static void batch(void *context, int64_t events, double seconds)
{
    beside_t *beside = context;
    advisor_batch(beside->feed.advisor, events, seconds);
}

static void advise(void *context, governor_t *governor, int64_t second_ns)
{
    beside_t *beside = context;
    advised_result_t *result = beside->result;
    const advice_t advice = advisor_advise(beside->feed.advisor, second_ns);
    advice_apply(&advice, governor);
    result->seconds++;
    result->mean += (advice.confidence - result->mean) / result->seconds;
    result->last = advice.confidence;
    result->seconds_of[advice.kind]++;
    if (advice.confidence > 0 && result->first_s < 0) result->first_s = (double)second_ns * 1e-9;
    int64_t left = operations_a_second;
    while (left > 0) {
        const int64_t done = advisor_work(beside->feed.advisor, left);
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
    beside_t beside = {.feed = {.advisor = advisor_create(&of_advisor)}, .result = advised};
    *advised = (advised_result_t){.first_s = -1};
    if (!beside.feed.advisor) return false;
    random_seed(&beside.feed.random, 1, 0);
    const simulation_adviser_t adviser = {.context = &beside, .saw = saw, .batch = batch, .advise = advise};
    const bool done = simulate_advised(config, model, arrivals, count, &adviser, on_batch, context, result);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        advisor_evidence(beside.feed.advisor, (advice_kind_t)i, &advised->evidence[i]);
    advisor_explain(beside.feed.advisor, advised->why, sizeof advised->why);
    advisor_destroy(beside.feed.advisor);
    return done;
}
