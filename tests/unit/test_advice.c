/* Advice: what pays is found and followed, what does not is not, and what was learnt outlives the process. */
/* links: advice control forecast traffic common */
#include "advice/advisor.h"
#include "advice/advisor_parts.h"
#include "common/random.h"
#include "control/scatter.h"
#include "near.h"
#include "poisson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t second_ns = 1000000000;
enum { SECOND = SLOTS_PER_SECOND };

static advisor_config_t config_of(advice_kind_t kind, bool learn)
{
    options_t options;
    options_defaults(&options);
    return (advisor_config_t){
        .governor = governor_config_of(&options, 2 * second_ns), .kind = kind, .learn = learn};
}

static advisor_t *advisor_of(advice_kind_t kind, bool learn)
{
    const advisor_config_t config = config_of(kind, learn);
    advisor_t *advisor = advisor_create(&config);
    assert_non_null(advisor);
    advisor_batch(advisor, 100, 0.25);
    return advisor;
}

/* Poisson arrivals of a mean rate in the slot. */
typedef int64_t arrivals_t(random_t *random, int64_t slot);

static int64_t steady(random_t *random, int64_t slot)
{
    (void)slot;
    return (int64_t)poisson(random, 2);
}

/* A train of events every 4 s for 0.5 s, else next to nothing: a short average that looks at the last moments sees a burst
 * where none will follow. */
static int64_t trains(random_t *random, int64_t slot)
{
    return (int64_t)poisson(random, slot % 40 < 5 ? 8 : 0.02);
}

/* Feeds seconds `from` to `to` - 1 as a predictor would, and works for as long as there is something to do. */
static void feed(advisor_t *advisor, random_t *random, arrivals_t *arrivals, int64_t from, int64_t to)
{
    for (int64_t second = from; second < to; second++) {
        int64_t counts[SECOND];
        advisor_advise(advisor, second * second_ns);
        for (int64_t i = 0; i < SECOND; i++)
            counts[i] = arrivals(random, second * SECOND + i);
        advisor_slots(advisor, second * second_ns, counts, SECOND);
        while (advisor_work(advisor, 1000000) > 0) {
        }
    }
}

static void a_paper_run_is_the_governor(void **state)
{
    (void)state;
    /* Two runs of the same rule spend the same; one that is told to take the rate for ten times higher does not. */
    const advisor_config_t config = config_of(ADVICE_AUTO, false);
    memory_t *memory = calloc(1, sizeof *memory);
    batch_cost_t cost = {0};
    paper_t papers[3];
    random_t random;
    int64_t total = 0;
    assert_non_null(memory);
    memory_begin(memory, 0);
    random_seed(&random, 1, 0);
    batch_cost_observe(&cost, 10, 0.25);
    for (int i = 0; i < 3; i++)
        assert_true(paper_begin(&papers[i], &config.governor, 0, 0));
    for (int64_t slot = 0; slot < 600 * SECOND; slot++) {
        const int64_t events = steady(&random, slot);
        memory_add_slot(memory, events);
        total += events;
        governor_set_correction(papers[2].governor, 10, 1);
        for (int i = 0; i < 3; i++)
            paper_slot(&papers[i], memory, &cost, total);
    }
    assert_true(papers[0].spent.batches > 200 && papers[0].spent.batches < 420);
    assert_true(papers[0].spent.waited_s > 0 && papers[0].price > 0);
    assert_memory_equal(&papers[0].spent, &papers[1].spent, sizeof papers[0].spent);
    assert_true(papers[2].spent.waiting > 1.01 * papers[0].spent.waiting);
    governor_stats_t stats;
    governor_stats(papers[0].governor, &stats);
    /* What it adds up itself is what its governor has seen its events wait, but for how events between looks are dated. */
    assert_near(papers[0].spent.waited_s, stats.own.waited_s, 0.03 * stats.own.waited_s);
    assert_int_equal(papers[0].spent.batches, stats.own.batches);
    for (int i = 0; i < 3; i++)
        paper_end(&papers[i]);
    free(memory);
}

