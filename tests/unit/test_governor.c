/* Promises of the governor in closed loop: the shadow is the fixed trigger, no wait above max_wait, the
 * budget holds at every moment. */
/* links: benchmark control common */
#include "closed_loop.h"
#include "near.h"

/* A fixed trigger written down without any of our code: fires at multiples of T0, or at once after a batch
 * that took longer. */
static void replay_fixed(const traffic_t *traffic, double trigger_s, const batch_model_t *model,
                         int64_t *batches, double *mean_s)
{
    size_t taken = 0;
    double fire_s = trigger_s, sum_s = 0;
    *batches = 0;
    while (taken < traffic->count) {
        const size_t first = taken;
        for (; taken < traffic->count && (double)traffic->arrivals[taken].time_ns / ns <= fire_s; taken++)
            sum_s += fire_s - (double)traffic->arrivals[taken].time_ns / ns;
        const size_t events = taken - first;
        *batches += events > 0;
        const double end_s =
            fire_s + (events ? model->fixed_s + model->per_event_s * (double)events : model->empty_s);
        const double grid_s = (floor(fire_s / trigger_s + 1e-9) + 1) * trigger_s;
        fire_s = end_s > grid_s ? end_s : grid_s;
    }
    *mean_s = sum_s / (double)traffic->count;
}

static const phase_t sparse[] = {{0.5, 400}, {30, 20}, {0.05, 400}, {3, 100}};

static void shadow_is_the_fixed_trigger(void **state)
{
    (void)state;
    const double triggers_s[] = {0.5, 1, 2, 5, 10};
    for (size_t i = 0; i < 2 * sizeof triggers_s / sizeof *triggers_s; i++) {
        const double trigger_s = triggers_s[i / 2];
        traffic_t traffic = i % 2 ? make_traffic(i, bursts, 4, 2) : make_traffic(i, sparse, 4, 3);
        const governor_config_t config = config_for(trigger_s, GOAL_BALANCED, 1);
        const outcome_t result = run(&config, &usual_batches, &traffic);
        int64_t batches;
        double mean_s;
        replay_fixed(&traffic, trigger_s, &usual_batches, &batches, &mean_s);
        /* Exact but for events that arrive between a probe and the trigger point they are counted at. */
        assert_true(llabs(result.governor.shadow.batches - batches) <= 2 + batches / 50);
        assert_near(result.governor.shadow.mean_s, mean_s, 0.03 * trigger_s);
        free(traffic.arrivals);
    }
}

/* Events that come ten at a time and at one moment, as producers send them in batches: seen together or not at
 * all at a trigger point, they are no second batch of the shadow. */
static void clumps_are_not_counted_twice(void **state)
{
    (void)state;
    enum { CLUMP = 10 };
    const phase_t steady = {1.5, 7200};
    traffic_t traffic = make_traffic(11, &steady, 1, 1);
    traffic_t clumps = {.arrivals = calloc(traffic.count * CLUMP, sizeof *clumps.arrivals),
                        .count = traffic.count * CLUMP};
    assert_non_null(clumps.arrivals);
    for (size_t i = 0; i < clumps.count; i++)
        clumps.arrivals[i] = traffic.arrivals[i / CLUMP];
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        const governor_config_t config = config_for(2, (goal_t)goal, 1);
        const outcome_t result = run(&config, &usual_batches, &clumps);
        int64_t batches;
        double mean_s;
        replay_fixed(&clumps, 2, &usual_batches, &batches, &mean_s);
        print_message("%s: shadow %d, fixed %d\n", goal_names[goal], (int)result.governor.shadow.batches,
                      (int)batches);
        assert_true(llabs(result.governor.shadow.batches - batches) <= 1 + batches / 100);
    }
    free(traffic.arrivals);
    free(clumps.arrivals);
}

/* More slots per trigger than the rings have chunks: merging must not date events earlier, which would
 * flatter us. */
static void shadow_of_a_long_trigger_is_not_inflated(void **state)
{
    (void)state;
    const phase_t steady = {2, 40000};
    traffic_t traffic = make_traffic(8, &steady, 1, 1);
    const governor_config_t config = config_for(3600, GOAL_BALANCED, 1);
    const outcome_t result = run(&config, &usual_batches, &traffic);
    assert_near(result.governor.shadow.mean_s, 1800, 40);
    assert_near(result.governor.own.mean_s, result.mean_s, 40);
    free(traffic.arrivals);
}

