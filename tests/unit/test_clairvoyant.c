/* The clairvoyant against every schedule there is, on small instances; and that nothing beats its bound on larger ones. */
/* links: benchmark traffic common */
#include "benchmark/clairvoyant.h"

#include "common/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "at_price.h"
#include "near.h"
#include "poisson.h"

#include <cmocka.h>

/* Small instances: half a slot is a second, so that waiting in half-slots is waiting in seconds. */
enum { SMALL = 10, LATEST = 80, SLOT_S = 2, INSTANCES = 10000, MEDIUM = 80, LONGEST_BUSY = 60, LARGE = 3000 };
#define SLOT_NS INT64_C(2000000000)

typedef struct {
    int64_t counts[SMALL];
    slots_t slots;
    clairvoyant_cost_t cost;
    int64_t busy[4 * SMALL + 1]; /* slots, by events */
    double least[SMALL + 2];     /* waiting by number of batches; INFINITY: there is no such schedule */
} small_t;

/* Every schedule that goes on after a batch at `from` that occupies the job until `free`. */
static void try_all(small_t *small, int batches, int64_t from, int64_t free, int64_t taken, double waited)
{
    if (taken == small->slots.events) {
        small->least[batches] = fmin(small->least[batches], waited);
        return;
    }
    for (int64_t j = free > from ? free : from + 1; j <= LATEST; j++) {
        int64_t events = 0, waits = 0;
        for (int64_t s = from; s < j && s < (int64_t)small->slots.count; s++) {
            events += small->counts[s];
            waits += small->counts[s] * (2 * (j - s) - 1);
        }
        if (events == 0) continue;
        try_all(small, batches + 1, j, j + small->busy[events], taken + events, waited + (double)waits);
        /* All has come: a later start would only be worse. */
        if (j >= (int64_t)small->slots.count) break;
    }
}

static void make_small(random_t *random, small_t *small)
{
    static const double fixed[] = {0, 0, 0.5, 1, 1, 1.5, 2, 3, 4},
                        per_event[] = {0, 0, 0.1, 0.25, 0.5, 1, 1.5};
    *small = (small_t){
        .cost = {SLOT_S * fixed[random_below(random, 9)], SLOT_S * per_event[random_below(random, 7)]}};
    small->slots =
        (slots_t){.counts = small->counts, .count = 1 + random_below(random, SMALL), .slot_ns = SLOT_NS};
    const uint64_t quiet = random_below(random, 4), most = 1 + random_below(random, 4);
    for (size_t i = 0; i < small->slots.count; i++) {
        small->counts[i] = random_below(random, 4) < quiet ? 0 : (int64_t)random_below(random, most + 1);
        small->slots.events += small->counts[i];
    }
    for (int events = 1; events <= 4 * SMALL; events++)
        small->busy[events] =
            (int64_t)ceil((small->cost.fixed_s + small->cost.per_event_s * events) / SLOT_S - 1e-9);
    for (int batches = 0; batches < SMALL + 2; batches++)
        small->least[batches] = INFINITY;
    try_all(small, 0, 0, 0, 0, 0);
}

static void assert_feasible(const slots_t *slots, const clairvoyant_cost_t *cost, const schedule_t *schedule)
{
    int64_t free = 0, taken = 0;
    size_t from = 0;
    double waited_s = 0;
    for (size_t i = 0; i < schedule->batches; i++) {
        const size_t start = schedule->starts[i];
        int64_t events = 0;
        assert_true(start > from && (int64_t)start >= free);
        for (size_t s = from; s < start && s < slots->count; s++) {
            events += slots->counts[s];
            waited_s +=
                (double)slots->counts[s] * ((double)(start - s) - 0.5) * (double)slots->slot_ns * 1e-9;
        }
        assert_true(events > 0);
        taken += events;
        free = (int64_t)start + batch_slots(cost->fixed_s, cost->per_event_s, events, slots->slot_ns);
        from = start;
    }
    assert_int_equal(taken, slots->events);
    assert_near(schedule_waited_s(schedule, slots), waited_s, 1e-9 * waited_s);
}

