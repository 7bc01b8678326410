/* The policies beside the rule, the source that cannot be asked, and things a governor must not fall for. */
/* links: benchmark control common */
#include "closed_loop.h"
#include "control/plan.h"
#include "near.h"

static const plan_limits_t limits = {
    .fallback_s = 2, .shortest_s = 0.1, .longest_s = 30, .window_events = 1000};

static void rate_law_is_the_originals(void **state)
{
    (void)state;
    /* 1000 events at 500/s are 2 s: from 2 s nothing changes. */
    assert_near(plan_rate_step(2, 500, 1, &limits), 2, 1e-12);
    /* 4000/s wants 0.25 s: 0.3 x 0.25 + 0.7 x 2. */
    assert_near(plan_rate_step(2, 4000, 1, &limits), 1.475, 1e-12);
    /* Half confidence blends with the fallback before smoothing: raw is 1.125. */
    assert_near(plan_rate_step(2, 4000, 0.5, &limits), 0.3 * 1.125 + 0.7 * 2, 1e-12);
    /* A quiet stream wants 1000 s, is clamped to 30, and may double at most. */
    assert_near(plan_rate_step(2, 0.5, 1, &limits), 4, 1e-12);
    assert_near(plan_rate_step(29, 0.5, 1, &limits), 0.3 * 30 + 0.7 * 29, 1e-12);
    assert_near(plan_rate_step(0.1, 1e9, 1, &limits), 0.1, 1e-12);
    const double unknown[][2] = {{0, 1}, {-3, 1}, {NAN, 1}, {INFINITY, 1}, {500, 0.09}, {500, NAN}};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_near(plan_rate_step(7, unknown[i][0], unknown[i][1], &limits), 2, 1e-12);
}

static void plans_follow_sparks_grid(void **state)
{
    (void)state;
    assert_int_equal(plan_due_ns(2, 0, 0), 2000000000);
    assert_int_equal(plan_due_ns(2, 0, 1999999999), 2000000000);
    assert_int_equal(plan_due_ns(2, 0, 2000000000), 4000000000);
    assert_int_equal(plan_due_ns(0.5, 100, 1234), 500000100);
    assert_int_equal(plan_due_ns(0.5, 100, -1), 100);
}

/* Detected after the batch, in force from the next: the trigger after the burst's first batch still comes at
 * T0, the one after that at T0/4. */
static void reactive_lags_by_one_trigger(void **state)
{
    (void)state;
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.policy = POLICY_REACTIVE;
    config.warmup_ns = 0;
    governor_t *governor = governor_create(&config);
    governor_start(governor, 0, 0, 0);
    int64_t start_ns = 0, total = 0, gaps_ns[12], starts = 0;
    while (starts < 12) {
        const decision_t decision = governor_decide(governor, start_ns + 1, start_ns + 2000000000, false);
        const int64_t next_ns = decision.fire ? start_ns + 1 : decision.wake_ns;
        gaps_ns[starts++] = next_ns - start_ns;
        start_ns = next_ns;
        total += (starts > 8 ? 4000 : 100) * gaps_ns[starts - 1] / 1000000000;
        assert_true(governor_probe(governor, start_ns, total));
        governor_trigger(governor, start_ns, start_ns, total);
    }
    assert_int_equal(gaps_ns[8], 2000000000); /* the burst's first batch */
    assert_int_equal(gaps_ns[9], 2000000000); /* planned before it was seen */
    assert_int_equal(gaps_ns[10], 500000000);
    governor_destroy(governor);
}

static outcome_t run_policy(policy_t policy, const traffic_t *traffic)
{
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.policy = policy;
    return run(&config, &usual_batches, traffic);
}

/* Batches that take longer than the interval leave no time to ask the source between them, and yet the law has to see that
 * the burst is over: 200/s want an interval of 5 s, some 50 batches in the 260 s after a burst and before the next (more in fact: intervals change
 * beside a grid that does not). Back to back it would be 800. */
static void rate_sees_the_end_of_a_burst_between_slow_batches(void **state)
{
    (void)state;
    const batch_model_t slow = {.fixed_s = 0.25, .per_event_s = 20e-6, .empty_s = 0.013};
    const phase_t phases[] = {{4000, 20}, {200, 260}};
    traffic_t traffic = make_traffic(61, phases, 2, 2);
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.policy = POLICY_RATE;
    config.warmup_ns = 0;
    const outcome_t result = run(&config, &slow, &traffic);
    print_message("rate between slow batches: %d batches\n", (int)result.batches);
    assert_true(result.batches > 2 * (50 + 40) && result.batches < 2 * (2 * 50 + 20 / 0.25 + 20));
    free(traffic.arrivals);
}

