/* Traces counted in slots. */
/* links: traffic common */
#include "traffic/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t second_ns = INT64_C(1000000000);

enum { BINS = 4 };

static trace_t trace_of(const uint32_t counts[BINS], double bin_ns)
{
    trace_t trace = {.counts = malloc(BINS * sizeof *trace.counts), .bin_count = BINS, .bin_ns = bin_ns};
    assert_non_null(trace.counts);
    for (size_t i = 0; i < BINS; i++) {
        trace.counts[i] = counts[i];
        trace.total += counts[i];
    }
    return trace;
}

static slots_t slots_of(const trace_t *trace, int64_t slot_ns, int64_t limit_ns, uint64_t seed)
{
    slots_t slots;
    assert_true(slots_of_trace(trace, slot_ns, limit_ns, seed, &slots));
    return slots;
}

static int64_t sum(const slots_t *slots, size_t from, size_t to)
{
    int64_t events = 0;
    for (size_t i = from; i < to; i++)
        events += slots->counts[i];
    return events;
}

static void bins_inside_a_slot_stay_together(void **state)
{
    (void)state;
    trace_t trace = trace_of((const uint32_t[BINS]){3, 0, 5, 7}, 0.05 * 1e9);
    slots_t slots = slots_of(&trace, second_ns / 10, 0, 1);
    assert_int_equal(slots.count, 2);
    assert_int_equal(slots.counts[0], 3);
    assert_int_equal(slots.counts[1], 12);
    assert_int_equal(slots.events, 15);
    slots_free(&slots);
    trace_free(&trace);
}

/* Every bin keeps its events, dealt over its own ten slots about evenly. */
static void wide_bins_are_dealt_at_random(void **state)
{
    (void)state;
    const uint32_t counts[BINS] = {100000, 0, 1, 50000};
    trace_t trace = trace_of(counts, 1e9);
    slots_t slots = slots_of(&trace, second_ns / 10, 0, 1);
    assert_int_equal(slots.count, 40);
    for (size_t bin = 0; bin < BINS; bin++)
        assert_int_equal(sum(&slots, 10 * bin, 10 * bin + 10), counts[bin]);
    for (size_t i = 0; i < 10; i++)
        assert_in_range(slots.counts[i], 10000 - 500, 10000 + 500); /* five standard deviations */
    slots_t again = slots_of(&trace, second_ns / 10, 0, 1), other = slots_of(&trace, second_ns / 10, 0, 2);
    assert_memory_equal(slots.counts, again.counts, slots.count * sizeof *slots.counts);
    assert_memory_not_equal(slots.counts, other.counts, slots.count * sizeof *slots.counts);
    slots_free(&slots);
    slots_free(&again);
    slots_free(&other);
    trace_free(&trace);
}

/* A billion events a bin: dealt at once, not one by one, over slots that cut across the bins too. */
static void crowded_bins_are_dealt_by_their_shares(void **state)
{
    (void)state;
    const uint32_t most = TRACE_COUNT_MAXIMUM;
    trace_t trace = trace_of((const uint32_t[BINS]){most, most, 4096, 4097}, 1e9);
    slots_t slots = slots_of(&trace, 300000000, 0, 1);
    assert_int_equal(slots.count, 14);
    assert_true(sum(&slots, 0, 14) == 2 * (int64_t)most + 4096 + 4097);
    for (size_t i = 0; i < 6; i++)
        assert_true(llabs(slots.counts[i] - 300000000) < 5 * 15000); /* five standard deviations */
    assert_true(llabs(slots.counts[6] - 200000000) < 5 * 15000 + 4096);
    assert_in_range(slots.counts[8], 1229 - 150, 1229 + 150);
    slots_t again = slots_of(&trace, 300000000, 0, 1);
    assert_memory_equal(slots.counts, again.counts, slots.count * sizeof *slots.counts);
    slots_free(&slots);
    slots_free(&again);
    trace_free(&trace);
}

static void limit_and_odd_widths(void **state)
{
    (void)state;
    trace_t trace = trace_of((const uint32_t[BINS]){10, 20, 30, 40}, 1e9);
    slots_t slots = slots_of(&trace, second_ns / 10, 2 * second_ns, 1);
    assert_int_equal(slots.count, 20);
    assert_int_equal(slots.events, 30);
    slots_free(&slots);
    /* A limit inside a bin leaves the bin out: nobody knows which of its events came before. */
    slots = slots_of(&trace, second_ns / 10, 2 * second_ns + second_ns / 2, 1);
    assert_int_equal(slots.events, 30);
    slots_free(&slots);
    slots = slots_of(&trace, 300000000, 0, 1);
    assert_int_equal(slots.count, 14);
    assert_int_equal(sum(&slots, 0, 14), 100);
    slots_free(&slots);
    slots = slots_of(&trace, second_ns / 10, second_ns / 2, 1);
    assert_int_equal(slots.count, 0);
    assert_int_equal(slots.events, 0);
    slots_free(&slots);
    trace_free(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_inside_a_slot_stay_together),
        cmocka_unit_test(wide_bins_are_dealt_at_random),
        cmocka_unit_test(crowded_bins_are_dealt_by_their_shares),
        cmocka_unit_test(limit_and_odd_widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
