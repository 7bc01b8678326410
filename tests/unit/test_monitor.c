/* What the dashboard keeps and says: history, waits, store, words, metrics, and who may ask. */
/* links: monitor protocol common */
#include "monitor/explain.h"
#include "monitor/guard.h"
#include "monitor/metrics.h"
#include "monitor/report.h"
#include "monitor/store.h"
#include "monitor/words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"

#include <cmocka.h>

enum { SECOND = 1000, TEXT_SIZE = 1 << 20 };
static const int64_t noon = INT64_C(1790000000000) - INT64_C(1790000000000) % (900 * 1000);

/* ------------------------------------------------------------------------------------------------ history */

static history_t history;

static void sums_of_all_levels_agree(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    for (int i = 0; i < 600; i++)
        history_add(&history, noon + i * 200, COLUMN_ARRIVED, 3);
    for (size_t level = 0; level < HISTORY_LEVELS; level++) {
        double sums[COLUMN_COUNT];
        history_sum(&history, level, noon, noon + 120 * SECOND, sums);
        assert_near(sums[COLUMN_ARRIVED], 1800, 1e-6);
    }
}

static void greatest_values_are_not_summed(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    history_add(&history, noon, COLUMN_PENDING, 5);
    history_add(&history, noon + 1, COLUMN_PENDING, 9);
    history_add(&history, noon + 2, COLUMN_PENDING, 7);
    assert_near(history_at(&history, 0, noon)->values[COLUMN_PENDING], 9, 0);
}

static void old_buckets_make_room_and_late_ones_do_no_harm(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    history_add(&history, noon, COLUMN_ARRIVED, 1);
    history_add(&history, noon + history_span_ms(0), COLUMN_ARRIVED, 2); /* the same place in the ring */
    assert_null(history_at(&history, 0, noon));
    history_add(&history, noon, COLUMN_ARRIVED, 4); /* too late for the finest level, not for the others */
    assert_null(history_at(&history, 0, noon));
    assert_near(history_at(&history, 0, noon + history_span_ms(0))->values[COLUMN_ARRIVED], 2, 0);
    assert_near(history_at(&history, 1, noon)->values[COLUMN_ARRIVED], 5, 0);
}

static void what_is_not_finite_is_passed_over(void **state)
{
    (void)state;
    memset(&history, 0, sizeof history);
    history_add(&history, noon, COLUMN_COST, (double)NAN);
    history_add(&history, noon, COLUMN_ARRIVED, (double)INFINITY);
    history_add(&history, -5, COLUMN_ARRIVED, 1);
    assert_null(history_at(&history, 0, noon));
    assert_null(history_at(&history, 0, -5));
}

static void levels_reach_as_far_as_asked(void **state)
{
    (void)state;
    const int64_t ranges_s[] = {120, 900, 7200, 86400, 604800};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(history_level_of(ranges_s[i] * SECOND), i);
        assert_true(history_span_ms(i) >= ranges_s[i] * SECOND);
    }
    assert_int_equal(history_level_of(INT64_MAX), HISTORY_LEVELS - 1);
}

/* ------------------------------------------------------------------------------------------------ waits */

static void waits_are_the_same_whoever_is_told_first(void **state)
{
    (void)state;
    waits_t arrivals_first = {.first = 0}, batches_first = {.first = 0};
    waits_arrive(&arrivals_first, 1000, 0, 10);
    waits_arrive(&arrivals_first, 2000, 0, 10);
    waits_take(&arrivals_first, 3000, 15, false);
    waits_take(&batches_first, 3000, 15, false);
    waits_arrive(&batches_first, 1000, 0, 10);
    waits_arrive(&batches_first, 2000, 0, 10);
    assert_near(arrivals_first.histogram.sum_s, 10 * 2 + 5 * 1, 1e-9);
    assert_near(batches_first.histogram.sum_s, 25, 1e-9);
    double total = 0;
    for (size_t i = 0; i <= DURATION_BOUNDS; i++)
        total += arrivals_first.histogram.counts[i];
    assert_near(total, 15, 1e-9);
    /* 5 are left, 3 s old at 5000. */
    waits_cost_t square = {.exponent = 2}, tail = {.exponent = 2, .tail = 0.5, .tail_from_s = 2};
    assert_near(waits_pending(&arrivals_first, 5000, &square).events, 5, 1e-9);
    assert_near(waits_pending(&arrivals_first, 5000, &square).cost, 5 * 9, 1e-9);
    assert_near(waits_pending(&arrivals_first, 5000, &tail).cost, 5 * (9 + 0.5 * 4), 1e-9);
}

