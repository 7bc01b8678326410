#include "advice/replay_rule.h"

#include <math.h>

static const double slot_s = 0.1;

/* What is pending, by sums of the ages' powers at a time. */
typedef struct {
    double events, times, squares; /* of arrival times since `origin` */
    int64_t origin;                /* slot */
} heap_t;

/* The rule's numbers for one second. */
typedef struct {
    double price;     /* 0: unknown */
    double reachable; /* g */
    double least, most;
} terms_t;

static void read_terms(terms_t *terms, const rule_t *rule, const snapshot_t *snapshot, const float *weights)
{
    if (isnan(snapshot->log_price)) return; /* as before */
    const double p = rule->p;
    const double log_rate = snapshot->log_blend + (weights ? snapshot_product(snapshot, weights) : 0);
    terms->price = exp(snapshot->log_price);
    terms->reachable = exp((log_rate + p * (snapshot->log_price + log((p + 1) / p))) / (p + 1));
    terms->least = terms->price / (p * rule->bound);
    terms->most = terms->price * rule->bound / p;
}

static waiting_t waiting_of(const heap_t *heap, double p, double now_s)
{
    const double ages = heap->events * now_s - heap->times;
    if (p == 1) return (waiting_t){ages, heap->events};
    const double squares = heap->events * now_s * now_s - 2 * now_s * heap->times + heap->squares;
    if (p == 2) return (waiting_t){squares, 2 * ages};
    /* For ages spread evenly over an interval: 2/5 over sqrt(1/2 * 1/3), and 2/3 over sqrt(1/2). */
    return (waiting_t){0.979796 * sqrt(ages * squares), 1.5 * 0.942809 * sqrt(heap->events * ages)};
}

static int64_t slots_of_batch(const batch_cost_t *cost, double events)
{
    const double seconds = batch_cost_seconds(cost, (int64_t)events);
    return (int64_t)ceil(fmin(seconds, 3600) / slot_s);
}

replayed_t replay_rule(const memory_t *memory, const rule_t *rule, const batch_cost_t *cost, double max_wait_s,
                       int64_t from, int64_t to, const float *weights)
{
    replayed_t replayed = {0};
    heap_t heap = {0};
    terms_t terms = {0};
    int64_t free_slot = from * SLOTS_PER_SECOND;
    for (int64_t slot = free_slot; slot < to * SLOTS_PER_SECOND; slot++) {
        if (slot % SLOTS_PER_SECOND == 0)
            read_terms(&terms, rule, memory_snapshot(memory, slot / SLOTS_PER_SECOND), weights);
        if (heap.events > 0 && slot >= free_slot && terms.price > 0) {
            const double now_s = (double)(slot - heap.origin) * slot_s;
            const waiting_t waiting = waiting_of(&heap, rule->p, now_s);
            const bool due = now_s + slot_s > max_wait_s || waiting.waiting >= terms.most ||
                             (waiting.waiting >= terms.least && waiting.growth >= terms.reachable);
            if (due) {
                replayed.cost += waiting.waiting / terms.price + 1;
                replayed.waited_s += heap.events * now_s - heap.times;
                replayed.batches++;
                free_slot = slot + slots_of_batch(cost, heap.events);
                heap = (heap_t){0};
            }
        }
        const double events = (double)memory_events(memory, slot);
        if (events > 0) {
            if (heap.events == 0) heap.origin = slot;
            const double time_s = ((double)(slot - heap.origin) + 0.5) * slot_s;
            heap.events += events;
            heap.times += events * time_s;
            heap.squares += events * time_s * time_s;
        }
    }
    return replayed;
}

double replay_score(const replayed_t *replayed, const replayed_t *reference)
{
    if (reference->batches <= 0 || reference->waited_s <= 0) return 1;
    return 0.5 * replayed->cost / reference->cost +
           0.25 * (replayed->waited_s / reference->waited_s + replayed->batches / reference->batches);
}