static void test_busy_slots(void **state)
{
    (void)state;
    assert_int_equal(batch_slots(0, 0, 5, 100000000), 0);
    assert_int_equal(batch_slots(0.3, 0, 5, 100000000), 3);
    assert_int_equal(batch_slots(0.3, 0.001, 1, 100000000), 4);
    assert_int_equal(batch_slots(0.3, 0.001, 100, 100000000), 4);
    assert_int_equal(batch_slots(0.3, 0.001, 101, 100000000), 5);
    assert_true(batch_slots(1e300, 0, 1, 1) > INT64_C(1) << 60);
}

static void test_prices_against_every_schedule(void **state)
{
    (void)state;
    static const double prices[] = {0, 0.5, 1, 2, 3, 4, 5, 7, 8, 12, 20, 50, 200, 1e9, INFINITY};
    random_t random;
    random_seed(&random, 1, 0);
    for (int i = 0; i < INSTANCES; i++) {
        small_t small;
        make_small(&random, &small);
        for (size_t k = 0; k < sizeof prices / sizeof *prices; k++) {
            const double price = fmin(prices[k], 1e12); /* of the costs worked out here */
            int fewest = 0;
            for (int batches = 1; batches < SMALL + 2; batches++)
                if (small.least[batches] + price * batches < small.least[fewest] + price * fewest)
                    fewest = batches;
            schedule_t schedule;
            assert_true(clairvoyant_at_price(&small.slots, &small.cost, prices[k], &schedule));
            assert_feasible(&small.slots, &small.cost, &schedule);
            assert_int_equal(schedule.batches, fewest);
            assert_near(schedule_waited_s(&schedule, &small.slots), small.least[fewest], 1e-9);
            schedule_free(&schedule);
        }
    }
}

/* The lower hull of what every number of batches makes possible, at one of them. */
static double hull_at(const double *least, int batches)
{
    double hull = INFINITY;
    for (int few = 0; few <= batches; few++) {
        hull = fmin(hull, least[few]);
        for (int many = batches + 1; many < SMALL + 2; many++)
            hull = fmin(hull, least[few] + (least[many] - least[few]) * (batches - few) / (many - few));
    }
    return hull;
}

static void test_bound_against_every_schedule(void **state)
{
    (void)state;
    random_t random;
    int loose = 0, tight = 0;
    random_seed(&random, 2, 0);
    for (int i = 0; i < INSTANCES; i++) {
        small_t small;
        make_small(&random, &small);
        for (int batches = -1; batches < SMALL + 2; batches++) {
            const int allowed = small.slots.events == 0 ? 0 : batches < 1 ? 1 : batches;
            schedule_t schedule;
            double bound_s, least = INFINITY;
            assert_true(clairvoyant_within(&small.slots, &small.cost, batches, &schedule, &bound_s));
            assert_feasible(&small.slots, &small.cost, &schedule);
            assert_true((int)schedule.batches <= allowed);
            for (int few = 0; few <= allowed; few++)
                least = fmin(least, small.least[few]);
            assert_true(bound_s <= least + 1e-9);
            assert_near(bound_s, hull_at(small.least, allowed), 1e-9);
            /* What was found is a corner of the hull, the last one up to here. */
            assert_near(schedule_waited_s(&schedule, &small.slots),
                        hull_at(small.least, (int)schedule.batches), 1e-9);
            assert_true((int)schedule.batches < allowed ||
                        schedule_waited_s(&schedule, &small.slots) == bound_s);
            *(least > bound_s + 1e-9 ? &loose : &tight) += 1;
            schedule_free(&schedule);
        }
    }
    print_message("bounds met by a schedule: %d, not: %d\n", tight, loose);
    assert_true(loose > 0 && tight > INSTANCES); /* both kinds were seen */
}