/* 40 events/s in slots of 100 ms from begin_s to end_s, of which those before told_s are not told; a batch of all at every odd
 * second, told before or after its events. */
static void live_steadily(waits_t *waits, int begin_s, int told_s, int end_s, bool batches_first)
{
    for (int second = begin_s; second < end_s; second++) {
        if (batches_first && second == 0) waits_take(waits, SECOND, 40, true);
        if (batches_first && second % 2 == 1) waits_take(waits, (second + 2) * SECOND, 80, true);
        if (second == told_s) waits_gap(waits, second * SECOND);
        for (int slot = 0; slot < 10 && second >= told_s; slot++)
            waits_arrive(waits, second * SECOND + slot * 100, 100, 4);
        if (!batches_first && second % 2 == 0) waits_take(waits, (second + 1) * SECOND, 80, true);
    }
}

static double total_of(const duration_histogram_t *histogram)
{
    double total = 0;
    for (size_t i = 0; i <= DURATION_BOUNDS; i++)
        total += histogram->counts[i];
    return total;
}

static double mean_of(const duration_histogram_t *histogram)
{
    return histogram->sum_s / total_of(histogram);
}

static void what_was_taken_before_anybody_listened_is_forgotten(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        waits_t waits = {.first = 0};
        live_steadily(&waits, 0, 0, 100, first);
        assert_near(mean_of(&waits.histogram), 1, 0.02);
        /* A listener that comes in the middle: the first batch it hears of took events that it was never told of. */
        waits = (waits_t){.first = 0};
        live_steadily(&waits, 0, 6, 100, first);
        assert_near(mean_of(&waits.histogram), 1, 0.02);
        assert_near(total_of(&waits.histogram), first ? 94 * 40 : 93 * 40, 1);
        /* And one that missed some seconds in between. */
        live_steadily(&waits, 100, 106, 200, first);
        assert_near(mean_of(&waits.histogram), 1, 0.05);
    }
}

static void batches_that_are_lost_make_later_waits_no_longer(void **state)
{
    (void)state;
    waits_t waits = {.first = 0};
    live_steadily(&waits, 0, 0, 20, false);
    for (int slot = 0; slot < 20; slot++)
        waits_arrive(&waits, 20 * SECOND + slot * 100, 100, 4); /* a batch at 21 s is not told of */
    live_steadily(&waits, 22, 0, 200, false);
    assert_near(mean_of(&waits.histogram), 1, 0.05);
    /* With a limit that was reached the rest stays pending. */
    waits = (waits_t){.first = 0};
    waits_arrive(&waits, 0, 100, 50);
    waits_take(&waits, SECOND, 20, false);
    assert_near(waits_pending(&waits, SECOND, &(waits_cost_t){.exponent = 1}).events, 30, 1e-9);
}

static void what_came_just_after_a_trigger_is_its_own(void **state)
{
    (void)state;
    waits_t waits = {.first = 0};
    live_steadily(&waits, 0, 0, 11, false);
    const double before = total_of(&waits.histogram);
    waits_arrive(&waits, 11000, 100, 10);
    waits_take(&waits, 11090, 14, true); /* Spark asked at 11140 */
    waits_arrive(&waits, 11100, 100, 8);
    assert_near(total_of(&waits.histogram) - before, 14, 1e-9);
    assert_near(waits_pending(&waits, 11200, &(waits_cost_t){.exponent = 1}).events, 4, 1e-9);
}

static void a_long_backlog_is_joined_and_its_waiting_stays(void **state)
{
    (void)state;
    waits_t waits = {.first = 0};
    double expected = 0;
    for (int i = 0; i < 1000; i++) {
        waits_arrive(&waits, i * 100, 0, 1);
        expected += (200000 - i * 100) / 1000.0;
    }
    assert_true(waits.count <= WAITS_PARTS);
    waits_take(&waits, 200000, 1000, false);
    assert_int_equal(waits.count, 0);
    assert_near(waits.histogram.sum_s, expected, expected * 0.01);
}