static void evidence_needs_what_is_clear(void **state)
{
    (void)state;
    const spent_t none = {.waiting = 10, .waited_s = 20, .batches = 30};
    const exchange_t exchange = exchange_unknown(2);
    scale_of_blocks_t scale = {0};
    evidence_t better = {0}, noise = {0}, worse = {0};
    random_t random;
    random_seed(&random, 5, 0);
    for (int block = 0; block < 120; block++) {
        const double chance = random_normal(&random);
        const spent_t saves = {.waiting = 9.8 + 0.1 * chance, .waited_s = 19.6 + 0.2 * chance, .batches = 30};
        const spent_t equal = {.waiting = 10 + 0.5 * chance, .waited_s = 20 + chance, .batches = 30};
        const spent_t costs = {
            .waiting = 10.2 + 0.1 * chance, .waited_s = 20.4 + 0.2 * chance, .batches = 30};
        scale_add(&scale, &none, 1);
        evidence_add(&better, &scale, &none, &saves, 1, &exchange, 2);
        evidence_add(&noise, &scale, &none, &equal, 1, &exchange, 2);
        evidence_add(&worse, &scale, &none, &costs, 1, &exchange, 2);
        if (block < 9) assert_true(evidence_trust(&better) == 0);
    }
    assert_true(evidence_trust(&better) > 0.9);
    assert_near(evidence_gain(&better), 0.0175, 0.003);
    assert_true(evidence_trust(&noise) < 0.5);
    assert_true(evidence_trust(&worse) == 0 && !worse.proven);
    /* Two percent fewer batches at the same waits are worth two percent of the mean wait, at the exchange of steady arrivals. */
    evidence_t fewer = {0};
    const spent_t saved = {.waiting = 10, .waited_s = 20, .batches = 29.4};
    for (int block = 0; block < 20; block++)
        evidence_add(&fewer, &scale, &none, &saved, 1, &exchange, 2);
    assert_near(evidence_gain(&fewer), 0.02, 0.0005);
}

static void a_judgement_counts_until_blocks_say_otherwise(void **state)
{
    (void)state;
    const spent_t none = {.waiting = 10, .waited_s = 20, .batches = 30};
    const exchange_t exchange = exchange_unknown(2);
    scale_of_blocks_t scale = {0};
    evidence_t evidence = {0};
    random_t random;
    random_seed(&random, 6, 0);
    evidence_set_prior(&evidence, 0.03, 0.01);
    assert_true(evidence.proven && evidence_trust(&evidence) > 0.5);
    for (int block = 0; block < 120; block++) {
        const double more = 1.03 + 0.02 * random_normal(&random);
        const spent_t costs = {.waiting = 10 * more, .waited_s = 20 * more, .batches = 30};
        scale_add(&scale, &none, 1);
        evidence_add(&evidence, &scale, &none, &costs, 1, &exchange, 2);
    }
    assert_true(!evidence.proven && evidence_trust(&evidence) == 0);
}

static void a_search_finds_a_minimum(void **state)
{
    (void)state;
    search_t search;
    search_begin(&search, (const double[]){0, 0, 0}, 3, 0.15, 1);
    while (search.generation < 40) {
        const double *x = search_ask(&search);
        search_tell(&search, pow(x[0] - 0.3, 2) + 2 * pow(x[1] + 0.2, 2) + pow(x[2], 2));
    }
    assert_near(search.mean[0], 0.3, 0.05);
    assert_near(search.mean[1], -0.2, 0.05);
    assert_near(search.mean[2], 0, 0.05);
    /* Scores that are no numbers lead nowhere. */
    search_begin(&search, (const double[]){0, 0, 0}, 3, 0.15, 1);
    while (search.generation < 3) {
        const double x = search_ask(&search)[0];
        search_tell(&search, x < 0 ? (double)NAN : -x);
    }
    assert_true(search.mean[0] > 0);
}

