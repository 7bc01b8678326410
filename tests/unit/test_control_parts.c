/* The parts of the decision law: grid, pending events, batch cost, rate, histogram. */
/* links: control common */
#include "common/histogram.h"
#include "common/random.h"
#include "control/arrival_rate.h"
#include "control/batch_cost.h"
#include "control/grid.h"
#include "control/pending.h"
#include "control/shadow.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "pending_waiting.h"

#include <cmocka.h>

static const int64_t second_ns = INT64_C(1000000000);

static void grid_contains_every_trigger_point(void **state)
{
    (void)state;
    const int64_t triggers_ms[] = {1, 7, 25, 333, 500, 2000, 10001, 60000, 600000};
    random_t random;
    random_seed(&random, 1, 0);
    for (size_t i = 0; i < sizeof triggers_ms / sizeof *triggers_ms; i++) {
        const grid_t grid = grid_make(-12345678, triggers_ms[i] * 1000000, 0);
        for (int k = 0; k < 2000; k++) {
            const int64_t time_ns = (int64_t)random_below(&random, 1ull << 50) - (1ll << 49);
            const int64_t trigger_ns = grid_after(&grid, 1, time_ns),
                          slot_ns = grid_after(&grid, grid.slots, time_ns);
            assert_true(trigger_ns > time_ns && trigger_ns - time_ns <= grid.trigger_ns);
            assert_int_equal((trigger_ns - grid.origin_ns) % grid.trigger_ns, 0);
            assert_true(slot_ns > time_ns && slot_ns <= trigger_ns);
            assert_int_equal(grid_slot_before(&grid, trigger_ns), trigger_ns);
            assert_int_equal(grid_slot_before(&grid, slot_ns), slot_ns);
            assert_true(grid_slot_before(&grid, slot_ns - 1) < slot_ns);
            assert_true(grid_slot_before(&grid, time_ns) <= time_ns);
            assert_int_equal(grid_after(&grid, grid.slots, grid_slot_before(&grid, time_ns)), slot_ns);
        }
    }
}

static void default_slot_is_a_twentieth_within_limits(void **state)
{
    (void)state;
    const int64_t expected_ms[][2] = {{500, 25}, {2000, 100}, {10000, 500}, {600000, 1000}, {100, 25}};
    for (size_t i = 0; i < sizeof expected_ms / sizeof *expected_ms; i++) {
        const grid_t grid = grid_make(0, expected_ms[i][0] * 1000000, 0);
        assert_int_equal(grid_slot_ns(&grid), expected_ms[i][1] * 1000000);
    }
}

typedef struct {
    const grid_t *grid;
    int64_t events, last_ns;
} collected_t;

static void collect(void *context, chunk_t chunk)
{
    collected_t *collected = context;
    assert_true(chunk.events > 0);
    assert_true(chunk.time_ns >= collected->last_ns);
    collected->last_ns = chunk.time_ns;
    collected->events += chunk.events;
}

static void spreading_keeps_whole_events(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 2, 0);
    const grid_t grid = grid_make(0, 2 * second_ns, 0);
    for (int i = 0; i < 5000; i++) {
        const int64_t from_ns = (int64_t)random_below(&random, 100 * (uint64_t)second_ns);
        const int64_t to_ns = from_ns + (int64_t)random_below(&random, 3 * (uint64_t)second_ns);
        const int64_t events = (int64_t)random_below(&random, i % 2 ? 4 : 100000);
        collected_t collected = {.grid = &grid, .last_ns = from_ns};
        spread_events(&grid, from_ns, to_ns, events, collect, &collected);
        assert_int_equal(collected.events, events);
        assert_true(collected.last_ns <= to_ns);
    }
}