static void classes_hold_their_upper_bound(void **state)
{
    (void)state;
    duration_histogram_t histogram = {.sum_s = 0};
    duration_add(&histogram, 0.05, 1);
    duration_add(&histogram, 0.0501, 2);
    duration_add(&histogram, 1e9, 4);
    duration_add(&histogram, -3, 8);
    assert_near(histogram.counts[0], 9, 0);
    assert_near(histogram.counts[1], 2, 0);
    assert_near(histogram.counts[DURATION_BOUNDS], 4, 0);
}

static void percentiles_of_any_stretch_are_known(void **state)
{
    (void)state;
    static const double wanted[3] = {0.5, 0.95, 0.99};
    double seconds[3];
    waits_t waits = {.first = 0};
    live_steadily(&waits, 0, 0, 10, false); /* nothing counts before the unit is known */
    wait_history_quantiles(&waits.over_time, 10 * SECOND, 0, 10 * SECOND, wanted, seconds, 3);
    assert_true(isnan(seconds[0]) && isnan(seconds[2]));
    wait_history_set_unit(&waits.over_time, 2);
    live_steadily(&waits, 10, 0, 1000, false); /* waits of up to 2 s, evenly */
    for (int reach = 60; reach <= 900; reach *= 15) {
        wait_history_quantiles(&waits.over_time, 1000 * SECOND, (1000 - reach) * SECOND, 1000 * SECOND,
                               wanted, seconds, 3);
        assert_near(seconds[0], 1, 0.06);
        assert_near(seconds[1], 1.9, 0.06);
        assert_near(seconds[2], 1.98, 0.06);
    }
    /* A burst that waited long is in its own stretch and in no other. */
    waits_arrive(&waits, 1000 * SECOND, 100, 100);
    waits_take(&waits, 1010 * SECOND, 100, true);
    wait_history_quantiles(&waits.over_time, 1010 * SECOND, 1000 * SECOND, 1016 * SECOND, wanted, seconds, 3);
    assert_near(seconds[0], 10, 1.5);
    wait_history_quantiles(&waits.over_time, 1010 * SECOND, 940 * SECOND, 1000 * SECOND, wanted, seconds, 3);
    assert_near(seconds[2], 1.98, 0.06);
    /* What would be that of other times, and what lies beyond all classes, is not told. */
    wait_history_quantiles(&waits.over_time, 1010 * SECOND, 1005 * SECOND, 1011 * SECOND, wanted, seconds, 3);
    assert_true(isnan(seconds[0]));
    waits_arrive(&waits, 1020 * SECOND, 100, 1);
    waits_take(&waits, 2020 * SECOND, 1, true);
    wait_history_quantiles(&waits.over_time, 2020 * SECOND, 2004 * SECOND, 2021 * SECOND, wanted, seconds, 3);
    assert_true(isnan(seconds[0]));
    waits_arrive(&waits, 2021 * SECOND, 100, 1);
    waits_take(&waits, 2022 * SECOND, 1, true);
    wait_history_set_unit(&waits.over_time, (double)NAN);
    wait_history_set_unit(&waits.over_time, 2);
    wait_history_quantiles(&waits.over_time, 2023 * SECOND, 2008 * SECOND, 2024 * SECOND, wanted, seconds, 3);
    assert_near(seconds[0], 1, 0.2);
    wait_history_set_unit(&waits.over_time, 5);
    wait_history_quantiles(&waits.over_time, 2023 * SECOND, 2008 * SECOND, 2024 * SECOND, wanted, seconds, 3);
    assert_true(isnan(seconds[0]));
}

/* ------------------------------------------------------------------------------------------------ store */

static store_t store;
static observation_t observation;

static int set_up(void **state)
{
    (void)state;
    store_create(&store);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_destroy(&store);
    return 0;
}

static void begin(const char *query, int64_t time_ms)
{
    observation_clear(&observation);
    strcpy(observation.status.query, query);
    observation.status.time_ms = time_ms;
}

static void tell(void)
{
    assert_true(store_observe(&store, &observation, observation.status.time_ms));
}

static void with_stats(int64_t batches, int64_t events, double waited_s, int64_t shadow_batches,
                       double shadow_waited_s)
{
    observed_stats_t *stats = &observation.status.stats;
    observation.status.has_stats = true;
    stats->own = (observed_waits_t){.batches = batches, .events = events, .waited_s = waited_s};
    stats->shadow =
        (observed_waits_t){.batches = shadow_batches, .events = events, .waited_s = shadow_waited_s};
    stats->decisions = batches * 3;
    stats->probes = batches * 2;
    stats->faults = 0;
}

