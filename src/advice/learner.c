#include "advice/learner.h"

#include <math.h>
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

void learner_begin(learner_t *learner)
{
    memset(learner, 0, sizeof *learner);
}

void learner_take_as_is(learner_t *learner, advice_kind_t candidate)
{
    learner->weights[candidate][FEATURES_OF_ARRIVALS + candidate] = 1;
}

/* Which features a candidate weighs. */
static int features_of(int candidate, int features[SEARCH_MOST_WEIGHTS])
{
    if (candidate != ADVICE_LEARNED) {
        features[0] = 0;
        features[1] = FEATURES_OF_ARRIVALS + candidate;
        return 2;
    }
    for (int i = 0; i < FEATURES_OF_ARRIVALS; i++)
        features[i] = i;
    return FEATURES_OF_ARRIVALS;
}

static void weights_of(int candidate, const double *values, float weights[FEATURES])
{
    int features[SEARCH_MOST_WEIGHTS];
    const int count = features_of(candidate, features);
    memset(weights, 0, FEATURES * sizeof *weights);
    for (int i = 0; i < count; i++)
        weights[features[i]] = (float)values[i];
    if (candidate != ADVICE_LEARNED) weights[features[1]] = fmaxf(weights[features[1]], 0);
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

static replayed_t replay(const learner_t *learner, const memory_t *memory, const learner_setting_t *setting,
                         int64_t from, int64_t to, const float *weights)
{
    (void)learner;
    return replay_rule(memory, &setting->rule, setting->cost, setting->max_wait_s, from, to, weights);
}

static void begin_search(learner_t *learner)
{
    int features[SEARCH_MOST_WEIGHTS];
    double start[SEARCH_MOST_WEIGHTS];
    const int count = features_of(learner->candidate, features);
    for (int i = 0; i < count; i++)
        start[i] = learner->weights[learner->candidate][features[i]];
    const bool later = learner->promotions[learner->candidate] > 0;
    search_begin(&learner->search, start, count, later ? later_deviation : first_deviation,
                 (uint64_t)learner->to * ADVICE_CANDIDATES + (uint64_t)learner->candidate);
}

/* Begins the rounds of all candidates when they are due and there is enough to learn from. */
static bool begin_rounds(learner_t *learner, const memory_t *memory, const learner_setting_t *setting)
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
    learner->reference = replay(learner, memory, setting, from, learner->split, NULL);
    learner->running =
        learner->candidate < ADVICE_CANDIDATES && learner->reference.batches >= LEAST_BATCHES;
    if (learner->running) begin_search(learner);
    return learner->running;
}

/* What the search found is judged on what it has not seen. */
static void end_round(learner_t *learner, const memory_t *memory, const learner_setting_t *setting)
{
    float weights[FEATURES], *in_use = learner->weights[learner->candidate];
    weights_of(learner->candidate, learner->search.mean, weights);
    const replayed_t none = replay(learner, memory, setting, learner->split, learner->to, NULL);
    const replayed_t before = replay(learner, memory, setting, learner->split, learner->to, in_use);
    const replayed_t found = replay(learner, memory, setting, learner->split, learner->to, weights);
    const double score_before = replay_score(&before, &none), score_found = replay_score(&found, &none);
    if (score_found < score_before - least_better && score_found < 1 - least_gain) {
        memcpy(in_use, weights, sizeof weights);
        learner->promotions[learner->candidate]++;
    } else if (score_before > 1 + least_gain) {
        memset(in_use, 0, sizeof weights);
    }
    learner->candidate = next_candidate(learner, learner->candidate);
    learner->running = learner->candidate < ADVICE_CANDIDATES;
    if (learner->running) begin_search(learner);
}

static void try_one(learner_t *learner, const memory_t *memory, const learner_setting_t *setting)
{
    const double *values = search_ask(&learner->search);
    float weights[FEATURES];
    weights_of(learner->candidate, values, weights);
    const replayed_t replayed = replay(learner, memory, setting, learner->from, learner->split, weights);
    double squares = 0;
    for (int i = 0; i < learner->search.count; i++)
        squares += values[i] * values[i];
    search_tell(&learner->search, replay_score(&replayed, &learner->reference) + weight_price * squares);
}

int64_t learner_work(learner_t *learner, const memory_t *memory, const learner_setting_t *setting,
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