static void pending_is_first_in_first_out_and_keeps_the_mean(void **state)
{
    (void)state;
    static pending_t pending;
    static histogram_t waits;
    memset(&pending, 0, sizeof pending);
    memset(&waits, 0, sizeof waits);
    /* Three times more chunks than fit: neighbours are merged, the mean and the oldest event's bound stay. */
    const int64_t last_ns = 3 * PENDING_CHUNKS * second_ns;
    for (int64_t time_ns = 0; time_ns < last_ns; time_ns += second_ns)
        pending_push(&pending, (chunk_t){.time_ns = time_ns, .since_ns = time_ns, .events = 2});
    assert_int_equal(pending.events, 6 * PENDING_CHUNKS);
    assert_int_equal(pending_oldest(&pending)->since_ns, 0);
    pending_take(&pending, pending.events, last_ns, &waits);
    assert_int_equal(waits.total, 6 * PENDING_CHUNKS);
    assert_near(histogram_mean(&waits), (3 * PENDING_CHUNKS + 1) / 2.0, 1e-6);

    const int64_t now_ns = last_ns + 2 * second_ns;
    pending_push(&pending, (chunk_t){.time_ns = last_ns, .since_ns = last_ns, .events = 1});
    pending_push(&pending, (chunk_t){.time_ns = last_ns + second_ns, .since_ns = last_ns, .events = 2});
    pending_push(&pending, (chunk_t){.time_ns = now_ns, .since_ns = last_ns, .events = 5});
    const waiting_t squared = pending_waiting(&pending, now_ns, 2),
                    linear = pending_waiting(&pending, now_ns, 1);
    const waiting_t between = pending_waiting(&pending, now_ns, 1.5);
    assert_near(squared.waiting, 4 + 1 + 1, 1e-9);
    assert_near(squared.growth, 2 * (2 + 1 + 1), 1e-9);
    assert_near(linear.waiting, 4, 1e-9);
    assert_near(linear.growth, 8, 1e-9);
    assert_near(between.waiting, pow(2, 1.5) + 2, 1e-9);
    assert_near(between.growth, 1.5 * (sqrt(2) + 2), 1e-9);
    pending_take(&pending, 2, now_ns, &waits);
    assert_int_equal(pending_oldest(&pending)->time_ns, last_ns + second_ns);
    assert_int_equal(pending.events, 6);
    pending_take(&pending, 100, now_ns, &waits);
    assert_null(pending_oldest(&pending));
}

/* Groups by age against the plain sum, over the time spans of all triggers, now and later. */
static void a_profile_keeps_the_waiting(void **state)
{
    (void)state;
    static pending_t pending;
    random_t random;
    random_seed(&random, 11, 0);
    for (int run = 0; run < 300; run++) {
        memset(&pending, 0, sizeof pending);
        const int chunks = 1 + (int)random_below(&random, PENDING_CHUNKS);
        const int64_t step_ns = (int64_t)pow(10, 6 + 5 * random_uniform(&random));
        int64_t time_ns = 0;
        for (int i = 0; i < chunks; i++) {
            time_ns += step_ns + (int64_t)random_below(&random, (uint64_t)step_ns);
            pending_push(&pending, (chunk_t){.time_ns = time_ns,
                                             .since_ns = time_ns,
                                             .events = (int64_t)random_below(&random, 50)});
        }
        const int64_t now_ns = time_ns + (int64_t)random_below(&random, 3 * (uint64_t)step_ns);
        profile_t profile;
        pending_profile(&pending, now_ns, &profile);
        assert_true(profile.count <= PROFILE_GROUPS);
        for (int k = 0; k < 10; k++) {
            const double p = 1 + 0.25 * (k % 5);
            const double later_s = k < 5 ? 0 : 1e-9 * (double)step_ns * 40;
            const double from_s = 1e-9 * (double)step_ns * 20, slope = p * pow(from_s, p - 1);
            double waiting = 0, growth = 0, over = 0;
            for (int i = 0; i < pending.length; i++) {
                const chunk_t *chunk = &pending.chunks[(pending.head + i) % PENDING_CHUNKS];
                const double age_s = (double)(now_ns - chunk->time_ns) * 1e-9 + later_s;
                waiting += (double)chunk->events * pow(age_s, p);
                growth += p * (double)chunk->events * pow(age_s, p - 1);
                over += slope * (double)chunk->events * fmax(0, age_s - from_s);
            }
            const waiting_t grouped = profile_waiting(&profile, later_s, p);
            assert_near(grouped.waiting, waiting, 0.005 * waiting + 1e-12);
            assert_near(grouped.growth, growth, 0.005 * growth + 1e-12);
            const waiting_t tail = profile_tail(&profile, later_s, p, from_s);
            assert_near(tail.waiting, over, 0.01 * waiting + 1e-12);
            assert_true(tail.growth <= slope * (double)pending.events * (1 + 1e-9));
        }
    }
}