static void add_own(int64_t start_ms, int64_t took_ms, int64_t events, const char *reason)
{
    observed_trigger_t *trigger = &observation.triggers[observation.trigger_count++];
    *trigger = (observed_trigger_t){.start_ms = start_ms, .end_ms = start_ms + took_ms, .events = events};
    strcpy(trigger->reason, reason);
}

/* 100 s in which ours runs `own` batches and the shadow 50, waits being 0.6 s and 1 s. */
static void live_through(const char *query, int own, double trigger_s)
{
    begin(query, noon);
    observation.status.has_config = true;
    observation.status.config.trigger_s = trigger_s;
    tell();
    for (int i = 1; i <= 50; i++) {
        begin(query, noon + i * 2 * SECOND);
        for (int k = 0; k < (i * own) / 50 - ((i - 1) * own) / 50; k++)
            add_own(noon + i * 2 * SECOND - 100, 50, 100, "price");
        observation.shadow[observation.shadow_count++] =
            (observed_trigger_t){.start_ms = noon + i * 2 * SECOND, .end_ms = FIELD_UNKNOWN, .events = 100};
        with_stats((i * own) / 50, i * 100, i * 60, i, i * 100);
        tell();
    }
}

static void the_top_line_says_saving_and_price(void **state)
{
    (void)state;
    char text[WORDS_SIZE];
    live_through("clicks", 49, 2);
    words_savings(store_find(&store, "clicks"), store.now_ms, text);
    assert_string_equal(
        text, "Events waited 40 % less at 2 % fewer batches than with your 2 s trigger, last 2 min.");
    live_through("dear", 55, 0.5);
    words_savings(store_find(&store, "dear"), store.now_ms, text);
    assert_string_equal(
        text, "Events waited 40 % less at 10 % more batches than with your 500 ms trigger, last 2 min.");
    live_through("same", 50, (double)NAN);
    words_savings(store_find(&store, "same"), store.now_ms, text);
    assert_string_equal(text, "Events waited 40 % less at as many batches as with your trigger, last 2 min.");
}

static void savings_are_sums_of_what_was_told(void **state)
{
    (void)state;
    live_through("clicks", 40, 2);
    savings_t savings = store_savings(store_find(&store, "clicks"), store.now_ms, 3600 * SECOND);
    assert_near(savings.own_batches, 40, 0);
    assert_near(savings.shadow_batches, 50, 0);
    assert_near(savings.saved_batches, 10, 0);
    assert_near(savings.waits_ratio, 0.6, 1e-6);
    assert_near(savings.saved_s, 0.4 * 5000, 0.1);
}

static void a_query_that_starts_again_goes_on_counting(void **state)
{
    (void)state;
    live_through("clicks", 50, 2);
    begin("clicks", noon + 200 * SECOND);
    with_stats(1, 7, 3, 1, 9);
    tell();
    const store_query_t *query = store_find(&store, "clicks");
    assert_int_equal(query->total_own.events, 5007);
    assert_int_equal(query->total_own.batches, 51);
    assert_near(query->total_shadow.waited_s, 5009, 1e-6);
}

static void what_was_before_anybody_listened_is_no_last_hour(void **state)
{
    (void)state;
    /* A predictor that starts again in a long run, of which the waits of 90 events in 100 were no shorter than the shadow's. */
    for (int i = 0; i <= 10; i++) {
        begin("clicks", noon + i * 2 * SECOND);
        if (i > 0) {
            add_own(noon + i * 2 * SECOND, 50, 100, "price");
            observation.shadow[observation.shadow_count++] = (observed_trigger_t){
                .start_ms = noon + i * 2 * SECOND, .end_ms = FIELD_UNKNOWN, .events = 100};
        }
        with_stats(100 + i, 10000 + i * 100, 10000 + i * 50, 100 + i, 10000 + i * 100);
        tell();
    }
    savings_t savings = store_savings(store_find(&store, "clicks"), store.now_ms, 3600 * SECOND);
    assert_near(savings.own_events, 1000, 1e-6);
    assert_near(savings.waits_ratio, 0.5, 1e-6);
    assert_near(savings.saved_s, 500, 0.1);
    /* Counters only grow; scrapers take their differences. */
    assert_int_equal(store_find(&store, "clicks")->total_own.events, 11000);
}