/* Observed at every slot, the shadow has nothing to guess but the place inside the slot. */
static void shadow_is_exact_when_every_slot_is_seen(void **state)
{
    (void)state;
    traffic_t traffic = make_traffic(9, sparse, 4, 3);
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    governor_t *governor = governor_create(&config);
    assert_non_null(governor);
    governor_start(governor, 0, 0, 0);
    size_t seen = 0;
    for (int64_t now_ns = 0; seen < traffic.count || now_ns % config.trigger_ns;
         now_ns += governor_slot_ns(governor)) {
        while (seen < traffic.count && traffic.arrivals[seen].time_ns <= now_ns)
            seen++;
        assert_true(governor_probe(governor, now_ns, (int64_t)seen));
        if (seen == traffic.count && now_ns % config.trigger_ns == 0) break;
    }
    assert_true(governor_probe(governor, (int64_t)((traffic.end_s + 4) * ns), (int64_t)seen));
    governor_stats_t stats;
    governor_stats(governor, &stats);
    int64_t batches;
    double mean_s;
    const batch_model_t instant = {0};
    replay_fixed(&traffic, 2, &instant, &batches, &mean_s);
    assert_int_equal(stats.shadow.batches, batches);
    assert_int_equal(stats.shadow.events, traffic.count);
    assert_near(stats.shadow.mean_s, mean_s, 0.05);
    governor_destroy(governor);
    free(traffic.arrivals);
}

static int64_t longest_wait_ns(goal_t goal, double trigger_s, double budget)
{
    const double limit_s[GOAL_COUNT] = {[GOAL_BALANCED] = 2 * trigger_s / budget,
                                        [GOAL_STRICT] = trigger_s / budget,
                                        [GOAL_LATENCY] = fmax(30, 2 * trigger_s),
                                        [GOAL_COST] = fmax(30, 2 * trigger_s)};
    return (int64_t)(limit_s[goal] * ns);
}

static void no_event_waits_longer_than_max_wait(void **state)
{
    (void)state;
    const double triggers_s[] = {0.5, 2, 10, 60, 600};
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        for (size_t i = 0; i < sizeof triggers_s / sizeof *triggers_s; i++) {
            const double stretch = fmax(1, triggers_s[i] / 10), budget = i % 2 ? 1 : 0.5;
            const phase_t phases[] = {
                {40, 40 * stretch}, {400, 5 * stretch}, {0.3, 60 * stretch}, {2, 30 * stretch}};
            traffic_t traffic = make_traffic(100 + i, phases, 4, 2);
            const governor_config_t config = config_for(triggers_s[i], (goal_t)goal, budget);
            const outcome_t result = run(&config, &usual_batches, &traffic);
            /* A trigger is one batch late at most when a batch was running at the moment. */
            const double limit_s = (double)longest_wait_ns((goal_t)goal, triggers_s[i], budget) / ns;
            assert_true(result.max_s <= fmax(limit_s, triggers_s[i]) + 1e-6);
            free(traffic.arrivals);
        }
    }
}

static void user_max_wait_is_kept(void **state)
{
    (void)state;
    const double limits_s[] = {0.6, 3};
    traffic_t traffic = make_traffic(7, sparse, 4, 2);
    for (size_t i = 0; i < sizeof limits_s / sizeof *limits_s; i++) {
        governor_config_t config = config_for(10, GOAL_LATENCY, 1);
        config.max_wait_ns = (int64_t)(limits_s[i] * ns);
        config.slot_ns = (int64_t)(0.1 * ns);
        config.warmup_ns = 0;
        outcome_t result = run(&config, &usual_batches, &traffic);
        /* The first two triggers are the job's own: there is no price yet. */
        assert_true(result.max_s <= 10 + 1e-6);
        assert_true(result.p99_s <= limits_s[i] + 1e-6);
        assert_true(result.probes < 30 * result.batches);
    }
    free(traffic.arrivals);
}