static void batch_cost_is_monotone_and_robust(void **state)
{
    (void)state;
    static batch_cost_t cost;
    memset(&cost, 0, sizeof cost);
    assert_true(batch_cost_seconds(&cost, 100) == 0);
    random_t random;
    random_seed(&random, 3, 0);
    /* 5 s of JIT warm-up, then 0.2 s + 20 us an event; every tenth batch compacts for 4 s; the smallest are
     * slow. */
    for (int i = 0; i < 400; i++) {
        const int64_t events = 1ll << random_below(&random, 16);
        double seconds = 0.2 + 20e-6 * (double)events;
        if (events < 4) seconds = 0.9;
        if (i % 10 == 3) seconds = 4;
        if (i < 5) seconds = 5;
        batch_cost_observe(&cost, events, seconds);
    }
    double last = 0;
    for (int64_t events = 1; events < 200000; events += 1 + events / 10) {
        const double seconds = batch_cost_seconds(&cost, events);
        assert_true(seconds >= last);
        last = seconds;
    }
    assert_in_range((int)(1000 * batch_cost_seconds(&cost, 32768 * 1.414)), 600, 1300);
    const cost_line_t line = batch_cost_line(&cost);
    assert_true(line.per_event_s > 5e-6 && line.per_event_s < 40e-6);
    batch_cost_observe(&cost, 0, 1);
    batch_cost_observe(&cost, 10, NAN);
    batch_cost_observe(&cost, 10, -1);
    batch_cost_observe(&cost, INT64_MAX, 1e9);
    assert_true(isfinite(batch_cost_seconds(&cost, INT64_MAX)));
}

/* As a sparse stream's on Kafka: three events take longer than one, a thousand take the time of none of them. */
static void a_quick_large_batch_proves_small_ones_wrong(void **state)
{
    (void)state;
    static batch_cost_t cost;
    memset(&cost, 0, sizeof cost);
    for (int i = 0; i < 9; i++)
        batch_cost_observe(&cost, 1 + 4 * (i % 2), i % 2 ? 1.1 : 0.6);
    cost_line_t line = batch_cost_line(&cost);
    assert_true(line.per_event_s > 0.1 && line.largest_events == 5);
    batch_cost_observe(&cost, 500, 0.2);
    line = batch_cost_line(&cost);
    assert_true(line.per_event_s < 0.00041 && line.largest_events == 500);
}

static void rate_blend_follows_a_burst_fast_and_forgets_slowly(void **state)
{
    (void)state;
    arrival_rate_t rate = {{0}, {0}};
    assert_true(arrival_rate_blend(&rate, 1) > 0);
    for (int i = 0; i < 6000; i++)
        arrival_rate_observe(&rate, 20, second_ns / 10);
    const double steady = arrival_rate_blend(&rate, 1);
    assert_true(fabs(steady - 200 * 1.01) < 1);
    for (int i = 0; i < 10; i++)
        arrival_rate_observe(&rate, 400, second_ns / 10);
    const double burst = arrival_rate_blend(&rate, 1);
    assert_true(burst > 3 * steady && burst < 4000);
    for (int i = 0; i < 10; i++)
        arrival_rate_observe(&rate, 0, second_ns / 10);
    assert_true(arrival_rate_blend(&rate, 1) > 10);
    /* Without the quick average the end of the burst is seen later. */
    assert_true(arrival_rate_blend(&rate, 0) > 3 * arrival_rate_blend(&rate, 1));
    /* One observation cut into pieces tells the same. */
    arrival_rate_t whole = {{0}, {0}}, pieces = {{0}, {0}};
    arrival_rate_observe(&whole, 1000, second_ns);
    for (int i = 0; i < 10; i++)
        arrival_rate_observe(&pieces, 100, second_ns / 10);
    assert_near(arrival_rate_blend(&whole, 1), arrival_rate_blend(&pieces, 1), 1e-6);
}