/* What the project is for: neither of the two comes near the rule at its budget. */
static void the_rule_beats_both(void **state)
{
    (void)state;
    traffic_t traffic = make_traffic(60, bursts, 4, 2);
    const outcome_t ours = run_policy(POLICY_ADAPTIVE, &traffic), rate = run_policy(POLICY_RATE, &traffic),
                    reactive = run_policy(POLICY_REACTIVE, &traffic);
    print_message("batches, mean, p95: adaptive %d %.3f %.3f, rate %d %.3f %.3f, reactive %d %.3f %.3f\n",
                  (int)ours.batches, ours.mean_s, ours.p95_s, (int)rate.batches, rate.mean_s, rate.p95_s,
                  (int)reactive.batches, reactive.mean_s, reactive.p95_s);
    assert_true(rate.decisions[REASON_PLAN] > 50 && reactive.decisions[REASON_PLAN] > 50);
    assert_true(rate.mean_s > 1.2 * ours.mean_s && rate.p95_s > 1.2 * ours.p95_s);
    assert_true((double)reactive.batches * reactive.mean_s > 1.2 * (double)ours.batches * ours.mean_s);
    free(traffic.arrivals);
}

typedef struct {
    int64_t from_ns, to_ns; /* of the burst, without its first seconds, in which the batch cost is learned */
    int64_t last_ns;
    double shortest_s;
} gaps_t;

static void note_gap(void *context, int64_t start_ns)
{
    gaps_t *gaps = context;
    if (gaps->last_ns > gaps->from_ns && start_ns < gaps->to_ns)
        gaps->shortest_s = fmin(gaps->shortest_s, (double)(start_ns - gaps->last_ns) * 1e-9);
    gaps->last_ns = start_ns;
}

/* A source that cannot be asked: no probe, the promises hold, and there still is something to gain. */
static void rows_alone_keep_every_promise(void **state)
{
    (void)state;
    const phase_t sparse[] = {{0.5, 400}, {30, 60}, {0.05, 400}, {3, 100}};
    for (int i = 0; i < 2 * GOAL_COUNT; i++) {
        traffic_t traffic = i % 2 ? make_traffic(70, bursts, 4, 3) : make_traffic(71, sparse, 4, 2);
        governor_config_t config = config_for(2, (goal_t)(i / 2), 1);
        config.rows_only = true;
        const outcome_t result = run(&config, &usual_batches, &traffic);
        const double fixed_s = result.governor.shadow.mean_s;
        print_message("%s, %s: batches %d of %d, mean %.3f of %.3f, longest %.2f\n", goal_names[i / 2],
                      i % 2 ? "bursts" : "sparse", (int)result.batches, (int)result.governor.shadow.batches,
                      result.mean_s, fixed_s, result.max_s);
        assert_int_equal(result.probes, 0);
        assert_true(result.max_overdebt <= debt_limit(2));
        const double longest_s = i / 2 == GOAL_BALANCED ? 4 : i / 2 == GOAL_STRICT ? 2 : 30;
        assert_true(result.max_s <= longest_s + 0.4); /* and the batch that runs */
        free(traffic.arrivals);
    }
}

/* max_wait comes before guard, floor and plan, and the floor before the plan, also where nothing is known to be
 * pending. */