static void budget_is_never_overdrawn(void **state)
{
    (void)state;
    const phase_t step[] = {{0.5, 7200}, {500, 900}};
    const phase_t on_off[] = {{0, 7}, {900, 0.4}, {0, 5}, {2, 11}};
    const phase_t rising[] = {{0.02, 20000}, {1, 2000}, {50, 300}, {2000, 60}};
    const struct {
        const phase_t *phases;
        size_t count;
        int repeats;
    } traffics[] = {{step, 2, 1}, {on_off, 4, 60}, {rising, 4, 1}, {bursts, 4, 3}, {sparse, 4, 4}};
    const double budgets[] = {1, 1.5, 2, 3.7};
    for (size_t i = 0; i < sizeof traffics / sizeof *traffics; i++) {
        traffic_t traffic = make_traffic(20 + i, traffics[i].phases, traffics[i].count, traffics[i].repeats);
        for (int goal = 0; goal < GOAL_COUNT; goal++) {
            for (size_t k = 0; k < sizeof budgets / sizeof *budgets; k++) {
                const governor_config_t config = config_for(2, (goal_t)goal, budgets[k]);
                const outcome_t result = run(&config, &usual_batches, &traffic);
                assert_true(result.max_overdebt <= debt_limit(2));
            }
        }
        free(traffic.arrivals);
    }
}

/* A surge runs into debt, an ebb into credit; in the hours after it most of it is paid back or spent. Not for
 * `strict`: its cap forbids to wait longer than before. */
static void debt_is_paid_back_and_credit_is_spent(void **state)
{
    (void)state;
    const phase_t surge[] = {{5, 3600}, {200, 300}, {5, 7200}}, ebb[] = {{200, 600}, {5, 1800}, {5, 7200}};
    const phase_t *const traffics[] = {surge, ebb};
    const goal_t goals[] = {GOAL_BALANCED, GOAL_LATENCY};
    for (size_t i = 0; i < 4; i++) {
        const governor_config_t config = config_for(2, goals[i / 2], 1);
        traffic_t before = make_traffic(33, traffics[i % 2], 2, 1),
                  all = make_traffic(33, traffics[i % 2], 3, 1);
        const double early = run(&config, &usual_batches, &before).governor.debt_batches,
                     late = run(&config, &usual_batches, &all).governor.debt_batches;
        print_message("%s, %s: debt %+.0f, two hours later %+.0f\n", goal_names[goals[i / 2]],
                      i % 2 ? "ebb" : "surge", early, late);
        assert_true(i % 2 ? early < -100 : early > 100);
        assert_true(fabs(late) < 0.3 * fabs(early));
        free(before.arrivals);
        free(all.arrivals);
    }
}

/* Below a budget of 1 the bound can hold where batches can be halved at all: when more than one event comes
 * per trigger. */
static void small_budget_is_never_overdrawn_by_dense_traffic(void **state)
{
    (void)state;
    const phase_t step[] = {{5, 3000}, {500, 900}, {20, 1000}};
    traffic_t traffic = make_traffic(26, step, 3, 1);
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        const governor_config_t config = config_for(2, (goal_t)goal, 0.5);
        const outcome_t result = run(&config, &usual_batches, &traffic);
        assert_true(result.max_overdebt <= debt_limit(2));
    }
    free(traffic.arrivals);
}

/* A max_wait below the trigger's interval is a promise that comes before the budget. */
static void short_max_wait_comes_before_the_budget(void **state)
{
    (void)state;
    const phase_t steady = {50, 600};
    traffic_t traffic = make_traffic(27, &steady, 1, 1);
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.max_wait_ns = (int64_t)(0.4 * ns);
    config.warmup_ns = 0;
    const outcome_t result = run(&config, &usual_batches, &traffic);
    assert_true(result.p99_s <= 0.4 + 1e-6);
    assert_true(result.batches > 2 * result.governor.shadow.batches);
    free(traffic.arrivals);
}

static void budgets_are_met_on_steady_traffic(void **state)
{
    (void)state;
    const phase_t steady = {100, 4000};
    traffic_t traffic = make_traffic(30, &steady, 1, 1);
    const double budgets[] = {0.5, 1, 2};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        for (int goal = 0; goal < GOAL_COST; goal++) {
            const governor_config_t config = config_for(2, (goal_t)goal, budgets[i]);
            const outcome_t result = run(&config, &usual_batches, &traffic);
            const double paid = (double)result.batches / (double)result.governor.shadow.batches;
            assert_true(fabs(paid / budgets[i] - 1) <= 0.06);
        }
    }
    free(traffic.arrivals);
}

static void cost_saves_batches_at_the_same_wait(void **state)
{
    (void)state;
    traffic_t traffic = make_traffic(31, bursts, 4, 12);
    const governor_config_t config = config_for(2, GOAL_COST, 1);
    const outcome_t result = run(&config, &usual_batches, &traffic);
    assert_true(result.mean_s <= 1.05 * result.governor.shadow.mean_s);
    assert_true((double)result.batches <= 0.75 * (double)result.governor.shadow.batches);
    free(traffic.arrivals);
}