static void trains_are_learned(void **state)
{
    (void)state;
    advisor_t *advisor = advisor_of(ADVICE_LEARNED, true);
    random_t random;
    random_seed(&random, 2, 0);
    feed(advisor, &random, trains, 0, 900);
    advice_t advice = advisor_advise(advisor, 900 * second_ns);
    assert_true(advice.confidence == 0 && advice.kind == ADVICE_NONE && !advice.has_changes);
    feed(advisor, &random, trains, 900, 5400);
    advice = advisor_advise(advisor, 5400 * second_ns);
    advisor_evidence_t evidence;
    advisor_evidence(advisor, ADVICE_LEARNED, &evidence);
    assert_true(evidence.judged && evidence.promotions > 0);
    assert_true(evidence.gain > 0.005);
    assert_true(advice.kind == ADVICE_LEARNED && advice.confidence > 0.5 && advice.has_changes);
    assert_true(advice.rate_per_s > 0 && isfinite(advice.rate_per_s));
    double sum = 0;
    for (int i = 0; i < RATE_AVERAGES; i++)
        sum += advice.changes[i];
    assert_near(sum, 0, 1e-9);
    advisor_destroy(advisor);
}

/* What a forecaster says of every second, for liars: the factors are put where the real ones would be. */
typedef double factor_t(random_t *random, int64_t second);

static double huge(random_t *random, int64_t second)
{
    (void)random;
    (void)second;
    return 1e6;
}

static double stuck(random_t *random, int64_t second)
{
    (void)random;
    (void)second;
    return 0.05;
}

static double drawn(random_t *random, int64_t second)
{
    (void)second;
    return exp(2 * random_normal(random));
}

static double no_number(random_t *random, int64_t second)
{
    (void)random;
    return second % 2 ? (double)NAN : -1;
}

/* The most confidence in a candidate whose paper run is told these factors, within an hour and a half. */
static void confidence_of(factor_t *factor, double *most)
{
    advisor_t *advisor = advisor_of(ADVICE_LAST, false);
    random_t random, lies;
    random_seed(&random, 3, 0);
    random_seed(&lies, 4, 0);
    *most = 0;
    for (int64_t second = 0; second < 5400; second++) {
        int64_t counts[SECOND];
        const advice_t advice = advisor_advise(advisor, second * second_ns);
        advisor->told[(uint64_t)second % TOLD_SECONDS].factors[ADVICE_LAST] = factor(&lies, second);
        if (advice.confidence > *most) *most = advice.confidence;
        for (int64_t i = 0; i < SECOND; i++)
            counts[i] = steady(&random, second * SECOND + i);
        advisor_slots(advisor, second * second_ns, counts, SECOND);
    }
    advisor_destroy(advisor);
}

static void liars_are_not_believed(void **state)
{
    (void)state;
    factor_t *const liars[] = {huge, stuck, drawn, no_number};
    for (size_t i = 0; i < sizeof liars / sizeof liars[0]; i++) {
        double most;
        confidence_of(liars[i], &most);
        assert_true(most == 0);
    }
}

static void noise_earns_nothing(void **state)
{
    (void)state;
    /* Nothing can be known of Poisson arrivals: the last second, as it is, is worse than an average. */
    advisor_t *advisor = advisor_of(ADVICE_LAST, false);
    random_t random;
    random_seed(&random, 7, 0);
    feed(advisor, &random, steady, 0, 7200);
    const advice_t advice = advisor_advise(advisor, 7200 * second_ns);
    assert_true(advice.confidence == 0 && advice.kind == ADVICE_NONE);
    assert_true(advice.has_next && advice.next.rate_per_s >= 0);
    char why[256];
    advisor_explain(advisor, why, sizeof why);
    assert_non_null(strstr(why, "no forecaster has proven to pay"));
    advisor_destroy(advisor);
}

