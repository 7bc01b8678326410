/* The price of a batch and its pacing. */
/* links: control common */
#include "control/price.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "near.h"

#include <cmocka.h>

static const int64_t second_ns = INT64_C(1000000000);

/* A shadow with `events` in each of its batches, one every `gap_s`. */
static price_t price_after(double trigger_s, double budget, double gap_s, int64_t events, double p)
{
    price_t price;
    price_start(&price, trigger_s, budget);
    for (int i = 0; i < 50; i++) {
        price_shadow_batch(&price, (int64_t)(i * gap_s * (double)second_ns), false, events, p);
        price.debt = 0;
    }
    return price;
}

/* The steady interval over the one without a debt. */
static double stretch(const price_t *price, const rule_t *rule, double debt)
{
    return rule_interval_s(rule, price_theta(price, rule, debt), 7) /
           rule_interval_s(rule, price_theta(price, rule, 0), 7);
}

static void steady_traffic_keeps_the_interval(void **state)
{
    (void)state;
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        const rule_t rule = rule_for((goal_t)goal);
        const price_t price = price_after(2, 1.5, 2, 80, rule.p);
        const double interval_s = rule_interval_s(&rule, price_theta(&price, &rule, 0), 40);
        assert_near(interval_s, pow(rule.discount, 1 / (rule.p + 1)) * 2 / 1.5, 1e-9);
    }
}

/* After a backlog at a constant rate, whose batches hold each other up, the interval is still the trigger's. */
static void a_backlog_is_no_reason_to_wait(void **state)
{
    (void)state;
    const double trigger_s = 2;
    const int64_t per_s = 40, spans_s[] = {2, 3, 7, 11, 60, 5, 3};
    const rule_t rule = rule_for(GOAL_BALANCED);
    price_t price;
    price_start(&price, trigger_s, 1);
    int64_t time_ns = 0;
    for (size_t i = 0; i < sizeof spans_s / sizeof *spans_s; i++) {
        time_ns += spans_s[i] * second_ns;
        price_shadow_batch(&price, time_ns, i > 0, per_s * spans_s[i], rule.p);
    }
    assert_near(rule_interval_s(&rule, price_theta(&price, &rule, 0), (double)per_s),
                pow(rule.discount, 1 / (rule.p + 1)) * trigger_s, 1e-9);
}

/* tau/gap batches are due within tau; each of them takes its share of D. */
static void a_debt_is_spread_over_the_batches_due(void **state)
{
    (void)state;
    const rule_t rule = rule_for(GOAL_BALANCED);
    const price_t dense = price_after(2, 1, 2, 10, rule.p), sparse = price_after(2, 1, 8, 10, rule.p),
                  finer = price_after(2, 2, 2, 10, rule.p);
    assert_near(sparse.mean_gap_s, 8, 0.2); /* before its first batch the trigger's interval counts */
    assert_near(log(stretch(&dense, &rule, 90)), 90 * 2 / rule.debt_s, 1e-9);
    assert_near(log(stretch(&sparse, &rule, 90)), 90 * sparse.mean_gap_s / rule.debt_s, 1e-9);
    assert_near(log(stretch(&finer, &rule, 90)), 90 * 1 / rule.debt_s, 1e-9);
    assert_near(log(stretch(&dense, &rule, -90)), -90 * 2 / rule.credit_s, 1e-9);
    assert_true(rule.credit_s < rule.debt_s);
}

static void no_debt_moves_the_interval_far(void **state)
{
    (void)state;
    const rule_t rule = rule_for(GOAL_BALANCED);
    const price_t rare = price_after(60, 1, 900, 10, rule.p);
    assert_near(log(stretch(&rare, &rule, 1)), 0.02, 1e-9);
    assert_near(log(stretch(&rare, &rule, -1)), -0.02, 1e-9);
    assert_near(stretch(&rare, &rule, 1e6), exp(1), 1e-9);
    assert_near(stretch(&rare, &rule, -1e6), exp(-1), 1e-9);
}

static void limit_is_ten_minutes_of_triggers(void **state)
{
    (void)state;
    const struct {
        double trigger_s;
        int limit;
    } cases[] = {{0.5, 1200}, {2, 300}, {5, 120}, {600, 120}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        price_t price;
        price_start(&price, cases[i].trigger_s, 1);
        for (int batches = 0; batches < cases[i].limit; batches++) {
            assert_false(price_guarded(&price));
            price_own_batch(&price);
        }
        assert_true(price_guarded(&price));
        for (int batches = 0; batches < 3 * cases[i].limit; batches++)
            price_shadow_batch(&price, batches * second_ns, false, 1, 2);
        assert_near(price.debt, -cases[i].limit, 1e-9);
    }
}

/* Debts are to be paid back over an hour, also on the morning after eight hours without an event. */
static void a_night_calls_in_no_debts(void **state)
{
    (void)state;
    const rule_t rule = rule_for(GOAL_BALANCED);
    price_t price;
    price_start(&price, 2, 1);
    int64_t time_ns = 0;
    for (int i = 0; i < 2000; i++, time_ns += 2 * second_ns)
        price_shadow_batch(&price, time_ns, false, 100, rule.p);
    const double before = stretch(&price, &rule, 100);
    price_shadow_batch(&price, time_ns + 8 * 3600 * second_ns, false, 100, rule.p);
    assert_near(stretch(&price, &rule, 100) / before, 1, 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_traffic_keeps_the_interval),
        cmocka_unit_test(a_backlog_is_no_reason_to_wait),
        cmocka_unit_test(a_night_calls_in_no_debts),
        cmocka_unit_test(a_debt_is_spread_over_the_batches_due),
        cmocka_unit_test(no_debt_moves_the_interval_far),
        cmocka_unit_test(limit_is_ten_minutes_of_triggers),
    };
    return cmocka_run_group_tests_name("price", tests, NULL, NULL);
}