static void fixed_policy_is_the_shadow(void **state)
{
    (void)state;
    traffic_t traffic = make_traffic(32, bursts, 4, 1);
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.policy = POLICY_FIXED;
    const outcome_t result = run(&config, &usual_batches, &traffic);
    int64_t batches;
    double mean_s;
    replay_fixed(&traffic, 2, &usual_batches, &batches, &mean_s);
    assert_true(llabs(result.batches - batches) <= 1);
    assert_near(result.mean_s, mean_s, 0.01);
    assert_near(result.governor.own.mean_s, result.governor.shadow.mean_s, 0.03);
    free(traffic.arrivals);
}

static void bursts_wait_half_as_long_for_no_more_batches(void **state)
{
    (void)state;
    for (uint64_t seed = 40; seed < 45; seed++) {
        traffic_t traffic = make_traffic(seed, bursts, 4, 2);
        governor_config_t config = config_for(2, GOAL_BALANCED, 1);
        const outcome_t ours = run(&config, &usual_batches, &traffic);
        config.policy = POLICY_FIXED;
        const outcome_t fixed = run(&config, &usual_batches, &traffic);
        print_message("seed %d: batches %.3f, mean %.3f, p95 %.3f, p99 %.3f of fixed; %.2f probes a second\n",
                      (int)seed, (double)ours.batches / (double)fixed.batches, ours.mean_s / fixed.mean_s,
                      ours.p95_s / fixed.p95_s, ours.p99_s / fixed.p99_s,
                      (double)ours.probes / traffic.end_s);
        assert_true((double)ours.batches <= 1.01 * (double)fixed.batches);
        assert_true(ours.mean_s <= 0.56 * fixed.mean_s);
        assert_true(ours.p95_s <= 0.87 * fixed.p95_s);
        assert_true(ours.p99_s <= 1.11 * fixed.p99_s);
        assert_true((double)ours.probes <= 1.2 * traffic.end_s);
        free(traffic.arrivals);
    }
}

/* On Kafka batches of a few events take longer the more of them there are, and those of many events do not: what small ones
 * suggest must not hold up a spike as if the job were near what it can do. */
static void slow_small_batches_hold_up_no_spike(void **state)
{
    (void)state;
    const phase_t spikes[] = {{2, 95}, {400, 3}, {2, 140}, {300, 2}, {2, 115}, {600, 4}, {2, 100}};
    batch_model_t slow = usual_batches;
    slow.sparse_s = 0.9;
    double ours_s = 0, fixed_s = 0;
    for (uint64_t seed = 60; seed < 70; seed++) {
        traffic_t traffic = make_traffic(seed, spikes, sizeof spikes / sizeof *spikes, 1);
        governor_config_t config = config_for(2, GOAL_BALANCED, 1);
        ours_s += run(&config, &slow, &traffic).mean_s;
        config.policy = POLICY_FIXED;
        fixed_s += run(&config, &slow, &traffic).mean_s;
        free(traffic.arrivals);
    }
    print_message("mean wait %.3f of fixed\n", ours_s / fixed_s);
    assert_true(ours_s <= 0.5 * fixed_s);
}

/* A probe costs the driver CPU (decision 8): where it is busy anyway or has nothing to do, there are few. */
static void probes_are_few_in_steady_and_in_quiet_times(void **state)
{
    (void)state;
    const phase_t traffics[] = {{200, 2000}, {0.05, 8000}};
    const double most_per_s[][GOAL_COUNT] = {
        {[GOAL_BALANCED] = 1.0, [GOAL_STRICT] = 1.05, [GOAL_LATENCY] = 1.65, [GOAL_COST] = 1.55},
        {[GOAL_BALANCED] = 1.02, [GOAL_STRICT] = 1.02, [GOAL_LATENCY] = 1.02, [GOAL_COST] = 1.02}};
    for (size_t i = 0; i < 2 * GOAL_COUNT; i++) {
        const goal_t goal = (goal_t)(i / 2);
        traffic_t traffic = make_traffic(34, &traffics[i % 2], 1, 1);
        const governor_config_t config = config_for(2, goal, 1);
        const double per_s = (double)run(&config, &usual_batches, &traffic).probes / traffic.end_s;
        print_message("%s, %g events/s: %.2f probes a second\n", goal_names[goal], traffics[i % 2].rate_per_s,
                      per_s);
        assert_true(per_s <= most_per_s[i % 2][goal]);
        free(traffic.arrivals);
    }
}

