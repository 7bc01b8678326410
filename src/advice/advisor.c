#include "advice/advisor.h"

#include "advice/advisor_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t second_ns = 1000000000;
static const int64_t shortest_trigger_ns = 400000000;
/* `auto` changes to another candidate when its lower bound is better by this, and not before so many blocks. */
static const double better_by = 0.002;
static const int64_t least_blocks_in_use = 10;

/* The time of day of a second; the axis begins at midnight. */
static double time_of_day_s(int64_t second)
{
    return (double)(((second % 86400) + 86400) % 86400);
}

static bool takes_part(const advisor_config_t *config, int candidate)
{
    if (candidate == ADVICE_LSTM && !config->model) return false;
    if (candidate == ADVICE_LEARNED && !config->learn) return false;
    return config->kind == ADVICE_AUTO || (int)config->kind == candidate;
}

static void destroy_runs(advisor_t *a)
{
    paper_end(&a->free);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        paper_end(&a->papers[i]);
    for (int i = 0; i < FORECASTER_KINDS; i++) {
        forecaster_destroy(a->forecasters[i]);
        a->forecasters[i] = NULL;
    }
}

/* Paper runs and forecasters of a configuration. */
static bool create_runs(advisor_t *a)
{
    if (!paper_begin(&a->free, &a->config.governor, 0, 0)) return false;
    for (int i = 0; i < ADVICE_CANDIDATES; i++) {
        a->candidates[i] = a->able && takes_part(&a->config, i);
        a->learner.active[i] = a->candidates[i] && a->config.learn;
        if (!a->candidates[i]) continue;
        if (!paper_begin(&a->papers[i], &a->config.governor, 0, 0)) return false;
        if (i >= FORECASTER_KINDS) continue;
        a->forecasters[i] = forecaster_create((forecaster_kind_t)i, a->config.model);
        if (!a->forecasters[i]) return false;
        /* Nothing is fitted: forecasts are taken as effective rates, as they are. */
        if (!a->config.learn) a->learner.weights[i].belief = 1;
    }
    return true;
}

static int64_t seconds_of_block(const governor_config_t *config)
{
    const int64_t triggers_s = 10 * config->trigger_ns / second_ns;
    return triggers_s > 60 ? triggers_s : 60;
}

advisor_t *advisor_create(const advisor_config_t *config)
{
    if (config->kind >= ADVICE_KINDS) return NULL;
    advisor_t *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->config = *config;
    const governor_config_t *governor = &config->governor;
    a->able = config->kind != ADVICE_NONE && governor->policy == POLICY_ADAPTIVE && !governor->rows_only &&
              governor->trigger_ns >= shortest_trigger_ns;
    learner_begin(&a->learner, rule_for(governor->goal).p);
    if (!create_runs(a)) {
        advisor_destroy(a);
        return NULL;
    }
    a->setting = replay_setting_of(governor, governor_max_wait_ns(a->free.governor), &a->cost);
    a->block_seconds = seconds_of_block(governor);
    a->in_use = ADVICE_NONE;
    a->advised_second = INT64_MIN;
    for (int i = 0; i < TOLD_SECONDS; i++)
        a->told[i].second = INT64_MIN;
    return a;
}

void advisor_destroy(advisor_t *a)
{
    if (!a) return;
    destroy_runs(a);
    free(a);
}

/* Whether the same arrivals cost the same under both. */
static bool same_rule(const governor_config_t *a, const governor_config_t *b)
{
    return a->trigger_ns == b->trigger_ns && a->origin_ns == b->origin_ns && a->goal == b->goal &&
           a->policy == b->policy && a->budget == b->budget && a->slot_ns == b->slot_ns &&
           a->min_interval_ns == b->min_interval_ns && a->max_interval_ns == b->max_interval_ns &&
           a->max_wait_ns == b->max_wait_ns && a->warmup_ns == b->warmup_ns && a->rows_only == b->rows_only;
}

bool advisor_learns_the_same(const governor_config_t *a, const governor_config_t *b)
{
    return a->trigger_ns == b->trigger_ns && a->goal == b->goal && a->budget == b->budget;
}