static void a_clock_far_ahead_pushes_nothing_out(void **state)
{
    (void)state;
    live_through("clicks", 50, 2);
    begin("clicks", noon + 101 * SECOND);
    observation.slots_start_ms = INT64_C(9000000000000000);
    observation.slots_width_ms = 100;
    observation.slot_count = 1;
    observation.slots[0] = 5;
    add_own(noon + INT64_C(400000000), 1, 5, "price");
    observation.status.has_decision = true;
    observation.status.decision.time_ms = INT64_MAX;
    tell();
    begin("clicks", INT64_MAX);
    assert_true(store_observe(&store, &observation, noon + 102 * SECOND));
    assert_true(store.now_ms <= noon + 200 * SECOND);
    assert_near(store_savings(store_find(&store, "clicks"), store.now_ms, 3600 * SECOND).own_batches, 50, 0);
}

static void pending_falls_where_a_trigger_took_it(void **state)
{
    (void)state;
    begin("clicks", noon + SECOND);
    observation.slots_start_ms = noon;
    observation.slots_width_ms = 100;
    for (int i = 0; i < 10; i++)
        observation.slots[observation.slot_count++] = 10;
    add_own(noon + 600, 50, 60, "price");
    tell();
    const history_t *kept = &store_find(&store, "clicks")->history;
    assert_near(history_at(kept, 0, noon + 400)->values[COLUMN_PENDING], 60, 1e-6);
    assert_near(history_at(kept, 0, noon + 800)->values[COLUMN_PENDING], 40, 1e-6);
    assert_near(store_find(&store, "clicks")->own_waits.histogram.sum_s,
                10 * (.55 + .45 + .35 + .25 + .15 + .05), 1e-6);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    char name[32];
    assert_true(sizeof(store_query_t) * STORE_QUERIES <= 25 * 1000 * 1000);
    for (int i = 0; i < STORE_QUERIES + 5; i++) {
        snprintf(name, sizeof name, "query-%d", i);
        begin(name, noon + i);
        assert_int_equal(store_observe(&store, &observation, noon + i), i < STORE_QUERIES);
    }
    assert_int_equal(store.count, STORE_QUERIES);
    assert_int_equal(store.forgotten, 5);
    /* A minute later the one that was silent longest makes room. */
    begin("late", noon + 100 * SECOND);
    tell();
    assert_null(store_find(&store, "query-0"));
    assert_non_null(store_find(&store, "query-1"));
    assert_non_null(store_find(&store, "late"));
}

static void more_reasons_than_room_are_counted_together(void **state)
{
    (void)state;
    begin("clicks", noon);
    for (int i = 0; i < 40; i++) {
        char reason[PROTOCOL_WORD_SIZE];
        snprintf(reason, sizeof reason, "reason-%d", i);
        add_own(noon - 40 + i, 1, 1, reason);
    }
    tell();
    const store_query_t *query = store_find(&store, "clicks");
    int64_t total = 0;
    for (size_t i = 0; i < STORE_REASONS; i++)
        total += query->reasons[i].count;
    assert_int_equal(total, 40);
    assert_string_equal(query->reasons[STORE_REASONS - 1].reason, "other");
}

/* ------------------------------------------------------------------------------------------------ texts */

static char text[TEXT_SIZE];

static void a_trigger_is_told_with_its_figures(void **state)
{
    (void)state;
    char words[WORDS_SIZE];
    logged_t entry = {
        .start_ms = noon, .end_ms = noon + 250, .events = 412, .reason = "bound", .has_decision = true};
    entry.decision.oldest_s = 0.8;
    entry.cost = 1.04;
    words_trigger(&entry, words);
    assert_string_equal(words, "412 events, the oldest after 800 ms: waiting had cost more than a batch, at "
                               "whatever rate events come (at 104 % "
                               "of its price). The batch took 250 ms.");
    entry = (logged_t){.start_ms = noon, .end_ms = FIELD_UNKNOWN, .events = 1, .reason = "something new"};
    words_trigger(&entry, words);
    assert_string_equal(words, "1 event.");
}

