/* The trial of the quick average: it counts where events come in runs, and not where they come one by one. */
/* links: control common */
#include "common/random.h"
#include "control/rate_trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t slot_ns = 100000000;

/* Seconds with 20 events and seconds with none, drawn at random; or as many one by one. */
static double share_after(double seconds, int in_runs, double price_s)
{
    arrival_rate_t rate = {{0}, {0}};
    rate_trial_t trial;
    random_t random;
    random_seed(&random, 6, 0);
    rate_trial_start(&trial);
    int on = 0;
    for (int slot = 0; slot < (int)(10 * seconds); slot++) {
        if (slot % 10 == 0) on = random_uniform(&random) < 0.4;
        const int64_t events = in_runs ? 2 * on : random_uniform(&random) < 0.8;
        arrival_rate_observe(&rate, events, slot_ns);
        rate_trial_observe(&trial, &rate, events, slot_ns, price_s);
        const double share = rate_trial_share(&trial);
        assert_true(share >= 0 && share <= 1);
    }
    return rate_trial_share(&trial);
}

static void quick_average_counts_where_events_come_in_runs(void **state)
{
    (void)state;
    const double in_runs = share_after(3600, 1, 16), one_by_one = share_after(3600, 0, 16);
    print_message("share in runs %.2f, one by one %.2f\n", in_runs, one_by_one);
    assert_true(in_runs > 0.9);
    assert_true(one_by_one < 0.1);
    assert_true(share_after(10, 1, 16) < 0.5); /* a few batches decide nothing */
}

static void extremes_stay_finite(void **state)
{
    (void)state;
    arrival_rate_t rate = {{0}, {0}};
    rate_trial_t trial;
    rate_trial_start(&trial);
    assert_true(rate_trial_share(&trial) == 0);
    const struct {
        int64_t events, span_ns;
        double price_s;
    } looks[] = {{1, 1, 1e-12},
                 {INT64_MAX / 2, 1, 1e12},
                 {0, INT64_MAX / 2, 1e-300},
                 {5, INT64_MAX / 2, 1e300},
                 {INT64_MAX / 2, INT64_MAX / 2, 1},
                 {0, 0, 1}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        arrival_rate_observe(&rate, looks[i].events, looks[i].span_ns);
        rate_trial_observe(&trial, &rate, looks[i].events, looks[i].span_ns, looks[i].price_s);
        const double share = rate_trial_share(&trial);
        assert_true(share >= 0 && share <= 1);
    }
    rate_trial_clear(&trial);
    assert_true(trial.events[TRIAL_SLOW] == 0 && trial.waited_s[TRIAL_QUICK] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_average_counts_where_events_come_in_runs),
        cmocka_unit_test(extremes_stay_finite),
    };
    return cmocka_run_group_tests_name("rate trial", tests, NULL, NULL);
}