/* What stays true of the stream, and, under the same trigger, goal and budget, of the candidates. */
static void inherit(advisor_t *a, const advisor_t *from)
{
    a->arrivals = from->arrivals;
    a->cost = from->cost;
    if (!advisor_learns_the_same(&a->config.governor, &from->config.governor)) return;
    a->scale = from->scale;
    a->learner.exchange = from->learner.exchange;
    for (int i = 0; i < ADVICE_CANDIDATES; i++) {
        if (!a->candidates[i] || !from->candidates[i] || a->config.learn != from->config.learn) continue;
        a->evidence[i] = from->evidence[i];
        a->learner.weights[i] = from->learner.weights[i];
        a->learner.judged[i] = from->learner.judged[i];
        a->learner.promotions[i] = from->learner.promotions[i];
    }
    if (from->in_use < ADVICE_CANDIDATES && a->candidates[from->in_use] && a->evidence[from->in_use].proven)
        a->in_use = from->in_use;
}

bool advisor_configure(advisor_t *a, const advisor_config_t *config)
{
    if (same_rule(&a->config.governor, &config->governor) && a->config.kind == config->kind &&
        a->config.model == config->model && a->config.learn == config->learn)
        return true;
    advisor_t *other = advisor_create(config);
    if (!other) return false;
    inherit(other, a);
    destroy_runs(a);
    *a = *other;
    a->setting.cost = &a->cost;
    free(other);
    return true;
}

void advisor_batch(advisor_t *a, int64_t events, double seconds)
{
    if (events > 0) batch_cost_observe(&a->cost, events, seconds);
}

/* Nothing is known of what came before `slot`. */
static void start_at(advisor_t *a, int64_t slot)
{
    memory_begin(&a->memory, slot);
    a->known_slots = 0;
    a->learner.running = false;
    a->learner.due_second = 0;
    paper_resume(&a->free, slot, a->total);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        if (a->candidates[i]) paper_resume(&a->papers[i], slot, a->total);
    a->block_end = slot / SLOTS_PER_SECOND + a->block_seconds;
    a->free_before = a->free.spent;
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        a->before[i] = a->papers[i].spent;
    a->started = true;
}

/* Rates of the `count` seconds that end at `end_slot`, oldest first. */
static void rates_until(const advisor_t *a, int64_t end_slot, double *rates_per_s, int count)
{
    for (int i = 0; i < count; i++) {
        const int64_t first = end_slot - (int64_t)(count - i) * SLOTS_PER_SECOND;
        rates_per_s[i] = 0;
        for (int k = 0; k < SLOTS_PER_SECOND; k++)
            rates_per_s[i] += (double)memory_events(&a->memory, first + k);
    }
}

/* A second is over: forecasters learn what came. */
static void observe_second(advisor_t *a)
{
    double rates_per_s[MODEL_HISTORY + 1];
    if (a->known_slots < (MODEL_HISTORY + 1) * SLOTS_PER_SECOND) return;
    rates_until(a, a->memory.end_slot, rates_per_s, MODEL_HISTORY + 1);
    const double of_day_s = time_of_day_s(a->memory.end_slot / SLOTS_PER_SECOND - 1);
    for (int i = 0; i < FORECASTER_KINDS; i++)
        if (a->forecasters[i])
            forecaster_observe(a->forecasters[i], rates_per_s, of_day_s, rates_per_s[MODEL_HISTORY]);
}

static spent_t difference(const spent_t *after, const spent_t *before)
{
    return (spent_t){.waiting = after->waiting - before->waiting,
                     .waited_s = after->waited_s - before->waited_s,
                     .batches = after->batches - before->batches};
}

