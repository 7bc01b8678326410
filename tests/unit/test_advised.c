/* Advice in the loop of a simulated job: learning pays where there is a pattern, and forecasters that lie do no harm. */
/* links: benchmark advice control traffic common */
#include "advice/advisor_parts.h"
#include "benchmark/advised.h"
#include "benchmark/advised_gain.h"
#include "benchmark/comparison.h"
#include "common/random.h"
#include "near.h"
#include "poisson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t second_ns = 1000000000;
static const batch_model_t usual = {.fixed_s = 0.25, .per_event_s = 20e-6, .slot_ns = 100000000};

static slots_t load(const char *name, double bin_s, int64_t limit_s)
{
    char path[256], error[256];
    trace_t trace;
    slots_t slots;
    snprintf(path, sizeof path, "tests/data/traces/%s.csv.gz", name);
    assert_true(trace_load(path, (int64_t)(bin_s * 1e9), &trace, error, sizeof error));
    assert_true(slots_of_trace(&trace, comparison_slot_ns(2 * second_ns), limit_s * second_ns, 1, &slots));
    trace_free(&trace);
    return slots;
}

static governor_config_t usual_config(void)
{
    options_t options;
    options_defaults(&options);
    return governor_config_of(&options, 2 * second_ns);
}

/* Trains of events: half a second of them every four, next to none between. */
static slots_t trains(size_t seconds, uint64_t seed)
{
    slots_t slots = {.count = 10 * seconds, .slot_ns = ADVISOR_SLOT_NS};
    random_t random;
    slots.counts = calloc(slots.count, sizeof *slots.counts);
    assert_non_null(slots.counts);
    random_seed(&random, seed, 0);
    for (size_t i = 0; i < slots.count; i++)
        slots.events += slots.counts[i] = (int64_t)poisson(&random, i % 40 < 5 ? 8 : 0.02);
    return slots;
}

static void learning_pays_where_there_is_a_pattern(void **state)
{
    (void)state;
    const advised_setting_t setting = {.kind = ADVICE_LEARNED};
    double logarithm = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        slots_t slots = trains(3 * 3600, seed);
        const comparison_t comparison = {.slots = &slots,
                                         .config = usual_config(),
                                         .model = usual,
                                         .advice = &setting,
                                         .score_from = slots.count / 2};
        advice_reference_t reference;
        advice_gain_t gain, again;
        assert_true(advice_reference(&comparison, &reference));
        assert_true(advice_gain(&comparison, &reference, &gain));
        printf("trains, seed %d, second half of 3 h: %.4f of the mean wait without a forecast, confidence "
               "%.2f\n",
               (int)seed, gain.ratio, gain.result.advised.mean);
        logarithm += log(gain.ratio);
        assert_true(gain.ratio < 1.005);
        /* Nothing of it is left to chance. */
        if (seed == 1) {
            assert_true(gain.result.advised.first_s > 1200);
            assert_true(advice_gain(&comparison, &reference, &again));
            assert_true(again.ratio == gain.ratio && again.result.batches == gain.result.batches);
        }
        slots_free(&slots);
    }
    assert_true(exp(logarithm / 4) < 0.998);
}

/* What a liar says of the effective rate, as a logarithm over the blend. */
typedef double lie_t(random_t *random, const advisor_t *advisor);

static double inverted(random_t *random, const advisor_t *advisor)
{
    (void)random;
    /* High after quiet moments, low in a burst. */
    return 2 * log((arrival_rate_mean(&advisor->arrivals) + 0.05) /
                   (arrival_rate_average(&advisor->arrivals, 0) + 0.05));
}

static double drawn(random_t *random, const advisor_t *advisor)
{
    (void)advisor;
    return 3 * random_normal(random);
}

static double huge(random_t *random, const advisor_t *advisor)
{
    (void)random;
    (void)advisor;
    return 7.9;
}

static double tiny(random_t *random, const advisor_t *advisor)
{
    (void)random;
    (void)advisor;
    return -7.9;
}

typedef struct {
    advised_feed_t feed;
    lie_t *lie;    /* NULL: the advisor is not heard */
    bool believed; /* whatever the evidence is */
    random_t random;
} liar_t;

static void saw(void *context, int64_t from_ns, int64_t to_ns, int64_t events)
{
    advised_feed_saw(&((liar_t *)context)->feed, from_ns, to_ns, events);
}

static void batch(void *context, int64_t events, double seconds)
{
    advisor_batch(((liar_t *)context)->feed.advisor, events, seconds);
}

/* Puts the lie where the forecast of `last` would be: in the paper run, in what is learned from, and in the advice. */
static void advise(void *context, governor_t *governor, int64_t now_ns)
{
    liar_t *liar = context;
    advisor_t *a = liar->feed.advisor;
    advice_t advice = advisor_advise(a, now_ns);
    if (!liar->lie || !a->started) return;
    const int64_t second = a->memory.last_second;
    const double lie = fmax(-8, fmin(8, liar->lie(&liar->random, a)));
    const double factor = exp(a->learner.weights[ADVICE_LAST].belief * lie);
    a->memory.snapshots[(uint64_t)second % MEMORY_SECONDS].forecasts[ADVICE_LAST] =
        (int16_t)lrint(lie * 2048);
    a->told[(uint64_t)second % TOLD_SECONDS].factors[ADVICE_LAST] = factor;
    if (liar->believed) advice = (advice_t){.kind = ADVICE_LAST, .confidence = 1};
    if (advice.kind == ADVICE_LAST)
        advice.rate_per_s = factor * arrival_rate_blend(&a->arrivals, governor_quick_share(a->free.governor));
    advice_apply(&advice, governor);
    while (advisor_work(a, 2000000) > 0) {
    }
}

