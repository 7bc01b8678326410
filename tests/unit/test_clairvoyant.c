/* The bound against all schedules there are, on instances small enough to try them all. */
/* links: benchmark control traffic common */
#include "benchmark/clairvoyant.h"
#include "common/random.h"
#include "near.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST_SLOTS = 8, MOST_OCCUPIED = 4, BOUNDARIES = MOST_SLOTS + MOST_OCCUPIED + 1 };

static const int64_t slot_ns = 100000000;

/* Least waiting of all schedules with so many batches, event-seconds; INFINITY where there is none. */
typedef struct {
    double waited_s[BOUNDARIES];
} optimum_t;

/* The waits of a schedule given as a set of boundaries; false where it cannot be: a batch without events, a batch while
 * another runs, events that are never taken. */
static bool try_schedule(const slots_t *slots, const clairvoyant_cost_t *cost, unsigned set, double *waited_s,
                         int *batches)
{
    size_t taken = 0, free_from = 0;
    *waited_s = 0;
    *batches = 0;
    for (size_t boundary = 1; boundary < BOUNDARIES; boundary++) {
        if (!(set >> boundary & 1)) continue;
        if (boundary < free_from) return false;
        int64_t events = 0;
        for (; taken < boundary && taken < slots->count; taken++) {
            events += slots->counts[taken];
            *waited_s += (double)slots->counts[taken] * ((double)(boundary - taken) - 0.5) * 0.1;
        }
        if (events == 0) return false;
        free_from = boundary + batch_slots(cost->fixed_s, cost->per_event_s, events, slot_ns);
        ++*batches;
    }
    for (; taken < slots->count; taken++)
        if (slots->counts[taken] > 0) return false;
    return true;
}

static optimum_t try_all(const slots_t *slots, const clairvoyant_cost_t *cost)
{
    optimum_t best;
    for (size_t i = 0; i < BOUNDARIES; i++)
        best.waited_s[i] = INFINITY;
    for (unsigned set = 0; set < 1u << BOUNDARIES; set += 2) {
        double waited_s;
        int batches;
        if (try_schedule(slots, cost, set, &waited_s, &batches) && waited_s < best.waited_s[batches])
            best.waited_s[batches] = waited_s;
    }
    return best;
}

/* The schedule can be, and its waits are returned. */
static double check(const slots_t *slots, const clairvoyant_cost_t *cost, const schedule_t *schedule)
{
    unsigned set = 0;
    for (size_t i = 0; i < schedule->batches; i++) {
        assert_true(schedule->starts[i] < BOUNDARIES &&
                    (i == 0 || schedule->starts[i] > schedule->starts[i - 1]));
        set |= 1u << schedule->starts[i];
    }
    double waited_s;
    int batches;
    assert_true(try_schedule(slots, cost, set, &waited_s, &batches));
    return waited_s;
}

static void check_prices(const slots_t *slots, const clairvoyant_cost_t *cost, const optimum_t *best)
{
    static const double prices_s[] = {0, 0.05, 0.1, 0.15, 0.3, 0.7, 1, 2, 5, 100};
    for (size_t i = 0; i < sizeof prices_s / sizeof *prices_s; i++) {
        double least = INFINITY;
        for (size_t batches = 0; batches < BOUNDARIES; batches++)
            least = fmin(least, best->waited_s[batches] + prices_s[i] * (double)batches);
        schedule_t schedule;
        assert_true(clairvoyant_at_price(slots, cost, prices_s[i], &schedule));
        assert_near(check(slots, cost, &schedule) + prices_s[i] * (double)schedule.batches, least, 1e-9);
        schedule_free(&schedule);
    }
}

/* The hull of (batches, waiting), at `wanted` batches: the least mean of two schedules, one with at most that many batches
 * and one with at least. */
static double hull(const optimum_t *best, int wanted)
{
    double least = INFINITY;
    for (int few = 0; few <= wanted; few++)
        for (int many = wanted; many < BOUNDARIES; many++) {
            const double share = many > few ? (double)(wanted - few) / (double)(many - few) : 0;
            if (isfinite(best->waited_s[few]) && isfinite(best->waited_s[many]))
                least = fmin(least, best->waited_s[few] * (1 - share) + best->waited_s[many] * share);
            else if (isfinite(best->waited_s[few]))
                least = fmin(least, best->waited_s[few]);
        }
    return least;
}

