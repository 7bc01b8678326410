/* The pure delay-cost rule against the optimum: within p+1, and within 2 at p = 1, on random and on nested
 * arrivals, and on instances bred to be bad. Cost of a schedule: theta a batch + sum of wait^p. */
/* links: control common */
#include "common/random.h"
#include "control/policy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "pending_waiting.h"

#include <cmocka.h>

enum { MOST_ARRIVALS = 64 };

typedef struct {
    int count;
    int64_t times_ns[MOST_ARRIVALS]; /* ascending */
    int64_t events[MOST_ARRIVALS];
} instance_t;

static double wait_cost(const instance_t *instance, int first, int last, int64_t fire_ns, double p)
{
    double cost = 0;
    for (int i = first; i <= last; i++)
        cost += (double)instance->events[i] * pow((double)(fire_ns - instance->times_ns[i]) * 1e-9, p);
    return cost;
}

/* Every optimal batch starts at an arrival, so the optimum is a partition into consecutive groups. */
static double optimum(const instance_t *instance, double theta, double p)
{
    double best[MOST_ARRIVALS + 1] = {0};
    for (int end = 1; end <= instance->count; end++) {
        best[end] = INFINITY;
        for (int first = 0; first < end; first++)
            best[end] =
                fmin(best[end], best[first] + theta +
                                    wait_cost(instance, first, end - 1, instance->times_ns[end - 1], p));
    }
    return best[instance->count];
}

/* The same by trying all 2^(n-1) partitions. */
static double optimum_by_exhaustion(const instance_t *instance, double theta, double p)
{
    double best = INFINITY;
    for (unsigned cuts = 0; cuts < 1u << (instance->count - 1); cuts++) {
        double cost = 0;
        for (int first = 0, i = 0; i < instance->count; i++) {
            if (i < instance->count - 1 && !(cuts >> i & 1)) continue;
            cost += theta + wait_cost(instance, first, i, instance->times_ns[i], p);
            first = i + 1;
        }
        best = fmin(best, cost);
    }
    return best;
}

static bool rule_fires(const rule_t *rule, const pending_t *pending, int64_t time_ns, double theta)
{
    return rule_verdict(rule, pending_waiting(pending, time_ns, rule->p), theta, 1.0) != VERDICT_CHEAP;
}

/* The rule in continuous time, through the code that decides in the agent: the firing time is found by
 * bisection. */
static double cost_of_rule(const instance_t *instance, double theta, double p)
{
    static pending_t pending;
    static histogram_t waits;
    memset(&pending, 0, sizeof pending);
    const rule_t rule = {.p = p, .discount = 1, .early = 1, .late = 1};
    double cost = 0;
    int first = 0;
    for (int next = 0; next < instance->count || pending.length > 0;) {
        const int64_t horizon_ns = next < instance->count ? instance->times_ns[next] : INT64_C(1) << 50;
        if (pending.length > 0 && rule_fires(&rule, &pending, horizon_ns, theta)) {
            int64_t early_ns = pending_oldest(&pending)->time_ns, late_ns = horizon_ns;
            while (late_ns - early_ns > 1) {
                const int64_t middle_ns = early_ns + (late_ns - early_ns) / 2;
                if (rule_fires(&rule, &pending, middle_ns, theta))
                    late_ns = middle_ns;
                else
                    early_ns = middle_ns;
            }
            cost += theta + wait_cost(instance, first, next - 1, late_ns, p);
            pending_take(&pending, pending.events, late_ns, &waits);
            first = next;
            continue;
        }
        pending_push(
            &pending,
            (chunk_t){.time_ns = horizon_ns, .since_ns = horizon_ns, .events = instance->events[next]});
        next++;
    }
    return cost;
}

static double ratio(const instance_t *instance, double theta, double p)
{
    return cost_of_rule(instance, theta, p) / optimum(instance, theta, p);
}

static int by_time(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static instance_t random_instance(random_t *random, int count)
{
    instance_t instance = {.count = count};
    for (int i = 0; i < count; i++) {
        const double spread = exp(8 * random_uniform(random) - 5);
        instance.times_ns[i] = (int64_t)(1e9 * spread * random_exponential(random));
        instance.events[i] = random_uniform(random) < 0.5 ? 1 : 1 + (int64_t)random_below(random, 50);
    }
    qsort(instance.times_ns, (size_t)count, sizeof *instance.times_ns, by_time);
    return instance;
}

/* Groups inside groups: each level repeats the one below after a pause in which its waiting grows to the
 * price. */
static instance_t nested_instance(random_t *random)
{
    instance_t instance = {.count = MOST_ARRIVALS};
    const double pause = 0.3 + 2 * random_uniform(random), shrink = 0.2 + 0.7 * random_uniform(random);
    for (int i = 0; i < MOST_ARRIVALS; i++) {
        double time = 0, length = pause;
        for (int bit = 5; bit >= 0; bit--, length *= shrink)
            if (i >> bit & 1) time += length;
        instance.times_ns[i] = (int64_t)(1e9 * time);
        instance.events[i] = 1 + (int64_t)random_below(random, 3);
    }
    qsort(instance.times_ns, MOST_ARRIVALS, sizeof *instance.times_ns, by_time);
    return instance;
}

/* Hill climbing towards a high ratio: an adversary that knows the rule. */
static double bred_ratio(random_t *random, double theta, double p)
{
    instance_t worst = random_instance(random, 24);
    double highest = ratio(&worst, theta, p);
    for (int step = 0; step < 400; step++) {
        instance_t child = worst;
        const int i = (int)random_below(random, (uint64_t)child.count);
        if (step % 3 == 0)
            child.events[i] = 1 + (int64_t)random_below(random, 20);
        else
            child.times_ns[i] =
                (int64_t)((double)child.times_ns[i] * exp(0.6 * (random_uniform(random) - 0.5)));
        qsort(child.times_ns, (size_t)child.count, sizeof *child.times_ns, by_time);
        const double reached = ratio(&child, theta, p);
        if (reached > highest) {
            highest = reached;
            worst = child;
        }
    }
    return highest;
}

static void optimum_equals_exhaustive_search(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 4, 0);
    for (int i = 0; i < 200; i++) {
        const instance_t instance = random_instance(&random, 1 + (int)random_below(&random, 11));
        const double p = 1 + 0.5 * (i % 3), theta = exp(6 * random_uniform(&random) - 3);
        const double best = optimum(&instance, theta, p);
        assert_near(best, optimum_by_exhaustion(&instance, theta, p), 1e-9 * best);
    }
}

static void rule_is_competitive(void **state)
{
    (void)state;
    random_t random;
    random_seed(&random, 5, 0);
    for (int exponent = 0; exponent < 3; exponent++) {
        const double p = 1 + 0.5 * exponent, limit = p + 1 + 1e-6;
        double highest = 0;
        for (int i = 0; i < 3000; i++) {
            const instance_t instance = i % 2 ? random_instance(&random, 2 + (int)random_below(&random, 40))
                                              : nested_instance(&random);
            highest = fmax(highest, ratio(&instance, exp(8 * random_uniform(&random) - 4), p));
        }
        for (int i = 0; i < 25; i++)
            highest = fmax(highest, bred_ratio(&random, exp(4 * random_uniform(&random) - 2), p));
        print_message("p = %.1f: worst ratio found %.3f, bound %.1f\n", p, highest, p + 1);
        assert_true(highest <= limit);
        assert_true(highest > 1.3); /* the search does find bad instances */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimum_equals_exhaustive_search),
        cmocka_unit_test(rule_is_competitive),
    };
    return cmocka_run_group_tests_name("competitive", tests, NULL, NULL);
}