/* Which candidate's advice is given. */
static void choose(advisor_t *a)
{
    int best = ADVICE_NONE;
    for (int i = 0; i < ADVICE_CANDIDATES; i++) {
        if (!a->candidates[i] || !a->evidence[i].proven) continue;
        if (best == ADVICE_NONE || evidence_bound(&a->evidence[i]) > evidence_bound(&a->evidence[best]))
            best = i;
    }
    a->blocks_in_use++;
    const bool lost = a->in_use == ADVICE_NONE || !a->evidence[a->in_use].proven;
    if (best == (int)a->in_use) return;
    if (!lost && (a->blocks_in_use < least_blocks_in_use ||
                  evidence_bound(&a->evidence[best]) < evidence_bound(&a->evidence[a->in_use]) + better_by))
        return;
    a->in_use = (advice_kind_t)best;
    a->blocks_in_use = 0;
}

static void end_block(advisor_t *a)
{
    a->block_end += a->block_seconds;
    const spent_t free_spent = difference(&a->free.spent, &a->free_before);
    a->free_before = a->free.spent;
    /* A block in which nothing came, or before there is a price, says nothing. */
    const bool counts = a->free.price > 0 && free_spent.batches > 0;
    if (counts) scale_add(&a->scale, &free_spent, a->free.price);
    for (int i = 0; i < ADVICE_CANDIDATES; i++) {
        if (!a->candidates[i]) continue;
        const spent_t spent = difference(&a->papers[i].spent, &a->before[i]);
        a->before[i] = a->papers[i].spent;
        if (counts)
            evidence_add(&a->evidence[i], &a->scale, &free_spent, &spent, a->free.price, &a->learner.exchange,
                         a->setting.rule.p);
    }
    if (counts) choose(a);
}

static void tell_papers(advisor_t *a, int64_t second)
{
    const told_t *told = &a->told[(uint64_t)second % TOLD_SECONDS];
    if (a->candidates[ADVICE_LEARNED])
        governor_set_changes(a->papers[ADVICE_LEARNED].governor, a->learner.weights[ADVICE_LEARNED].changes,
                             1);
    if (told->second != second) return;
    for (int i = 0; i < FORECASTER_KINDS; i++)
        if (a->candidates[i])
            governor_set_correction(a->papers[i].governor, told->factors[i],
                                    a->learner.weights[i].belief > 0);
}

static void add_slot(advisor_t *a, int64_t events)
{
    const int64_t slot = a->memory.end_slot;
    if (slot % SLOTS_PER_SECOND == 0) tell_papers(a, slot / SLOTS_PER_SECOND);
    memory_add_slot(&a->memory, events);
    arrival_rate_observe(&a->arrivals, events, ADVISOR_SLOT_NS);
    a->total += events;
    a->known_slots++;
    paper_slot(&a->free, &a->memory, &a->cost, a->total);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        if (a->candidates[i]) paper_slot(&a->papers[i], &a->memory, &a->cost, a->total);
    if ((slot + 1) % SLOTS_PER_SECOND != 0) return;
    observe_second(a);
    if ((slot + 1) / SLOTS_PER_SECOND >= a->block_end) end_block(a);
}

void advisor_slots(advisor_t *a, int64_t start_ns, const int64_t *counts, size_t count)
{
    const int64_t most =
        INT64_C(1) << 40; /* events a slot: the sum of years of them is far from an overflow */
    if (!a->able) return;
    const int64_t first = start_ns / ADVISOR_SLOT_NS;
    for (size_t i = 0; i < count; i++) {
        const int64_t slot = first + (int64_t)i;
        if (!a->started || slot > a->memory.end_slot) start_at(a, slot);
        if (slot < a->memory.end_slot) continue;
        const int64_t events = counts[i] > 0 ? counts[i] : 0;
        add_slot(a, events < most ? events : most);
    }
}