/* Batches that take longer than T0 run back to back, as Spark would run them, and the queue drains. How long the
 * longest of them is depends on how much was pending when the load rose, so many beginnings are looked at. */
static void overload_runs_back_to_back(void **state)
{
    (void)state;
    enum { SEEDS = 20 };
    const batch_model_t slow = {.fixed_s = 0.2, .per_event_s = 500e-6, .empty_s = 0.013};
    double ours_s = 0, fixed_s = 0;
    int64_t backlogs = 0;
    for (uint64_t seed = 50; seed < 50 + SEEDS; seed++) {
        const phase_t phases[] = {{100, 100 + 0.1 * (double)(seed - 50)}, {4000, 20}, {100, 200}};
        traffic_t traffic = make_traffic(seed, phases, 3, 1);
        governor_config_t config = config_for(2, GOAL_BALANCED, 1);
        const outcome_t ours = run(&config, &slow, &traffic);
        config.policy = POLICY_FIXED;
        const outcome_t fixed = run(&config, &slow, &traffic);
        backlogs += ours.decisions[REASON_BACKLOG];
        assert_true(ours.max_s <= 1.5 * fixed.max_s);
        ours_s += ours.max_s / SEEDS;
        fixed_s += fixed.max_s / SEEDS;
        free(traffic.arrivals);
    }
    print_message("longest wait %.1f s, of fixed %.1f s\n", ours_s, fixed_s);
    assert_true(backlogs > 0);
    assert_true(ours_s <= 1.1 * fixed_s);
}

/* Many triggers of the shadow may lie between two looks: each is told, and of too many no event is lost. */
static void every_trigger_of_the_shadow_is_told(void **state)
{
    (void)state;
    const governor_config_t config = config_for(1, GOAL_BALANCED, 1);
    governor_t *governor = governor_create(&config);
    shadow_heard_t heard = {0};
    shadow_trigger_t news[SHADOW_RECENT];
    governor_start(governor, 0, 0, 0);
    assert_int_equal(governor_shadow_news(governor, &heard, news), 0);
    int64_t told = 0, total = 0;
    for (int round = 0; round < 2; round++) {
        const int seconds = round == 0 ? 5 : 300;
        const int64_t begin_ns = (int64_t)(round * 5 * ns);
        total += 1000 * seconds;
        assert_true(governor_probe(governor, begin_ns + (int64_t)(seconds * ns), total));
        const size_t count = governor_shadow_news(governor, &heard, news);
        assert_int_equal(count, round == 0 ? 5 : SHADOW_RECENT);
        for (size_t i = 0; i < count; i++) {
            told += news[i].events;
            if (i > 0) assert_int_equal(news[i].start_ns - news[i - 1].start_ns, (int64_t)ns);
        }
        governor_stats_t stats;
        governor_stats(governor, &stats);
        assert_int_equal(told, stats.shadow.events);
        assert_true(total - told <= 1000);
        assert_int_equal(governor_shadow_news(governor, &heard, news), 0);
    }
    governor_destroy(governor);
}

static void bad_configurations_and_totals_are_refused(void **state)
{
    (void)state;
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.trigger_ns = 0;
    assert_null(governor_create(&config));
    static const double budgets[] = {NAN, INFINITY, 0, -1, 1e-9, 1e300};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        config = config_for(2, GOAL_BALANCED, budgets[i]);
        assert_null(governor_create(&config));
    }
    config = config_for(2, GOAL_BALANCED, 1);
    governor_t *governor = governor_create(&config);
    governor_start(governor, 0, 1000, 1000);
    assert_true(governor_probe(governor, (int64_t)ns, 1010));
    assert_false(governor_probe(governor, (int64_t)(2 * ns), 1009));
    governor_stats_t stats;
    governor_stats(governor, &stats);
    assert_int_equal(stats.seen, 10);
    /* Without an answer from the source the job's own schedule is kept. */
    decision_t decision = governor_decide(governor, (int64_t)(2.5 * ns), (int64_t)(4 * ns), true);
    assert_false(decision.fire);
    assert_int_equal(decision.reason, REASON_BLIND);
    assert_int_equal(decision.wake_ns, (int64_t)(4 * ns));
    decision = governor_decide(governor, (int64_t)(4 * ns), (int64_t)(4 * ns), true);
    assert_true(decision.fire);
    governor_destroy(governor);
}