/* The least cost by a table of every (start, free from), nothing left out. */
static double least_by_table(const slots_t *slots, const clairvoyant_cost_t *cost, double price_s)
{
    static double best[MEDIUM + 1][MEDIUM + LONGEST_BUSY + 1];
    const double half_slot_s = (double)slots->slot_ns * 0.5e-9;
    double least = INFINITY;
    for (int j = 0; j <= MEDIUM; j++)
        for (int free = 0; free <= MEDIUM + LONGEST_BUSY; free++)
            best[j][free] = j + free == 0 ? 0 : INFINITY;
    for (int i = 0; i < MEDIUM; i++) {
        for (int free = i; free <= MEDIUM + LONGEST_BUSY; free++) {
            if (!isfinite(best[i][free])) continue;
            int64_t events = 0, halves = 0;
            for (int j = i + 1; j <= (free > MEDIUM ? free : MEDIUM); j++) {
                halves += 2 * events;
                if (j <= MEDIUM) {
                    events += slots->counts[j - 1];
                    halves += slots->counts[j - 1];
                }
                if (events == 0 || j < free) continue;
                const double total = best[i][free] + (double)halves * half_slot_s + price_s;
                if (j >= MEDIUM) {
                    least = fmin(least, total);
                } else {
                    const int64_t until =
                        j + batch_slots(cost->fixed_s, cost->per_event_s, events, slots->slot_ns);
                    assert_true(until <= MEDIUM + LONGEST_BUSY);
                    best[j][until] = fmin(best[j][until], total);
                }
            }
        }
    }
    return least;
}

static void test_prices_against_a_table(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 5, 0);
    int64_t counts[MEDIUM];
    for (int i = 0; i < 300; i++) {
        slots_t slots = {.counts = counts, .count = MEDIUM, .slot_ns = 100000000};
        const uint64_t quiet = random_below(&random, 4), most = 1 + random_below(&random, 50);
        for (int k = 0; k < MEDIUM; k++)
            slots.events += counts[k] =
                random_below(&random, 4) < quiet ? 0 : (int64_t)random_below(&random, most);
        counts[MEDIUM - 1]++, slots.events++; /* the table is for an end that is no idle one */
        const double busy_s = (LONGEST_BUSY - 3) * 0.1 * pow(random_uniform(&random), 2);
        const double part = random_uniform(&random);
        const clairvoyant_cost_t cost = {busy_s * part, busy_s * (1 - part) / (double)slots.events};
        const double price_s = 20 * pow(random_uniform(&random), 3) * (double)most;
        schedule_t schedule;
        assert_true(clairvoyant_at_price(&slots, &cost, price_s, &schedule));
        assert_feasible(&slots, &cost, &schedule);
        const double least = least_by_table(&slots, &cost, price_s);
        assert_near(schedule_waited_s(&schedule, &slots) + price_s * (double)schedule.batches, least,
                    1e-6 + 1e-9 * least);
        schedule_free(&schedule);
    }
}

/* Bursts, steady times and silence. */
static void make_large(random_t *random, int64_t *counts, slots_t *slots)
{
    *slots = (slots_t){.counts = counts, .count = LARGE, .slot_ns = 100000000};
    double rate = 0;
    for (size_t i = 0; i < LARGE; i++) {
        if (random_below(random, 100) == 0) rate = fmax(0, 40 * random_uniform(random) - 10);
        counts[i] = (int64_t)poisson(random, random_below(random, 200) == 0 ? 300 : rate);
        slots->events += counts[i];
    }
}

/* The job's own trigger, every `interval` slots: the sum of its waits and its batches. */
static double fixed_trigger(const slots_t *slots, const clairvoyant_cost_t *cost, int64_t interval,
                            int64_t *batches)
{
    double waited_s = 0;
    int64_t from = 0, at = interval;
    *batches = 0;
    while (from < (int64_t)slots->count) {
        int64_t events = 0;
        for (int64_t s = from; s < at && s < (int64_t)slots->count; s++) {
            events += slots->counts[s];
            waited_s += (double)slots->counts[s] * ((double)(at - s) - 0.5) * (double)slots->slot_ns * 1e-9;
        }
        *batches += events > 0;
        const int64_t free =
            events > 0 ? at + batch_slots(cost->fixed_s, cost->per_event_s, events, slots->slot_ns) : at;
        from = at;
        at = free > at + interval ? free : at + interval;
    }
    return waited_s;
}