static void histogram_quantiles_are_within_a_class(void **state)
{
    (void)state;
    static histogram_t histogram;
    memset(&histogram, 0, sizeof histogram);
    assert_true(histogram_quantile(&histogram, 0.5) == 0);
    for (int i = 1; i <= 10000; i++)
        histogram_add(&histogram, i * 1e-3, 3);
    for (int percent = 1; percent < 100; percent++) {
        const double exact = percent * 0.1, found = histogram_quantile(&histogram, percent / 100.0);
        assert_true(fabs(found - exact) <= exact / HISTOGRAM_PER_OCTAVE + 1e-3);
    }
    assert_near(histogram_mean(&histogram), 5.0005, 1e-9);
    assert_near(histogram_quantile(&histogram, 1), 10, 1e-9);
    histogram_add(&histogram, -1, 1);
    histogram_add(&histogram, 1e300, 1);
    assert_near(histogram.max_s, 1e300, 1e290);
}

/* Events every tenth of a second up to until_ns, and the shadow's batches meanwhile. */
static int64_t shadow_until(shadow_t *shadow, const grid_t *grid, const batch_cost_t *cost, int64_t from_ns,
                            int64_t until_ns, int held_up[2])
{
    int64_t now_ns = from_ns;
    for (; now_ns < until_ns; now_ns += second_ns / 10) {
        shadow_arrive(shadow, (chunk_t){.time_ns = now_ns, .since_ns = now_ns, .events = 4});
        while (shadow_advance(shadow, grid, cost, 0, now_ns))
            held_up[shadow->last_held_up]++;
    }
    return now_ns;
}

/* Batches of 2.2 s hold up the ones after them, up to a pause, a start or a move of the grid. */
static void shadow_says_what_was_held_up(void **state)
{
    (void)state;
    const grid_t grid = grid_make(0, 2 * second_ns, 0), moved = grid_make(second_ns / 2, 2 * second_ns, 0);
    batch_cost_t cost = {0};
    shadow_t *shadow = calloc(1, sizeof *shadow);
    assert_non_null(shadow);
    for (int i = 0; i < 50; i++)
        batch_cost_observe(&cost, 80 + i % 3, 2.2);
    int held_up[2] = {0};
    shadow_start(shadow, &grid, 0);
    int64_t now_ns = shadow_until(shadow, &grid, &cost, second_ns / 10, 60 * second_ns, held_up);
    assert_true(held_up[false] == 1 && held_up[true] >= 20);
    assert_true(shadow->held_up && shadow->next_ns % grid.trigger_ns != 0);
    shadow_align(shadow, &moved, now_ns);
    assert_int_equal((shadow->next_ns - moved.origin_ns) % moved.trigger_ns, 0);
    now_ns = shadow_until(shadow, &moved, &cost, now_ns, 90 * second_ns, held_up);
    assert_int_equal(held_up[false], 2);
    shadow_until(shadow, &moved, &cost, now_ns + 30 * second_ns, 150 * second_ns, held_up);
    assert_int_equal(held_up[false], 3);
    assert_true(shadow->held_up);
    shadow_start(shadow, &grid, 150 * second_ns);
    assert_true(!shadow->held_up && shadow->pending.events == 0);
    free(shadow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shadow_says_what_was_held_up),
        cmocka_unit_test(grid_contains_every_trigger_point),
        cmocka_unit_test(default_slot_is_a_twentieth_within_limits),
        cmocka_unit_test(spreading_keeps_whole_events),
        cmocka_unit_test(pending_is_first_in_first_out_and_keeps_the_mean),
        cmocka_unit_test(a_profile_keeps_the_waiting),
        cmocka_unit_test(batch_cost_is_monotone_and_robust),
        cmocka_unit_test(a_quick_large_batch_proves_small_ones_wrong),
        cmocka_unit_test(rate_blend_follows_a_burst_fast_and_forgets_slowly),
        cmocka_unit_test(histogram_quantiles_are_within_a_class),
    };
    return cmocka_run_group_tests_name("control parts", tests, NULL, NULL);
}