static void rows_alone_keep_max_wait_and_min_interval(void **state)
{
    (void)state;
    const batch_model_t slow = {.fixed_s = 0.1, .per_event_s = 800e-6, .empty_s = 0.013};
    const batch_model_t quick = {.fixed_s = 0.03, .per_event_s = 0, .empty_s = 0.013};
    const struct {
        double trigger_s, max_wait_s, budget, rate_per_s, slot_s, min_interval_s, seconds;
        const batch_model_t *model;
        double longest_s, shortest_s;
    } cases[] = {
        /* the guard holds the budget back, but not this long */
        {2, 0.5, 1, 50, 0, 0.1, 1200, &quick, 0.5, 0},
        {2, 2, 0.5, 50, 0, 0.1, 2000, &quick, 2, 0},
        /* near saturation */
        {2, 0.5, 1, 900, 0, 0.1, 120, &slow, 0.5, 0},
        /* slots longer than the shortest interval */
        {2, 0, 8, 400, 1, 0.4, 300, &quick, 4, 0.4},
        {2, 0, 8, 400, 0.5, 0.4, 300, &quick, 4, 0.4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const phase_t steady = {cases[i].rate_per_s, cases[i].seconds};
        traffic_t traffic = make_traffic(100 + i, &steady, 1, 1);
        governor_config_t config = config_for(cases[i].trigger_s, GOAL_BALANCED, cases[i].budget);
        config.rows_only = true;
        config.warmup_ns = 0;
        config.max_wait_ns = (int64_t)(cases[i].max_wait_s * ns);
        config.slot_ns = (int64_t)(cases[i].slot_s * ns);
        config.min_interval_ns = (int64_t)(cases[i].min_interval_s * ns);
        gaps_t gaps = {
            .from_ns = (int64_t)(20 * ns), .to_ns = (int64_t)(cases[i].seconds * ns), .shortest_s = INFINITY};
        const outcome_t result = run_seen(&config, cases[i].model, &traffic, note_gap, &gaps);
        print_message("case %d: p99 %.2f s, shortest gap %.2f s, %d batches of %d\n", (int)i, result.p99_s,
                      gaps.shortest_s, (int)result.batches, (int)result.governor.shadow.batches);
        /* Beside the first triggers, which are the job's own, an event may wait for the batch that runs. */
        assert_true(result.p99_s <= cases[i].longest_s + cases[i].model->fixed_s +
                                        cases[i].model->per_event_s * cases[i].rate_per_s * 1.5);
        assert_true(gaps.shortest_s >= cases[i].shortest_s);
        free(traffic.arrivals);
    }
}

/* The budget's guard: where every planned trigger is dearer than the shadow's, own <= shadow + C. */
static void rows_alone_are_held_back_by_the_guard(void **state)
{
    (void)state;
    const phase_t sparse[] = {{0.5, 400}, {30, 60}, {0.05, 400}, {3, 100}};
    traffic_t traffic = make_traffic(110, sparse, 4, 24);
    governor_config_t config = config_for(5, GOAL_STRICT, 1);
    config.rows_only = true;
    const outcome_t result = run(&config, &usual_batches, &traffic);
    print_message("overdebt %.0f, by guard %d\n", result.max_overdebt, (int)result.decisions[REASON_GUARD]);
    assert_true(result.decisions[REASON_GUARD] > 0 && result.max_overdebt <= debt_limit(5));
    free(traffic.arrivals);
}

static void rows_alone_gain_in_a_burst(void **state)
{
    (void)state;
    traffic_t traffic = make_traffic(72, bursts, 4, 3);
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    const outcome_t fixed = run_policy(POLICY_FIXED, &traffic);
    config.rows_only = true;
    const outcome_t ours = run(&config, &usual_batches, &traffic);
    assert_true(ours.batches <= fixed.batches * 1.06);
    assert_true(ours.mean_s <= 0.75 * fixed.mean_s);
    free(traffic.arrivals);
}

/* After a trigger that took nothing the job's own schedule is kept, so that idle progress and time-outs come
 * as before. */
static void rows_alone_keep_the_schedule_of_an_idle_query(void **state)
{
    (void)state;
    governor_config_t config = config_for(2, GOAL_COST, 1);
    config.rows_only = true;
    config.warmup_ns = 0;
    governor_t *governor = governor_create(&config);
    governor_start(governor, 0, 0, 0);
    int64_t now_ns = 0, total = 0;
    for (int i = 0; i < 20; i++) {
        now_ns += 2000000000;
        total += 50;
        governor_trigger(governor, now_ns, now_ns + 200000000, total);
    }
    decision_t decision = governor_decide(governor, now_ns + 300000000, now_ns + 2000000000, false);
    assert_int_equal(decision.reason, REASON_PLAN);
    now_ns += 2000000000;
    governor_trigger(governor, now_ns, now_ns + 13000000, total);
    decision = governor_decide(governor, now_ns + 13000000, now_ns + 2000000000, false);
    assert_int_equal(decision.reason, REASON_IDLE);
    assert_false(decision.fire);
    assert_int_equal(decision.wake_ns, now_ns + 2000000000);
    governor_destroy(governor);
}

/* 1000/s at 0.5 ms an event are half of what the job can do: batches of 0.2 s + 0.5 ms n keep up from an interval
 * of 0.2 / (0.8 - 0.5) = 0.67 s on. Without the floor the rule would fire every 0.3 s, and be stuck behind its own
 * batches. */
static void near_saturation_batches_keep_up(void **state)
{
    (void)state;
    const phase_t phases[] = {{10, 600}, {1000, 60}, {10, 100}};
    const batch_model_t slow = {.fixed_s = 0.2, .per_event_s = 500e-6, .empty_s = 0.013};
    traffic_t traffic = make_traffic(90, phases, 3, 1);
    const governor_config_t config = config_for(2, GOAL_LATENCY, 1);
    gaps_t gaps = {.from_ns = (int64_t)(615 * ns), .to_ns = (int64_t)(659 * ns), .shortest_s = INFINITY};
    const outcome_t result = run_seen(&config, &slow, &traffic, note_gap, &gaps);
    print_message("shortest gap in the burst %.2f s, mean wait %.2f of %.2f s\n", gaps.shortest_s,
                  result.mean_s, result.governor.shadow.mean_s);
    assert_true(gaps.shortest_s >= 0.6 && gaps.shortest_s < 2);
    assert_true(result.mean_s < 0.6 * result.governor.shadow.mean_s);
    free(traffic.arrivals);
}

/* The first batches of a JVM take seconds, then half a second, then 0.2 s. Thirty batches later neither the
 * floor nor the shadow remembers them. */
static void a_cold_jvm_is_not_load(void **state)
{
    (void)state;
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    governor_t *governor = governor_create(&config);
    governor_start(governor, 0, 0, 0);
    int64_t now_ns = 0, total = 0;
    for (int i = 0; i < 60; i++) {
        const double batch_s = i == 0 ? 5 : i < 4 ? 1.5 : i < 15 ? 0.5 : 0.2;
        /* Sizes of all classes, so that cold small batches and warm large ones stand side by side. */
        now_ns += 6000000000;
        total += i % 3 == 0 ? 40 : i % 3 == 1 ? 400 : 8000;
        assert_true(governor_probe(governor, now_ns, total));
        governor_trigger(governor, now_ns, now_ns + (int64_t)(batch_s * 1e9), total);
        now_ns += (int64_t)(batch_s * 1e9);
    }
    /* A burst: the rule, not the floor, must be what decides half a second after the last trigger. */
    const int64_t start_ns = now_ns;
    decision_t decision = {0};
    for (int i = 1; i <= 10 && !decision.fire; i++) {
        now_ns = start_ns + i * 100000000;
        total += 400;
        assert_true(governor_probe(governor, now_ns, total));
        decision = governor_decide(governor, now_ns, start_ns + 2000000000, false);
    }
    assert_true(decision.fire && now_ns - start_ns <= 700000000);
    governor_destroy(governor);
}

/* The wall clock is set an hour ahead or back: grid and schedule move, what is pending does not. */
static void a_step_of_the_clock_moves_the_grid_only(void **state)
{
    (void)state;
    const int64_t hour_ns = 3600 * INT64_C(1000000000);
    for (int sign = -1; sign <= 1; sign += 2) {
        governor_config_t config = config_for(2, GOAL_BALANCED, 1);
        config.warmup_ns = 0;
        governor_t *governor = governor_create(&config);
        governor_start(governor, 0, 0, 0);
        int64_t total = 0, start_ns = 0, longest_ns = 0, stepped_ns = 0;
        governor_stats_t before = {0}, stats;
        for (int64_t now_ns = 0; now_ns < 400 * INT64_C(1000000000); now_ns += 100000000) {
            total += 2;
            if (now_ns == 200 * INT64_C(1000000000)) {
                governor_stats(governor, &before);
                stepped_ns = sign * (hour_ns + 300000000);
                governor_align(governor, stepped_ns);
            }
            assert_true(governor_probe(governor, now_ns, total));
            /* The schedule that Spark computed before the step may now end an hour too late. */
            const int64_t own_ns = start_ns - start_ns % 2000000000 + 2000000000 + stepped_ns;
            const decision_t decision = governor_decide(governor, now_ns, own_ns, false);
            if (!decision.fire) continue;
            if (now_ns - start_ns > longest_ns) longest_ns = now_ns - start_ns;
            start_ns = now_ns;
            governor_trigger(governor, now_ns, now_ns, total);
        }
        governor_stats(governor, &stats);
        assert_true(longest_ns <= 4100000000);
        assert_true(llabs(stats.shadow.batches - before.shadow.batches - 100) <= 1);
        assert_true(stats.own.max_s <= 4.1 && stats.shadow.max_s <= 4.1);
        governor_destroy(governor);
    }
}

/* The shadow's triggers lie on the grid of the clock as it is: an event that comes just after the step waits for
 * the next point of the new grid. */
static void a_step_of_the_clock_moves_the_shadow(void **state)
{
    (void)state;
    governor_config_t config = config_for(10, GOAL_BALANCED, 1);
    for (int stepped = 0; stepped <= 1; stepped++) {
        governor_t *governor = governor_create(&config);
        governor_start(governor, 0, 0, 0);
        if (stepped) governor_align(governor, (int64_t)(4 * ns));
        assert_true(governor_probe(governor, (int64_t)(1 * ns), 1));
        assert_true(governor_probe(governor, (int64_t)(30 * ns), 1));
        governor_stats_t stats;
        governor_stats(governor, &stats);
        assert_int_equal(stats.shadow.batches, 1);
        assert_near(stats.shadow.max_s, stepped ? 3.5 : 9.5, 0.6);
        governor_destroy(governor);
    }
}

/* A changed interval is in force from the trigger after next, also across a step. */
static void a_step_of_the_clock_keeps_the_plan_in_force(void **state)
{
    (void)state;
    governor_config_t config = config_for(2, GOAL_BALANCED, 1);
    config.policy = POLICY_REACTIVE;
    config.warmup_ns = 0;
    governor_t *governor = governor_create(&config);
    governor_start(governor, 0, 0, 0);
    int64_t now_ns = 0, total = 0;
    for (int i = 0; i < 20; i++) {
        now_ns += (int64_t)(2 * ns);
        total += i < 19 ? 100 : 9000;
        assert_true(governor_probe(governor, now_ns, total));
        governor_trigger(governor, now_ns, now_ns, total);
    }
    governor_align(governor, (int64_t)(0.4 * ns)); /* the burst was seen: T0/4 from the trigger after next */
    const decision_t decision = governor_decide(governor, now_ns, now_ns + (int64_t)(2 * ns), false);
    assert_int_equal(decision.wake_ns - now_ns, (int64_t)(0.4 * ns));
    governor_align(governor, 0);
    assert_int_equal(governor_decide(governor, now_ns, now_ns + (int64_t)(2 * ns), false).wake_ns - now_ns,
                     (int64_t)(2 * ns));
    governor_destroy(governor);
}

/* Low rates, looked at rarely: every event is at one trigger point of the shadow, never at two. */
static void no_event_is_counted_at_two_trigger_points(void **state)
{
    (void)state;
    for (uint64_t seed = 80; seed < 90; seed++) {
        const phase_t slow = {0.4, 3000};
        traffic_t traffic = make_traffic(seed, &slow, 1, 1);
        const governor_config_t config = config_for(2, GOAL_BALANCED, 1);
        const outcome_t result = run(&config, &usual_batches, &traffic);
        assert_true(result.governor.shadow.events <= (int64_t)traffic.count);
        assert_true(result.governor.shadow.batches <= result.governor.shadow.events);
        free(traffic.arrivals);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_law_is_the_originals),
        cmocka_unit_test(plans_follow_sparks_grid),
        cmocka_unit_test(reactive_lags_by_one_trigger),
        cmocka_unit_test(rate_sees_the_end_of_a_burst_between_slow_batches),
        cmocka_unit_test(the_rule_beats_both),
        cmocka_unit_test(rows_alone_keep_every_promise),
        cmocka_unit_test(rows_alone_keep_max_wait_and_min_interval),
        cmocka_unit_test(rows_alone_are_held_back_by_the_guard),
        cmocka_unit_test(rows_alone_gain_in_a_burst),
        cmocka_unit_test(rows_alone_keep_the_schedule_of_an_idle_query),
        cmocka_unit_test(near_saturation_batches_keep_up),
        cmocka_unit_test(a_cold_jvm_is_not_load),
        cmocka_unit_test(a_step_of_the_clock_moves_the_grid_only),
        cmocka_unit_test(a_step_of_the_clock_moves_the_shadow),
        cmocka_unit_test(a_step_of_the_clock_keeps_the_plan_in_force),
        cmocka_unit_test(no_event_is_counted_at_two_trigger_points),
    };
    return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