static void test_a_fixed_trigger_never_beats_the_bound(void **state)
{
    (void)state;
    static const clairvoyant_cost_t costs[] = {{0, 0}, {0.3, 0}, {0.25, 1e-4}, {0.1, 0.005}, {0.5, 0.02}};
    static int64_t counts[LARGE];
    random_t random;
    random_seed(&random, 3, 0);
    for (int i = 0; i < 20; i++) {
        slots_t slots;
        make_large(&random, counts, &slots);
        for (size_t k = 0; k < sizeof costs / sizeof *costs; k++) {
            const int64_t interval = 1 + (int64_t)random_below(&random, 60);
            int64_t batches;
            double bound_s;
            schedule_t schedule;
            const double waited_s = fixed_trigger(&slots, &costs[k], interval, &batches);
            assert_true(clairvoyant_within(&slots, &costs[k], batches, &schedule, &bound_s));
            assert_feasible(&slots, &costs[k], &schedule);
            assert_true((int64_t)schedule.batches <= batches);
            assert_true(bound_s <= waited_s * (1 + 1e-12) &&
                        bound_s <= schedule_waited_s(&schedule, &slots) * (1 + 1e-12));
            assert_true(bound_s > 0.2 * waited_s); /* a bound to speak of */
            schedule_free(&schedule);
        }
    }
}

/* With ever more batches allowed the bound falls, ever slower, and meets every corner. */
static void test_the_hull_is_convex(void **state)
{
    (void)state;
    static int64_t counts[LARGE];
    const clairvoyant_cost_t cost = {0.3, 0.001};
    double before = INFINITY, fall = INFINITY;
    slots_t slots;
    random_t random;
    random_seed(&random, 4, 0);
    make_large(&random, counts, &slots);
    for (int64_t batches = 90; batches < 130; batches++) {
        schedule_t schedule;
        double bound_s, at_corner_s;
        assert_true(clairvoyant_within(&slots, &cost, batches, &schedule, &bound_s));
        assert_true(bound_s <= before && before - bound_s <= fall * (1 + 1e-9));
        if (isfinite(before)) fall = before - bound_s;
        before = bound_s;
        const int64_t corner = (int64_t)schedule.batches;
        const double waited_s = schedule_waited_s(&schedule, &slots);
        schedule_free(&schedule);
        assert_true(clairvoyant_within(&slots, &cost, corner, &schedule, &at_corner_s));
        assert_true(at_corner_s == waited_s && schedule.batches == (size_t)corner);
        schedule_free(&schedule);
    }
}

static void test_nothing_and_next_to_nothing(void **state)
{
    (void)state;
    const clairvoyant_cost_t cost = {0.3, 0.001};
    schedule_t schedule = {.batches = 7};
    double bound_s = 7;
    slots_t slots = {.slot_ns = 100000000};
    assert_true(clairvoyant_within(&slots, &cost, 5, &schedule, &bound_s));
    assert_true(schedule.batches == 0 && schedule_waited_s(&schedule, &slots) == 0 && bound_s == 0);
    schedule_free(&schedule);
    int64_t counts[100] = {0};
    slots.counts = counts;
    slots.count = 100;
    assert_true(clairvoyant_at_price(&slots, &cost, 1, &schedule));
    assert_true(schedule.batches == 0 && schedule_waited_s(&schedule, &slots) == 0);
    schedule_free(&schedule);
    counts[99] = slots.events = 1;
    for (int64_t batches = -5; batches < 5; batches++) {
        assert_true(clairvoyant_within(&slots, &cost, batches, &schedule, &bound_s));
        assert_true(schedule.batches == 1 && schedule.starts[0] == 100);
        assert_near(schedule_waited_s(&schedule, &slots), 0.05, 1e-15);
        assert_true(bound_s == schedule_waited_s(&schedule, &slots));
        schedule_free(&schedule);
    }
}