typedef struct {
    int64_t from_ns;
    double waited_s;
    int64_t batches;
    const slots_t *slots;
    size_t taken;
} sums_t;

static void add(void *context, const governor_t *governor, int64_t start_ns, int64_t events)
{
    sums_t *sums = context;
    (void)governor;
    (void)events;
    for (; sums->taken < sums->slots->count && (int64_t)sums->taken * sums->slots->slot_ns < start_ns;
         sums->taken++)
        if (start_ns >= sums->from_ns)
            sums->waited_s +=
                (double)sums->slots->counts[sums->taken] *
                ((double)start_ns * 1e-9 - ((double)sums->taken + 0.5) * (double)sums->slots->slot_ns * 1e-9);
    if (start_ns >= sums->from_ns) sums->batches++;
}

static sums_t run(const slots_t *slots, policy_t policy, lie_t *lie, bool learn, bool believed)
{
    governor_config_t config = usual_config();
    config.policy = policy;
    arrived_t *arrivals = malloc(slots->count * sizeof *arrivals);
    assert_non_null(arrivals);
    size_t count = 0;
    for (size_t i = 0; i < slots->count; i++)
        if (slots->counts[i] > 0)
            arrivals[count++] =
                (arrived_t){(int64_t)i * slots->slot_ns + slots->slot_ns / 2, slots->counts[i]};
    const advisor_config_t of_advisor = {.governor = usual_config(), .kind = ADVICE_LAST, .learn = learn};
    liar_t liar = {.feed = {.advisor = advisor_create(&of_advisor)}, .lie = lie, .believed = believed};
    assert_non_null(liar.feed.advisor);
    random_seed(&liar.random, 1, 1);
    random_seed(&liar.feed.random, 1, 2);
    const simulation_adviser_t adviser = {.context = &liar, .saw = saw, .batch = batch, .advise = advise};
    sums_t sums = {.from_ns = 300 * second_ns, .slots = slots};
    simulation_t result;
    assert_true(simulate_advised(&config, &usual, arrivals, count, &adviser, add, &sums, &result));
    advisor_destroy(liar.feed.advisor);
    free(arrivals);
    return sums;
}

/* Waits and batches weigh alike: a liar may neither lengthen the ones nor add to the others. */
static double cost_over(const sums_t *sums, const sums_t *of)
{
    return 0.5 * (sums->waited_s / of->waited_s + (double)sums->batches / (double)of->batches);
}

static void liars_do_no_harm(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double bin_s;
    } traces[] = {{"llm_code", 0.1}, {"btc_feed", 0.1}, {"nasa_http", 1}};
    lie_t *const lies[] = {inverted, drawn, huge, tiny};
    for (size_t t = 0; t < sizeof traces / sizeof traces[0]; t++) {
        slots_t slots = load(traces[t].name, traces[t].bin_s, 5400);
        const sums_t fixed = run(&slots, POLICY_FIXED, NULL, false, false);
        const sums_t honest = run(&slots, POLICY_ADAPTIVE, NULL, false, false);
        assert_true(honest.waited_s < fixed.waited_s);
        for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
            for (int learn = 0; learn < 2; learn++) {
                const sums_t lied = run(&slots, POLICY_ADAPTIVE, lies[i], learn, false);
                printf("%s, liar %zu, %s: %.4f\n", traces[t].name, i, learn ? "learning" : "as it is",
                       cost_over(&lied, &honest));
                assert_true(cost_over(&lied, &honest) <= 1.01);
                assert_true(lied.waited_s < fixed.waited_s);
            }
        slots_free(&slots);
    }
}

/* The same lies where they are believed: else the test above could not fail. */
static void believed_liars_would_do_harm(void **state)
{
    (void)state;
    slots_t slots = load("nasa_http", 1, 5400);
    const sums_t honest = run(&slots, POLICY_ADAPTIVE, NULL, false, false);
    const sums_t drawn_at_random = run(&slots, POLICY_ADAPTIVE, drawn, false, true);
    const sums_t upside_down = run(&slots, POLICY_ADAPTIVE, inverted, false, true);
    printf("believed: %.4f, %.4f\n", cost_over(&drawn_at_random, &honest), cost_over(&upside_down, &honest));
    assert_true(cost_over(&drawn_at_random, &honest) > 1.005);
    assert_true(cost_over(&upside_down, &honest) > 1.005);
    slots_free(&slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learning_pays_where_there_is_a_pattern),
        cmocka_unit_test(liars_do_no_harm),
        cmocka_unit_test(believed_liars_would_do_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
