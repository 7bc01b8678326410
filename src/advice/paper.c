#include "advice/paper.h"

#include <math.h>

static const int64_t slot_ns = 100000000;
/* Before any batch was seen. */
static const double unknown_batch_s = 0.25;

bool paper_begin(paper_t *paper, const governor_config_t *config, int64_t slot, int64_t total)
{
    *paper = (paper_t){.governor = governor_create(config)};
    if (!paper->governor) return false;
    paper->grid = grid_make(config->origin_ns, config->trigger_ns, config->slot_ns);
    paper->rule = rule_for(config->goal);
    paper->tail_from_s = rule_tail_from_s((double)config->trigger_ns * 1e-9, config->budget);
    paper_resume(paper, slot, total);
    return true;
}

void paper_end(paper_t *paper)
{
    governor_destroy(paper->governor);
    paper->governor = NULL;
}

void paper_resume(paper_t *paper, int64_t slot, int64_t total)
{
    const int64_t now_ns = slot * slot_ns;
    governor_start(paper->governor, now_ns, total, total);
    paper->wake_ns = paper->start_ns = now_ns;
    paper->looks = false;
    paper->taken = total;
    paper->first_slot = slot;
}

/* Adds what the slots before `end_slot` have waited until now_ns, which a batch takes. */
static void take(paper_t *paper, const memory_t *memory, int64_t end_slot, int64_t now_ns)
{
    const double p = paper->rule.p;
    const double late = paper->rule.tail * p * power_less_one(paper->tail_from_s, p);
    int64_t slot = paper->first_slot;
    if (slot < memory->first_slot) slot = memory->first_slot;
    for (; slot < end_slot; slot++) {
        const int64_t events = memory_events(memory, slot);
        if (events == 0) continue;
        const double age_s = fmax(0, (double)(now_ns - slot * slot_ns - slot_ns / 2) * 1e-9);
        paper->spent.waited_s += (double)events * age_s;
        paper->spent.waiting +=
            (double)events * (age_s * power_less_one(age_s, p) + late * fmax(0, age_s - paper->tail_from_s));
    }
    paper->first_slot = end_slot;
    paper->spent.batches++;
}

static void trigger(paper_t *paper, const memory_t *memory, const batch_cost_t *cost, int64_t now_ns,
                    int64_t total, int64_t end_slot)
{
    const int64_t events = total - paper->taken;
    double seconds = 0;
    if (events > 0) {
        take(paper, memory, end_slot, now_ns);
        seconds = batch_cost_seconds(cost, events);
        if (seconds <= 0) seconds = unknown_batch_s;
    }
    const int64_t end_ns = now_ns + (int64_t)(fmin(seconds, 1e6) * 1e9);
    governor_trigger(paper->governor, now_ns, end_ns, total);
    paper->taken = total;
    paper->start_ns = now_ns;
    paper->wake_ns = end_ns;
    paper->looks = false;
}

void paper_slot(paper_t *paper, const memory_t *memory, const batch_cost_t *cost, int64_t total)
{
    const int64_t end_slot = memory->end_slot, end_ns = end_slot * slot_ns;
    const int64_t before = total - memory_events(memory, end_slot - 1);
    while (paper->wake_ns <= end_ns) {
        /* Inside a slot only the slots before it are known. */
        const int64_t now_ns = paper->wake_ns;
        const bool over = now_ns == end_ns;
        const int64_t known = over ? total : before, known_slot = over ? end_slot : end_slot - 1;
        if (paper->looks && !governor_is_certain(paper->governor, now_ns))
            governor_probe(paper->governor, now_ns, known);
        const decision_t decision =
            governor_decide(paper->governor, now_ns, grid_after(&paper->grid, 1, paper->start_ns), false);
        paper->price = decision.price;
        if (decision.fire) {
            trigger(paper, memory, cost, now_ns, known, known_slot);
        } else {
            /* "Now" asks for a look; after one it would be for ever. */
            const int64_t earliest_ns = paper->looks ? now_ns + slot_ns : now_ns;
            paper->wake_ns = decision.wake_ns > now_ns ? decision.wake_ns : earliest_ns;
            paper->looks = true;
        }
    }
}
