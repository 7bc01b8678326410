#include "advice/learner.h"

#include <math.h>
#include <string.h>

enum {
    LEAST_SECONDS = 1200, /* to learn from */
    LEAST_BATCHES = 600,  /* in them, of the rule without weights: a third as many are left to judge by */
    PAUSE_SECONDS = 600,  /* between the rounds of a candidate */
    MARGIN_SECONDS = 300, /* of the memory that may be overwritten during a round */
    FIRST_GENERATIONS = 20,
    LATER_GENERATIONS = 10,
    FEW_GENERATIONS = 2, /* for one weight */
    JUDGED_PARTS = 8,
};

static const double first_deviation = 0.15, later_deviation = 0.08, belief_deviation = 0.4;
/* Per square of a weight: what does not pay is left at 0. */
static const double weight_price = 0.002;
/* What new weights have to be better by on the newest quarter, than those in use and than none. */
static const double least_better = 0.0005, least_gain = 0.001, clear_errors = 1.5;
/* Eight parts may look alike by chance. */
static const double least_error = 0.004;
/* What is judged was chosen among several, so it looks better than it is. */
static const double chosen_error = 1.5;

void learner_begin(learner_t *learner, double p)
{
    memset(learner, 0, sizeof *learner);
    learner->exchange = exchange_unknown(p);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        learner->weights[i] = (policy_weights_t){.belief = 0};
}

static int64_t generations(const learner_t *learner)
{
    if (learner->candidate != ADVICE_LEARNED) return FEW_GENERATIONS;
    return learner->promotions[learner->candidate] > 0 ? LATER_GENERATIONS : FIRST_GENERATIONS;
}

static int next_candidate(const learner_t *learner, int after)
{
    int candidate = after + 1;
    while (candidate < ADVICE_CANDIDATES && !learner->active[candidate])
        candidate++;
    return candidate;
}

static void begin_search(learner_t *learner)
{
    double start[SEARCH_MOST_WEIGHTS];
    const advice_kind_t candidate = (advice_kind_t)learner->candidate;
    policy_weights_values(candidate, &learner->weights[candidate], start);
    const double deviation = candidate != ADVICE_LEARNED          ? belief_deviation
                             : learner->promotions[candidate] > 0 ? later_deviation
                                                                  : first_deviation;
    search_begin(&learner->search, start, policy_weights_count(candidate), deviation,
                 (uint64_t)learner->to * ADVICE_CANDIDATES + (uint64_t)candidate);
}

/* Begins the rounds of all candidates when they are due and there is enough to learn from. */
static bool begin_rounds(learner_t *learner, const memory_t *memory, const replay_setting_t *setting)
{
    const int64_t to = memory->last_second < memory->end_slot / SLOTS_PER_SECOND
                           ? memory->last_second
                           : memory->end_slot / SLOTS_PER_SECOND;
    if (to < learner->due_second) return false;
    int64_t from = (memory->first_slot + SLOTS_PER_SECOND - 1) / SLOTS_PER_SECOND;
    if (from < to - MEMORY_SECONDS + MARGIN_SECONDS) from = to - MEMORY_SECONDS + MARGIN_SECONDS;
    while (from < to && isnan(memory_snapshot(memory, from)->log_price))
        from++;
    if (to - from < LEAST_SECONDS) return false;
    learner->due_second = to + PAUSE_SECONDS + (to - from) / 8;
    learner->from = from;
    learner->to = to;
    learner->split = to - (to - from) / 4;
    learner->candidate = next_candidate(learner, -1);
    learner->reference = replay_rule(memory, setting, from, learner->split, NULL, 0, 1);
    const replayed_t cheaper = replay_rule(memory, setting, from, to, NULL, 0, 0.9);
    const replayed_t dearer = replay_rule(memory, setting, from, to, NULL, 0, 1.1);
    learner->exchange = exchange_between(&cheaper, &dearer, setting->rule.p);
    learner->running = learner->candidate < ADVICE_CANDIDATES && learner->reference.batches >= LEAST_BATCHES;
    if (learner->running) begin_search(learner);
    return learner->running;
}