/* What explain says of a trigger of 100 events after_ms after a point of the job's own 2 s grid. */
static const char *alternative(int64_t after_ms, double oldest_s)
{
    static char words[EXPLAIN_SIZE];
    static observed_status_t status;
    observed_status_clear(&status);
    strcpy(status.query, "clicks");
    status.config.trigger_s = 2;
    logged_t entry = {.start_ms = noon + after_ms,
                      .end_ms = FIELD_UNKNOWN,
                      .events = 100,
                      .reason = "price",
                      .has_decision = oldest_s >= 0};
    entry.decision = (observed_decision_t){
        .time_ms = entry.start_ms, .fire = true, .pending = 100, .oldest_s = oldest_s, .price = (double)NAN};
    explain_trigger(&status, &entry, words);
    const char *at = strstr(words, "Your ");
    return at == NULL ? "" : at;
}

static void the_alternative_is_what_the_own_trigger_would_have_done(void **state)
{
    (void)state;
    assert_string_equal(alternative(500, 0.4),
                        "Your 2 s trigger would have fired 1.5 s later: these events would have waited 2 min "
                        "more in sum, and others would have joined them.");
    /* It would have taken a part of them already. */
    assert_string_equal(alternative(500, 0.9),
                        "Your 2 s trigger would have fired 500 ms before, for those of them that had come by "
                        "then, and again 1.5 s later for the others.");
    assert_string_equal(alternative(0, 1.5), "Your 2 s trigger would have fired at the same time.");
    assert_string_equal(alternative(2, 1.5), "Your 2 s trigger would have fired at the same time.");
    assert_string_equal(alternative(1998, 1.5), "Your 2 s trigger would have fired at the same time.");
    assert_string_equal(alternative(0, 2.49),
                        "Your 2 s trigger would have fired 2 s before, for those of them that had come by "
                        "then, and again at the same time for the others.");
    assert_string_equal(alternative(500, -1), "Your 2 s trigger would have fired 1.5 s later.");
}

static const char *sample_of(const char *name)
{
    static char line[512];
    const char *at = strstr(text, name);
    assert_non_null(at);
    size_t length = strcspn(at, "\n");
    assert_true(length < sizeof line);
    memcpy(line, at, length);
    line[length] = '\0';
    return line;
}

static void metrics_count_and_escape(void **state)
{
    (void)state;
    live_through("a \"b\"\\\n", 40, 2);
    static metrics_row_t row;
    metrics_row_of(store.queries[0], &row);
    metrics_host_t host = {.predictor_requests = 3, .predictor_uptime_s = 2};
    size_t length = metrics_write(&row, 1, &host, text, sizeof text);
    assert_true(length > 0);
    assert_string_equal(text + length - 6, "# EOF\n");
    assert_string_equal(sample_of("adaptivestream_batches_total"),
                        "adaptivestream_batches_total{query=\"a \\\"b\\\"\\\\\\n\"} 40");
    sample_of("adaptivestream_shadow_waited_seconds_total{query=\"a \\\"b\\\"\\\\\\n\"} 5000");
    sample_of("adaptivestream_triggers_total{query=\"a \\\"b\\\"\\\\\\n\",reason=\"price\"} 40");
    sample_of("adaptivestream_batch_seconds_bucket{query=\"a \\\"b\\\"\\\\\\n\",le=\"0.05\"} 40");
    sample_of("adaptivestream_batch_seconds_count{query=\"a \\\"b\\\"\\\\\\n\"} 40");
    sample_of("adaptivestream_predictor_requests_total 3");
    /* What does not fit is said, at every size, and nothing is written beyond. */
    for (size_t size = 1; size < length; size += 97) {
        text[size] = '@';
        assert_int_equal(metrics_write(&row, 1, &host, text, size), 0);
        assert_int_equal(text[size], '@');
    }
}

static void a_report_that_does_not_fit_says_so(void **state)
{
    (void)state;
    live_through("clicks", 40, 2);
    size_t length = report_series(store.queries[0], 120 * SECOND, 0, store.now_ms, text, sizeof text);
    assert_true(length > 0);
    for (size_t size = 0; size < length; size += 997)
        assert_int_equal(report_series(store.queries[0], 120 * SECOND, 0, store.now_ms, text, size), 0);
    assert_true(report_series(store.queries[0], 120 * SECOND, 0, store.now_ms, text, length + 2) > 0);
    json_reader_t json;
    json_read_begin(&json, text, length);
    json_read_skip(&json);
    assert_true(json_read_end(&json));
}