/* A batch that the job is too busy for before the end: the first one is worth it only with few events in it. */
static void test_a_batch_past_the_end(void **state)
{
    (void)state;
    int64_t counts[] = {1000, 1};
    const slots_t slots = {.counts = counts, .count = 2, .slot_ns = 1000000000, .events = 1001};
    schedule_t schedule;
    assert_true(clairvoyant_at_price(&slots, &(clairvoyant_cost_t){0, 0.005}, 1, &schedule));
    assert_int_equal(schedule.batches, 2);
    assert_true(schedule.starts[0] == 1 && schedule.starts[1] == 6); /* 1000 * 1 against 1 * 4 half-slots */
    assert_near(schedule_waited_s(&schedule, &slots), 504.5, 1e-9);
    schedule_free(&schedule);
    assert_true(clairvoyant_at_price(&slots, &(clairvoyant_cost_t){0, 2}, 1, &schedule));
    assert_true(schedule.batches == 1 && schedule.starts[0] == 2);
    schedule_free(&schedule);
}

static void test_what_is_out_of_range_is_refused(void **state)
{
    (void)state;
    int64_t counts[] = {3, INT64_C(1) << 40, 0, 5};
    slots_t slots = {.counts = counts, .count = 4, .slot_ns = 100000000};
    const clairvoyant_cost_t wrong[] = {{-1, 0}, {0, -1}, {NAN, 0}, {0, NAN}, {INFINITY, 0}, {0, INFINITY}};
    const clairvoyant_cost_t good = {1e300, 1e-300};
    schedule_t schedule;
    double bound_s;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(clairvoyant_at_price(&slots, &wrong[i], 1, &schedule));
        assert_false(clairvoyant_within(&slots, &wrong[i], 1, &schedule, &bound_s));
        assert_true(schedule.starts == NULL && schedule.batches == 0);
    }
    assert_false(clairvoyant_at_price(&slots, &good, -1, &schedule));
    assert_false(clairvoyant_at_price(&slots, &good, NAN, &schedule));
    assert_true(clairvoyant_within(&slots, &good, 3, &schedule, &bound_s)); /* no second batch, ever */
    assert_int_equal(schedule.batches, 1);
    schedule_free(&schedule);
    counts[0] = INT64_C(1) << 59;
    assert_false(clairvoyant_at_price(&slots, &good, 1, &schedule));
    counts[0] = -1;
    assert_false(clairvoyant_at_price(&slots, &good, 1, &schedule));
    counts[0] = 3;
    slots.slot_ns = 0;
    assert_false(clairvoyant_at_price(&slots, &good, 1, &schedule));
}

/* The largest that is taken: sums of 2^124. */
static void test_large_numbers(void **state)
{
    (void)state;
    int64_t counts[64];
    slots_t slots = {.counts = counts, .count = 64, .slot_ns = 1};
    for (int i = 0; i < 64; i++)
        slots.events += counts[i] = INT64_C(1) << 48;
    schedule_t schedule;
    double bound_s;
    for (int64_t batches = 1; batches <= 64; batches *= 2) {
        assert_true(clairvoyant_within(&slots, &(clairvoyant_cost_t){0}, batches, &schedule, &bound_s));
        assert_feasible(&slots, &(clairvoyant_cost_t){0}, &schedule);
        assert_int_equal(schedule.batches, batches);
        assert_near(bound_s, (double)slots.events * 32e-9 / (double)batches, 1e-9 * bound_s);
        schedule_free(&schedule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_busy_slots),
        cmocka_unit_test(test_prices_against_every_schedule),
        cmocka_unit_test(test_bound_against_every_schedule),
        cmocka_unit_test(test_prices_against_a_table),
        cmocka_unit_test(test_a_fixed_trigger_never_beats_the_bound),
        cmocka_unit_test(test_the_hull_is_convex),
        cmocka_unit_test(test_nothing_and_next_to_nothing),
        cmocka_unit_test(test_a_batch_past_the_end),
        cmocka_unit_test(test_what_is_out_of_range_is_refused),
        cmocka_unit_test(test_large_numbers),
    };
    return cmocka_run_group_tests_name("clairvoyant", tests, NULL, NULL);
}