/* A job that starts behind a full topic: the backlog is pending, runs back to back for us as for the
 * shadow, and is not taken for the rate. */
static void backlog_at_the_start_is_not_a_burst(void **state)
{
    (void)state;
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    governor_t *governor = governor_create(&config);
    governor_start(governor, 0, 1000, 51000);
    governor_set_source_limit(governor, 5000);
    int64_t taken = 1000, total = 51000;
    for (int64_t now_ns = (int64_t)(2 * ns); now_ns <= (int64_t)(24 * ns); now_ns += (int64_t)(2 * ns)) {
        total += 20;
        assert_true(governor_probe(governor, now_ns, total));
        const decision_t decision = governor_decide(governor, now_ns, now_ns, false);
        assert_true(decision.fire);
        assert_true(decision.rate_per_s < 20);
        assert_int_equal(decision.pending, total - taken);
        taken = taken + 5000 < total ? taken + 5000 : total;
        governor_trigger(governor, now_ns, now_ns + (int64_t)(0.2 * ns), taken);
    }
    governor_stats_t stats;
    governor_stats(governor, &stats);
    assert_true(llabs(stats.own.batches - stats.shadow.batches) <= 1);
    assert_near(stats.own.mean_s, stats.shadow.mean_s, 0.5);
    governor_destroy(governor);
}

/* A stopped, wild or absurd forecast must not make the wait worse than the fixed trigger's. */
static void wrong_forecasts_stay_bounded(void **state)
{
    (void)state;
    const double forecasts[] = {1e-9, 1e12, 200, NAN, -5, INFINITY};
    for (size_t i = 0; i < sizeof forecasts / sizeof *forecasts; i++) {
        const governor_config_t config = config_for(2, GOAL_BALANCED, 1);
        governor_t *governor = governor_create(&config);
        governor_set_forecast(governor, forecasts[i], 1);
        governor_start(governor, 0, 0, 0);
        int64_t total = 0, start_ns = 0;
        for (int64_t now_ns = 0; now_ns < (int64_t)(600 * ns); now_ns += governor_slot_ns(governor)) {
            total += 20;
            governor_probe(governor, now_ns, total);
            const int64_t own_ns = (start_ns / config.trigger_ns + 1) * config.trigger_ns;
            const decision_t decision = governor_decide(governor, now_ns, own_ns, false);
            assert_true(isfinite(decision.rate_per_s) && decision.rate_per_s > 0);
            if (!decision.fire) continue;
            start_ns = now_ns;
            governor_trigger(governor, now_ns, now_ns, total);
        }
        governor_stats_t stats;
        governor_stats(governor, &stats);
        assert_true(stats.own.mean_s <= 1.3 * stats.shadow.mean_s);
        assert_true(stats.own.batches <= stats.shadow.batches + (int64_t)debt_limit(2));
        governor_destroy(governor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shadow_is_the_fixed_trigger),
        cmocka_unit_test(clumps_are_not_counted_twice),
        cmocka_unit_test(shadow_of_a_long_trigger_is_not_inflated),
        cmocka_unit_test(shadow_is_exact_when_every_slot_is_seen),
        cmocka_unit_test(no_event_waits_longer_than_max_wait),
        cmocka_unit_test(user_max_wait_is_kept),
        cmocka_unit_test(budget_is_never_overdrawn),
        cmocka_unit_test(debt_is_paid_back_and_credit_is_spent),
        cmocka_unit_test(small_budget_is_never_overdrawn_by_dense_traffic),
        cmocka_unit_test(short_max_wait_comes_before_the_budget),
        cmocka_unit_test(budgets_are_met_on_steady_traffic),
        cmocka_unit_test(cost_saves_batches_at_the_same_wait),
        cmocka_unit_test(fixed_policy_is_the_shadow),
        cmocka_unit_test(bursts_wait_half_as_long_for_no_more_batches),
        cmocka_unit_test(slow_small_batches_hold_up_no_spike),
        cmocka_unit_test(probes_are_few_in_steady_and_in_quiet_times),
        cmocka_unit_test(overload_runs_back_to_back),
        cmocka_unit_test(every_trigger_of_the_shadow_is_told),
        cmocka_unit_test(bad_configurations_and_totals_are_refused),
        cmocka_unit_test(backlog_at_the_start_is_not_a_burst),
        cmocka_unit_test(wrong_forecasts_stay_bounded),
    };
    return cmocka_run_group_tests_name("governor", tests, NULL, NULL);
}