/* A stretch of long ago is told from the finest level that still has it. */
static void a_stretch_of_the_past_is_told_from_what_still_holds_it(void **state)
{
    (void)state;
    live_through("clicks", 40, 2);
    store_query_t *query = store.queries[0];
    const int64_t end_ms = store.now_ms - 20 * SECOND;
    assert_int_equal(store_level(query, end_ms - 40 * SECOND, 40 * SECOND), 0);
    const savings_t now = store_savings(query, end_ms, 40 * SECOND);
    assert_true(now.own_batches > 15 && now.own_batches < 25);
    for (int i = 0; i < 600; i++) /* ten minutes on, in which the finest level is written over */
        history_add(&query->history, store.now_ms + i * SECOND, COLUMN_ARRIVED, 1);
    query->last_ms += 600 * SECOND;
    assert_int_equal(store_level(query, end_ms - 40 * SECOND, 40 * SECOND), 1);
    const savings_t then = store_savings(query, end_ms, 40 * SECOND);
    assert_in_range((int)then.own_batches, (int)now.own_batches - 1, (int)now.own_batches + 1);
    assert_true(report_series(query, 40 * SECOND, 0, end_ms, text, sizeof text) > 0);
    assert_non_null(strstr(text, "\"width_ms\":2000,"));
}

static void changes_are_noted_with_their_origin(void **state)
{
    (void)state;
    begin("clicks", noon);
    tell();
    begin("orders", noon);
    tell();
    change_t change = {
        .has_goal = true, .goal = GOAL_LATENCY, .has_budget = true, .budget = 1.25, .origin = "page"};
    store_note_change(&store, "orders", &change, noon + 5);
    assert_null(store_changed(store_find(&store, "clicks"), 0));
    const logged_change_t *noted = store_changed(store_find(&store, "orders"), 0);
    assert_string_equal(noted->what, "goal latency, budget 1.25");
    assert_string_equal(noted->origin, "page");
    store_note_change(&store, "*", &change, noon + 6);
    assert_non_null(store_changed(store_find(&store, "clicks"), 0));
}

/* The agent follows its config file by itself; what somebody has asked us is noted when he asks. */
static void changes_that_are_only_told_are_noted_once(void **state)
{
    (void)state;
    begin("clicks", noon);
    observed_config_t *config = &observation.status.config;
    observation.status.has_config = true;
    strcpy(config->mode, "active");
    strcpy(config->goal, "balanced");
    strcpy(config->origin, "options");
    config->budget = 1;
    tell();
    const store_query_t *query = store_find(&store, "clicks");
    assert_null(store_changed(query, 0));
    strcpy(config->goal, "cost");
    strcpy(config->origin, "file");
    tell();
    tell(); /* to a predictor that was away for a moment */
    assert_string_equal(store_changed(query, 0)->what, "goal cost");
    assert_string_equal(store_changed(query, 0)->origin, "file");
    assert_null(store_changed(query, 1));
    config->budget = 0.5;
    tell();
    assert_string_equal(store_changed(query, 0)->what, "budget 0.5");
    const change_t asked = {.has_mode = true, .mode = MODE_MONITORING, .origin = "page"};
    store_note_change(&store, "clicks", &asked, noon);
    observation.status.time_ms += 3600 * SECOND; /* after a long batch */
    strcpy(config->mode, "monitoring");
    strcpy(config->origin, "page");
    tell();
    assert_int_equal(query->changed, 3);
    /* In a journal a goal's run starts in nobody's name, then whose word it was is told. */
    strcpy(config->goal, "strict");
    strcpy(config->origin, "");
    tell();
    assert_int_equal(query->changed, 3);
    strcpy(config->origin, "cli");
    tell();
    assert_string_equal(store_changed(query, 0)->what, "goal strict");
    assert_string_equal(store_changed(query, 0)->origin, "cli");
    strcpy(config->origin, "options"); /* the query was started anew */
    strcpy(config->goal, "balanced");
    tell();
    assert_int_equal(query->changed, 4);
}

/* ------------------------------------------------------------------------------------------------ guard */

