#include "advice/learner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_SECONDS = 1200,  /* to learn from */
    LEAST_BATCHES = 200,   /* in them, of the rule without weights */
    PAUSE_SECONDS = 600,   /* between the rounds of a candidate */
    MARGIN_SECONDS = 300,  /* of the memory that may be overwritten during a round */
    FIRST_GENERATIONS = 30,
    LATER_GENERATIONS = 15,
    FEW_GENERATIONS = 12, /* for two weights */
};

static const double first_deviation = 0.15, later_deviation = 0.08;
/* Per square of a weight: what does not pay is left at 0. */
static const double weight_price = 0.002;
/* What new weights have to be better by on the newest quarter, than those in use and than none. */
static const double least_better = 0.0005, least_gain = 0.001;

void learner_begin(learner_t *learner, double p)
{
    const double none[SEARCH_MOST_WEIGHTS] = {0};
    memset(learner, 0, sizeof *learner);
    learner->exchange = exchange_unknown(p);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        learner->weights[i] = policy_weights_of((advice_kind_t)i, none);
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
    const bool later = learner->promotions[candidate] > 0;
    search_begin(&learner->search, start, policy_weights_count(candidate), later ? later_deviation : first_deviation,
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
    learner->due_second = to + PAUSE_SECONDS;
    learner->from = from;
    learner->to = to;
    learner->split = to - (to - from) / 4;
    learner->candidate = next_candidate(learner, -1);
    learner->reference = replay_rule(memory, setting, from, learner->split, NULL, 0, 1);
    const replayed_t cheaper = replay_rule(memory, setting, from, to, NULL, 0, 0.9);
    const replayed_t dearer = replay_rule(memory, setting, from, to, NULL, 0, 1.1);
    learner->exchange = exchange_between(&cheaper, &dearer, setting->rule.p);
    if (getenv("DBG")) fprintf(stderr, "exchange %.2f %.2f cheaper %.0f %.0f %.0f dearer %.0f %.0f %.0f sec %ld\n", learner->exchange.waiting, learner->exchange.waited, cheaper.batches, cheaper.waited_s, cheaper.waiting, dearer.batches, dearer.waited_s, dearer.waiting,(long)(to-from));
    learner->running =
        learner->candidate < ADVICE_CANDIDATES && learner->reference.batches >= LEAST_BATCHES;
    if (learner->running) begin_search(learner);
    return learner->running;
}

/* What the search found is judged on what it has not seen. */
static void end_round(learner_t *learner, const memory_t *memory, const replay_setting_t *setting)
{
    const int candidate = learner->candidate;
    const double none[SEARCH_MOST_WEIGHTS] = {0}, p = setting->rule.p;
    const policy_weights_t found = policy_weights_of((advice_kind_t)candidate, learner->search.mean);
    policy_weights_t *in_use = &learner->weights[candidate];
    const int64_t from = learner->split, to = learner->to;
    const replayed_t reference = replay_rule(memory, setting, from, to, NULL, 0, 1);
    const replayed_t before = replay_rule(memory, setting, from, to, in_use, candidate, 1);
    const replayed_t after = replay_rule(memory, setting, from, to, &found, candidate, 1);
    const double score_before = replay_score(&before, &reference, &learner->exchange, p);
    const double score_after = replay_score(&after, &reference, &learner->exchange, p);
    if (getenv("DBG")) fprintf(stderr, "round %s %ld..%ld found %.4f before %.4f | %.2f %.2f %.2f %.2f belief %.2f | batches %.4f waited %.4f waiting %.4f\n", advice_kind_names[candidate], (long)learner->from, (long)to, score_after, score_before, found.exponents[0], found.exponents[1], found.exponents[2], found.exponents[3], found.belief, after.batches/reference.batches, after.waited_s/reference.waited_s, after.waiting/reference.waiting);
    if (score_after < score_before - least_better && score_after < -least_gain) {
        *in_use = found;
        learner->promotions[candidate]++;
    } else if (score_before > least_gain) {
        *in_use = policy_weights_of((advice_kind_t)candidate, none);
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
    search_tell(&learner->search, replay_score(&replayed, &learner->reference, &learner->exchange, setting->rule.p) +
                                      weight_price * squares);
}

int64_t learner_work(learner_t *learner, const memory_t *memory, const replay_setting_t *setting,
                     int64_t operations)
{
    int64_t done = 0;
    while (done < operations) {
        /* What a round looks at must not be overwritten while it goes on: a slow one is given up. */
        if (learner->running && memory->first_slot > learner->from * SLOTS_PER_SECOND) learner->running = false;
        if (!learner->running && !begin_rounds(learner, memory, setting)) break;
        try_one(learner, memory, setting);
        done += (learner->split - learner->from) * SLOTS_PER_SECOND;
        if (learner->search.generation >= generations(learner)) {
            end_round(learner, memory, setting);
            done += 3 * (learner->to - learner->split) * SLOTS_PER_SECOND;
        }
    }
    return done;
}