static void check_bounds(const slots_t *slots, const clairvoyant_cost_t *cost, const optimum_t *best)
{
    for (int wanted = 1; wanted < BOUNDARIES; wanted++) {
        schedule_t schedule;
        double bound_s;
        assert_true(clairvoyant_within(slots, cost, wanted, &schedule, &bound_s));
        const double waited_s = check(slots, cost, &schedule);
        assert_true((int)schedule.batches <= wanted);
        assert_near(bound_s, hull(best, wanted), 1e-9);
        assert_near(waited_s, best->waited_s[schedule.batches], 1e-9);
        for (int batches = 0; batches <= wanted; batches++)
            assert_true(best->waited_s[batches] >= bound_s - 1e-9);
        schedule_free(&schedule);
    }
}

/* Occupations of none to four slots, with and without a part that depends on the events. */
static void as_good_as_all_schedules(void **state)
{
    (void)state;
    static const clairvoyant_cost_t costs[] = {{0, 0},       {0.1, 0},    {0.25, 0}, {0, 0.05},
                                               {0.05, 0.04}, {0.2, 0.03}, {0.4, 0}};
    random_t random;
    random_seed(&random, 11, 0);
    for (int round = 0; round < 4000; round++) {
        int64_t counts[MOST_SLOTS];
        slots_t slots = {
            .counts = counts, .count = 1 + random_below(&random, MOST_SLOTS), .slot_ns = slot_ns};
        const clairvoyant_cost_t cost = costs[(size_t)round % (sizeof costs / sizeof *costs)];
        /* Few enough events that none of the costs above occupies more than four slots. */
        int64_t left = cost.per_event_s > 0 ? 6 : 40;
        for (size_t i = 0; i < slots.count; i++) {
            int64_t events = random_below(&random, 2) ? (int64_t)random_below(&random, 5) : 0;
            if (events > left) events = left;
            left -= counts[i] = events;
            slots.events += events;
        }
        const optimum_t best = try_all(&slots, &cost);
        check_prices(&slots, &cost, &best);
        if (slots.events > 0) check_bounds(&slots, &cost, &best);
    }
}

static void nothing_to_take(void **state)
{
    (void)state;
    int64_t counts[] = {0, 0, 0};
    const clairvoyant_cost_t cost = {0.25, 20e-6};
    const slots_t empty[] = {{.counts = counts, .count = 3, .slot_ns = slot_ns},
                             {.counts = counts, .count = 0, .slot_ns = slot_ns}};
    for (size_t i = 0; i < 2; i++) {
        schedule_t schedule;
        double bound_s;
        assert_true(clairvoyant_within(&empty[i], &cost, 5, &schedule, &bound_s));
        assert_int_equal(schedule.batches, 0);
        assert_near(bound_s, 0, 0);
        assert_true(clairvoyant_at_price(&empty[i], &cost, 1, &schedule));
        assert_int_equal(schedule.batches, 0);
    }
}

/* A lone event at the end goes at once, however many batches are allowed; a job that is busy makes it wait. */
static void the_last_event(void **state)
{
    (void)state;
    int64_t counts[] = {0, 0, 0, 1};
    slots_t slots = {.counts = counts, .count = 4, .slot_ns = slot_ns, .events = 1};
    const clairvoyant_cost_t cost = {0.25, 0};
    schedule_t schedule;
    double bound_s;
    assert_true(clairvoyant_within(&slots, &cost, 10, &schedule, &bound_s));
    assert_int_equal(schedule.batches, 1);
    assert_int_equal(schedule.starts[0], 4);
    assert_near(bound_s, 0.05, 1e-12);
    schedule_free(&schedule);
    counts[2] = 100;
    slots.events = 101;
    assert_true(clairvoyant_within(&slots, &cost, 10, &schedule, &bound_s));
    assert_int_equal(schedule.batches, 2);
    assert_int_equal(schedule.starts[1], 6);
    assert_near(bound_s, 100 * 0.05 + 0.25, 1e-12);
    schedule_free(&schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_good_as_all_schedules),
        cmocka_unit_test(nothing_to_take),
        cmocka_unit_test(the_last_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