static void only_names_of_this_machine_are_answered(void **state)
{
    (void)state;
    const char *const ours[] = {"127.0.0.1",  "127.0.0.1:9877", "localhost:80",   "LOCALHOST",
                                "[::1]:9877", "[::1]",          "127.0.0.2:9877", "127.255.255.254"};
    const char *const foreign[] = {"",
                                   "evil.example",
                                   "127.0.0.1.evil.example",
                                   "localhost.evil.example:9877",
                                   "127.0.0.1:",
                                   "127.0.0.2.evil.example",
                                   "127.0.0.2.3:80",
                                   "127.1",
                                   "128.0.0.1",
                                   "192.168.0.1:9877",
                                   "127.0.0.1:9877x",
                                   "localhost:123456",
                                   "127.0.0.1 ",
                                   "[::1",
                                   "user@127.0.0.1",
                                   "::1"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        assert_true(guard_host_is_ours(ours[i]));
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        assert_false(guard_host_is_ours(foreign[i]));
}

static void foreign_origins_are_refused(void **state)
{
    (void)state;
    guard_headers_t headers = {.host = "127.0.0.1:9877"};
    assert_null(guard_refusal(&headers));
    headers.origin = "http://127.0.0.1:9877";
    assert_null(guard_refusal(&headers));
    const char *const foreign[] = {"null",
                                   "http://evil.example",
                                   "https://127.0.0.1:9877",
                                   "http://127.0.0.1:9878",
                                   "http://localhost:9877",
                                   ""};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        headers.origin = foreign[i];
        assert_non_null(guard_refusal(&headers));
    }
    headers.origin = NULL;
    headers.fetch_site = "cross-site";
    assert_non_null(guard_refusal(&headers));
    headers.fetch_site = "same-origin";
    assert_null(guard_refusal(&headers));
    headers.host = NULL;
    assert_non_null(guard_refusal(&headers));
}

static void changes_need_origin_and_token(void **state)
{
    (void)state;
    const char *token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    char longer[PROTOCOL_TOKEN_SIZE + 1];
    snprintf(longer, sizeof longer, "%s0", token);
    guard_headers_t headers = {.host = "localhost:9877", .origin = "http://localhost:9877"};
    assert_null(guard_change_refusal(&headers, token, token));
    assert_non_null(guard_change_refusal(&headers, NULL, token));
    assert_non_null(guard_change_refusal(&headers, "", token));
    assert_non_null(guard_change_refusal(&headers, token + 1, token));
    assert_non_null(guard_change_refusal(&headers, longer, token));
    assert_non_null(guard_change_refusal(&headers, token, NULL));
    headers.origin = NULL;
    assert_non_null(guard_change_refusal(&headers, token, token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_all_levels_agree),
        cmocka_unit_test(greatest_values_are_not_summed),
        cmocka_unit_test(old_buckets_make_room_and_late_ones_do_no_harm),
        cmocka_unit_test(what_is_not_finite_is_passed_over),
        cmocka_unit_test(levels_reach_as_far_as_asked),
        cmocka_unit_test(waits_are_the_same_whoever_is_told_first),
        cmocka_unit_test(what_was_taken_before_anybody_listened_is_forgotten),
        cmocka_unit_test(batches_that_are_lost_make_later_waits_no_longer),
        cmocka_unit_test(what_came_just_after_a_trigger_is_its_own),
        cmocka_unit_test(a_long_backlog_is_joined_and_its_waiting_stays),
        cmocka_unit_test(classes_hold_their_upper_bound),
        cmocka_unit_test(percentiles_of_any_stretch_are_known),
        cmocka_unit_test_setup_teardown(the_top_line_says_saving_and_price, set_up, tear_down),
        cmocka_unit_test_setup_teardown(savings_are_sums_of_what_was_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_query_that_starts_again_goes_on_counting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_before_anybody_listened_is_no_last_hour, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_far_ahead_pushes_nothing_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pending_falls_where_a_trigger_took_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_reasons_than_room_are_counted_together, set_up, tear_down),
        cmocka_unit_test(a_trigger_is_told_with_its_figures),
        cmocka_unit_test(the_alternative_is_what_the_own_trigger_would_have_done),
        cmocka_unit_test_setup_teardown(metrics_count_and_escape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_report_that_does_not_fit_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stretch_of_the_past_is_told_from_what_still_holds_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(changes_are_noted_with_their_origin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_that_are_only_told_are_noted_once, set_up, tear_down),
        cmocka_unit_test(only_names_of_this_machine_are_answered),
        cmocka_unit_test(foreign_origins_are_refused),
        cmocka_unit_test(changes_need_origin_and_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