static void the_same_calls_give_the_same_advice(void **state)
{
    (void)state;
    uint8_t bytes[2][4096];
    size_t size = 0;
    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < 2; i++) {
        advisor_t *advisor = advisor_of(ADVICE_AUTO, true);
        random_t random;
        random_seed(&random, 8, 0);
        feed(advisor, &random, trains, 0, 2000);
        size = advisor_save(advisor, bytes[i], sizeof bytes[i]);
        advisor_destroy(advisor);
    }
    assert_true(size > 0 && size <= sizeof bytes[0]);
    assert_memory_equal(bytes[0], bytes[1], size);
}

static void what_was_learnt_is_saved(void **state)
{
    (void)state;
    advisor_t *advisor = advisor_of(ADVICE_LEARNED, true);
    random_t random;
    random_seed(&random, 2, 0);
    feed(advisor, &random, trains, 0, 5400);
    const advice_t before = advisor_advise(advisor, 5400 * second_ns);
    uint8_t bytes[4096], again[4096];
    char error[256] = "";
    const size_t size = advisor_save(advisor, bytes, 10);
    assert_true(size > 10 && size <= sizeof bytes);
    assert_int_equal(advisor_save(advisor, bytes, sizeof bytes), size);
    advisor_destroy(advisor);

    advisor = advisor_of(ADVICE_LEARNED, true);
    assert_true(advisor_restore(advisor, bytes, size, error, sizeof error));
    assert_int_equal(advisor_save(advisor, again, sizeof again), size);
    assert_memory_equal(bytes, again, size);
    /* It is believed from the first second on. */
    feed(advisor, &random, trains, 5400, 5401);
    const advice_t after = advisor_advise(advisor, 5401 * second_ns);
    assert_true(after.kind == ADVICE_LEARNED && after.has_changes);
    assert_near(after.confidence, before.confidence, 1e-9);
    assert_memory_equal(after.changes, before.changes, sizeof after.changes);
    advisor_destroy(advisor);

    /* Refused, with everything as before: another trigger, one bit less, half of it. */
    advisor_config_t config = config_of(ADVICE_LEARNED, true);
    config.governor.trigger_ns = 5 * second_ns;
    advisor = advisor_create(&config);
    assert_non_null(advisor);
    assert_false(advisor_restore(advisor, bytes, size, error, sizeof error));
    assert_non_null(strstr(error, "another trigger"));
    assert_true(advisor->in_use == ADVICE_NONE && advisor->learner.promotions[ADVICE_LEARNED] == 0);
    bytes[100] ^= 1;
    assert_false(advisor_restore(advisor, bytes, size, error, sizeof error));
    assert_non_null(strstr(error, "checksum"));
    bytes[100] ^= 1;
    assert_false(advisor_restore(advisor, bytes, size / 2, error, sizeof error));
    assert_non_null(strstr(error, "size"));
    assert_false(advisor_restore(advisor, bytes, 3, error, sizeof error));
    advisor_destroy(advisor);
}

static void a_gap_and_another_goal_begin_anew(void **state)
{
    (void)state;
    advisor_t *advisor = advisor_of(ADVICE_LEARNED, true);
    random_t random;
    random_seed(&random, 2, 0);
    feed(advisor, &random, trains, 0, 2000);
    feed(advisor, &random, trains, 2100, 2200);
    assert_int_equal(advisor->memory.first_slot, 2100 * SECOND);
    assert_int_equal(advisor->memory.end_slot, 2200 * SECOND);
    /* What is known already changes nothing; counts below 0 are none. */
    const int64_t total = advisor->total, before = -5;
    advisor_slots(advisor, 2150 * second_ns, &total, 1);
    advisor_slots(advisor, 2200 * second_ns, &before, 1);
    assert_int_equal(advisor->total, total);
    advisor_config_t config = config_of(ADVICE_LEARNED, true);
    assert_true(advisor_configure(advisor, &config));
    assert_true(advisor->started);
    config.governor.goal = GOAL_LATENCY;
    assert_true(advisor_configure(advisor, &config));
    assert_true(!advisor->started && advisor->evidence[ADVICE_LEARNED].blocks == 0);
    assert_true(arrival_rate_mean(&advisor->arrivals) > 0);
    config.governor.budget = -1;
    assert_false(advisor_configure(advisor, &config));
    assert_true(advisor->config.governor.budget > 0);
    feed(advisor, &random, trains, 2300, 2400);
    advisor_destroy(advisor);
}

