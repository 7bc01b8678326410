/*
 * How long one decision takes, and how large a governor is: `make bench-decide`. No test: what it prints
 * depends on the machine. It fails only when the case it wants to time has not come about.
 *
 * A case is a governor that knows the arrival rate and its price, and then, without a batch, sees an
 * event in each of a number of slots; then it is asked again and again at the same time. A decision to
 * wait on costs more than one to fire: it also looks for the slot at which the next probe is worth while.
 */
/* links: control common */
#include "control/governor.h"

#include "common/histogram.h"
#include "control/batch_cost.h"
#include "control/pending.h"
#include "control/shadow.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 1000, MOST_BATCHES = 1000, WARM_TRIGGERS = 10 };

static const int64_t ms = 1000000;
static const int64_t longest_ns = INT64_C(10000000000); /* of one case */

typedef struct {
    const char *title;
    goal_t goal; /* balanced: p = 1.75 and a price for late events, latency: p = 1.25 */
    int64_t trigger_ns, slot_ns;
    int pending_slots;
    bool fires;
} case_t;

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Sees an event in each of the next `slots` slots. */
static void arrive(governor_t *governor, int64_t *now_ns, int64_t *total, int slots)
{
    for (int i = 0; i < slots; i++) {
        *now_ns += governor_slot_ns(governor);
        governor_probe(governor, *now_ns, ++*total);
    }
}

static governor_t *prepare(const case_t *wanted, int64_t *now_ns)
{
    const governor_config_t config = {
        .trigger_ns = wanted->trigger_ns,
        .goal = wanted->goal,
        .policy = POLICY_ADAPTIVE,
        .budget = 1,
        .slot_ns = wanted->slot_ns,
        .min_interval_ns = 100 * ms,
        .max_interval_ns = 30000 * ms,
        .max_wait_ns = 3600000 * ms,
    };
    governor_t *governor = governor_create(&config);
    if (!governor) return NULL;
    int64_t total = 0;
    *now_ns = 0;
    governor_start(governor, *now_ns, total, total);
    for (int i = 0; i < WARM_TRIGGERS; i++) {
        arrive(governor, now_ns, &total, (int)(wanted->trigger_ns / governor_slot_ns(governor)));
        governor_trigger(governor, *now_ns, *now_ns + 50 * ms, total);
    }
    arrive(governor, now_ns, &total, wanted->pending_slots);
    return governor;
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool time_case(const case_t *wanted)
{
    static double nanoseconds[MOST_BATCHES];
    int64_t now_ns;
    governor_t *governor = prepare(wanted, &now_ns);
    if (!governor) return false;
    const int64_t own_ns = now_ns + wanted->trigger_ns, begin_ns = clock_ns();
    const decision_t first = governor_decide(governor, now_ns, own_ns, false);
    int batches = 0;
    while (batches < MOST_BATCHES && clock_ns() - begin_ns < longest_ns) {
        const int64_t before_ns = clock_ns();
        for (int i = 0; i < BATCH; i++)
            governor_decide(governor, now_ns, own_ns, false);
        nanoseconds[batches++] = (double)(clock_ns() - before_ns) / BATCH;
    }
    governor_destroy(governor);
    qsort(nanoseconds, (size_t)batches, sizeof *nanoseconds, by_value);
    printf("%-34s %-5s %7" PRId64 " %-8s %9d %10.0f %10.0f\n", wanted->title,
           wanted->goal == GOAL_BALANCED ? "1.75" : "1.25", first.pending, reason_names[first.reason],
           batches * BATCH, nanoseconds[batches / 2], nanoseconds[batches * 99 / 100]);
    return first.pending == wanted->pending_slots && first.fire == wanted->fires;
}

static void print_sizes(void)
{
    const governor_config_t config = {
        .trigger_ns = 2000 * ms, .budget = 1, .max_interval_ns = 30000 * ms, .policy = POLICY_ADAPTIVE};
    governor_t *governor = governor_create(&config);
    printf("\nA governor is one block of about %zu bytes; in it:\n",
           governor ? malloc_usable_size(governor) : 0);
    governor_destroy(governor);
    printf("  %7zu  pending events, %d chunks\n", sizeof(pending_t), PENDING_CHUNKS);
    printf("  %7zu  the shadow, with as many chunks and its waits\n", sizeof(shadow_t));
    printf("  %7zu  waits of the query's own, %d classes\n", sizeof(histogram_t), HISTOGRAM_CLASSES);
    printf("  %7zu  times of batches, %d sizes\n", sizeof(batch_cost_t), COST_CLASSES);
}

int main(void)
{
    static const case_t cases[] = {
        {"300 slots, fires", GOAL_BALANCED, 2000000000, 0, 300, true},
        {"300 slots, fires", GOAL_LATENCY, 2000000000, 0, 300, true},
        {"300 of 1200 slots, waits on", GOAL_BALANCED, 30000000000, 25000000, 300, false},
        {"300 of 1200 slots, waits on", GOAL_LATENCY, 30000000000, 25000000, 300, false},
        {"8 of 20 slots (usual), waits on", GOAL_BALANCED, 2000000000, 0, 8, false},
        {"8 of 20 slots (usual), waits on", GOAL_LATENCY, 2000000000, 0, 8, false},
    };
    bool good = true;
    printf("%-34s %-5s %7s %-8s %9s %10s %10s\n", "", "p", "pending", "reason", "decisions", "median, ns",
           "p99, ns");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        good = time_case(&cases[i]) && good;
    printf("Median and p99 are of batches of %d decisions.\n", BATCH);
    print_sizes();
    if (!good) fprintf(stderr, "bench_decide: a case did not come about as wanted\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