/* How weights do on the newest quarter, in parts, since one number does not say how far it can be trusted. */
static judgement_t judge(const learner_t *learner, const memory_t *memory, const replay_setting_t *setting,
                         const policy_weights_t *weights)
{
    double sum = 0, squares = 0;
    replayed_t none[JUDGED_PARTS], with[JUDGED_PARTS], mean = {0};
    const int64_t length = learner->to - learner->split;
    for (int i = 0; i < JUDGED_PARTS; i++) {
        const int64_t from = learner->split + length * i / JUDGED_PARTS;
        const int64_t to = learner->split + length * (i + 1) / JUDGED_PARTS;
        none[i] = replay_rule(memory, setting, from, to, NULL, 0, 1);
        with[i] = replay_rule(memory, setting, from, to, weights, learner->candidate, 1);
        mean.waiting += none[i].waiting / JUDGED_PARTS;
        mean.waited_s += none[i].waited_s / JUDGED_PARTS;
        mean.batches += none[i].batches / JUDGED_PARTS;
    }
    if (!(mean.waiting > 0) || !(mean.waited_s > 0)) return (judgement_t){.gain = 0, .error = 1};
    for (int i = 0; i < JUDGED_PARTS; i++) {
        const double gain = -exchange_score(&learner->exchange, setting->rule.p,
                                            (with[i].waiting - none[i].waiting) / mean.waiting,
                                            (with[i].waited_s - none[i].waited_s) / mean.waited_s,
                                            (with[i].batches - none[i].batches) / mean.batches);
        sum += gain / JUDGED_PARTS;
        squares += gain * gain / JUDGED_PARTS;
    }
    return (judgement_t){.gain = sum,
                         .error = chosen_error *
                                  fmax(least_error, sqrt(fmax(0, squares - sum * sum) / (JUDGED_PARTS - 1)))};
}

/* What the search found is judged on what it has not seen. */
static void end_round(learner_t *learner, const memory_t *memory, const replay_setting_t *setting)
{
    const advice_kind_t candidate = (advice_kind_t)learner->candidate;
    const policy_weights_t found = policy_weights_of(candidate, learner->search.mean);
    policy_weights_t *in_use = &learner->weights[candidate];
    const judgement_t after = judge(learner, memory, setting, &found);
    const judgement_t before = judge(learner, memory, setting, in_use);
    if (after.gain > before.gain + least_better &&
        after.gain > fmax(least_gain, clear_errors * after.error)) {
        learner->begins[candidate] |= policy_weights_are_none(in_use);
        *in_use = found;
        learner->judged[candidate] = after;
        learner->promotions[candidate]++;
    } else if (before.gain < -before.error) {
        *in_use = (policy_weights_t){.belief = 0};
        learner->judged[candidate] = (judgement_t){0};
    } else if (!policy_weights_are_none(in_use)) {
        learner->judged[candidate] = before;
    }
    learner->candidate = next_candidate(learner, candidate);
    learner->running = learner->candidate < ADVICE_CANDIDATES;
    if (learner->running) begin_search(learner);
}

static void try_one(learner_t *learner, const memory_t *memory, const replay_setting_t *setting)
{
    const double *values = search_ask(&learner->search);
    const policy_weights_t weights = policy_weights_of((advice_kind_t)learner->candidate, values);
    const replayed_t replayed =
        replay_rule(memory, setting, learner->from, learner->split, &weights, learner->candidate, 1);
    double squares = 0;
    for (int i = 0; i < learner->search.count; i++)
        squares += values[i] * values[i];
    search_tell(&learner->search,
                replay_score(&replayed, &learner->reference, &learner->exchange, setting->rule.p) +
                    weight_price * squares);
}

int64_t learner_work(learner_t *learner, const memory_t *memory, const replay_setting_t *setting,
                     int64_t operations)
{
    int64_t done = 0;
    while (done < operations) {
        /* What a round looks at must not be overwritten while it goes on: a slow one is given up. */
        if (learner->running && memory->first_slot > learner->from * SLOTS_PER_SECOND)
            learner->running = false;
        if (!learner->running && !begin_rounds(learner, memory, setting)) break;
        try_one(learner, memory, setting);
        done += (learner->split - learner->from) * SLOTS_PER_SECOND;
        if (learner->search.generation >= generations(learner)) {
            end_round(learner, memory, setting);
            done += 4 * (learner->to - learner->split) * SLOTS_PER_SECOND;
        }
    }
    return done;
}