static void where_advice_makes_no_sense_there_is_none(void **state)
{
    (void)state;
    advisor_config_t configs[4];
    const char *const why[4] = {"source cannot be asked", "policy in force", "shorter than 400 ms",
                                "no forecaster is asked"};
    for (int i = 0; i < 4; i++)
        configs[i] = config_of(ADVICE_AUTO, true);
    configs[0].governor.rows_only = true;
    configs[1].governor.policy = POLICY_FIXED;
    configs[2].governor.trigger_ns = 100000000;
    configs[3].kind = ADVICE_NONE;
    for (int i = 0; i < 4; i++) {
        random_t random;
        char text[256];
        random_seed(&random, 2, 0);
        advisor_t *advisor = advisor_create(&configs[i]);
        assert_non_null(advisor);
        feed(advisor, &random, trains, 0, 60);
        const advice_t advice = advisor_advise(advisor, 60 * second_ns);
        assert_true(advice.confidence == 0 && advice.kind == ADVICE_NONE && advice.rate_per_s > 0);
        advisor_explain(advisor, text, sizeof text);
        assert_non_null(strstr(text, why[i]));
        advisor_destroy(advisor);
    }
}

typedef struct {
    int64_t slots[40], total, last;
} dealt_t;

static void deal(void *context, int64_t slot, int64_t events)
{
    dealt_t *dealt = context;
    assert_true(events > 0 && slot > dealt->last && slot >= 0 && slot < 40);
    dealt->slots[slot] += events;
    dealt->total += events;
    dealt->last = slot;
}

static void events_between_looks_are_dealt_at_random(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 9, 0);
    dealt_t sum = {0};
    for (int i = 0; i < 20000; i++) {
        dealt_t dealt = {.last = -1};
        scatter_events(&random, 100, 1050, 2050, 2, deal, &dealt);
        assert_int_equal(dealt.total, 2);
        for (int k = 0; k < 40; k++)
            sum.slots[k] += dealt.slots[k];
    }
    assert_true(sum.slots[9] == 0 && sum.slots[21] == 0);
    assert_near((double)sum.slots[10], 2000, 200);
    assert_near((double)sum.slots[15], 4000, 250);
    assert_near((double)sum.slots[20], 2000, 200);
    dealt_t many = {.last = -1};
    scatter_events(&random, 100, 1050, 2050, 100000, deal, &many);
    assert_int_equal(many.total, 100000);
    assert_near((double)many.slots[15], 10000, 2);
    many = (dealt_t){.last = -1};
    scatter_events(&random, 100, 1050, 1050, 5, deal, &many);
    scatter_events(&random, 100, 1050, 2050, 0, deal, &many);
    assert_int_equal(many.total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paper_run_is_the_governor),
        cmocka_unit_test(evidence_needs_what_is_clear),
        cmocka_unit_test(a_judgement_counts_until_blocks_say_otherwise),
        cmocka_unit_test(a_search_finds_a_minimum),
        cmocka_unit_test(trains_are_learned),
        cmocka_unit_test(liars_are_not_believed),
        cmocka_unit_test(noise_earns_nothing),
        cmocka_unit_test(the_same_calls_give_the_same_advice),
        cmocka_unit_test(what_was_learnt_is_saved),
        cmocka_unit_test(a_gap_and_another_goal_begin_anew),
        cmocka_unit_test(where_advice_makes_no_sense_there_is_none),
        cmocka_unit_test(events_between_looks_are_dealt_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