/* What every forecaster says of the second that begins now, against the blend. */
static void ask_forecasters(advisor_t *a, double blend_per_s, double features[FORECASTER_KINDS],
                            int64_t second)
{
    double rates_per_s[MODEL_HISTORY];
    a->advice.has_next = false;
    const bool ready = a->known_slots >= MODEL_HISTORY * SLOTS_PER_SECOND;
    if (ready) rates_until(a, a->memory.end_slot, rates_per_s, MODEL_HISTORY);
    for (int i = 0; i < FORECASTER_KINDS; i++) {
        features[i] = 0;
        if (!a->forecasters[i] || !ready) continue;
        const forecast_t forecast =
            forecaster_forecast(a->forecasters[i], rates_per_s, time_of_day_s(second));
        features[i] = feature_of_forecast(&a->arrivals, blend_per_s, forecast.rate_per_s);
        /* The last one that can say anything, which is the network where there is one. */
        a->advice.has_next = true;
        a->advice.next_kind = (advice_kind_t)i;
        a->advice.next = forecast;
    }
}

static void advise_second(advisor_t *a, int64_t second)
{
    double features[FORECASTER_KINDS];
    const double quick_share = governor_quick_share(a->free.governor);
    const double blend_per_s = arrival_rate_blend(&a->arrivals, quick_share);
    ask_forecasters(a, blend_per_s, features, second);
    memory_add_snapshot(&a->memory, second, a->free.price > 0 ? log(a->free.price) : NAN, quick_share,
                        &a->arrivals, features);
    told_t *told = &a->told[(uint64_t)second % TOLD_SECONDS];
    told->second = second;
    for (int i = 0; i < FORECASTER_KINDS; i++)
        told->factors[i] = exp(a->learner.weights[i].belief * features[i]);
    const advice_kind_t in_use = a->in_use;
    advice_t *advice = &a->advice;
    advice->kind = in_use;
    advice->confidence = in_use == ADVICE_NONE ? 0 : evidence_trust(&a->evidence[in_use]);
    if (advice->confidence <= 0) advice->kind = ADVICE_NONE;
    advice->has_changes = advice->kind == ADVICE_LEARNED;
    advice->rate_per_s = blend_per_s;
    if (advice->has_changes) {
        memcpy(advice->changes, a->learner.weights[in_use].changes, sizeof advice->changes);
        advice->rate_per_s = arrival_rate_changed(&a->arrivals, quick_share, advice->changes);
    } else if (advice->kind != ADVICE_NONE) {
        advice->rate_per_s *= told->factors[in_use];
    }
}

void advice_apply(const advice_t *advice, governor_t *governor)
{
    governor_set_advice(governor, advice->rate_per_s, advice->confidence,
                        advice->has_changes ? advice->changes : NULL);
}

advice_t advisor_advise(advisor_t *a, int64_t now_ns)
{
    /* Advice given after a tenth of a second counts from the next one on. */
    const int64_t second = (now_ns + second_ns - ADVISOR_SLOT_NS - 1) / second_ns;
    if (!a->able || !a->started || now_ns < 0) return (advice_t){.kind = ADVICE_NONE, .rate_per_s = 1};
    if (second <= a->memory.last_second) return a->advice;
    advise_second(a, second);
    return a->advice;
}

int64_t advisor_work(advisor_t *a, int64_t operations)
{
    if (!a->able || !a->started || !a->config.learn) return 0;
    const int64_t done = learner_work(&a->learner, &a->memory, &a->setting, operations);
    for (int i = 0; i < ADVICE_CANDIDATES && done > 0; i++) {
        if (a->learner.begins[i]) a->evidence[i] = (evidence_t){0};
        a->learner.begins[i] = false;
        if (a->candidates[i])
            evidence_set_prior(&a->evidence[i], a->learner.judged[i].gain, a->learner.judged[i].error);
    }
    return done;
}

void advisor_evidence(const advisor_t *a, advice_kind_t candidate, advisor_evidence_t *evidence)
{
    *evidence = (advisor_evidence_t){0};
    if (candidate >= ADVICE_CANDIDATES || !a->candidates[candidate]) return;
    const evidence_t *of = &a->evidence[candidate];
    evidence->judged = of->blocks > 1;
    evidence->gain = evidence_gain(of);
    evidence->error = evidence_error(of);
    evidence->trust = evidence_trust(of);
    evidence->blocks = of->blocks;
    evidence->promotions = a->learner.promotions[candidate];
}
