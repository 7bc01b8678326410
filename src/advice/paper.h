/*
 * A paper run: the agent's own governor over the arrivals that really came, with whatever forecast it is given, and what
 * that costs. Nothing is triggered by it. Batches take what they were learned to take.
 */
#ifndef ADAPTIVESTREAM_ADVICE_PAPER_H
#define ADAPTIVESTREAM_ADVICE_PAPER_H

#include "advice/memory.h"
#include "control/batch_cost.h"
#include "control/governor.h"
#include "control/grid.h"
#include "control/policy.h"

#include <stdbool.h>
#include <stdint.h>

/* Since the paper run began. */
typedef struct {
    double waiting;  /* sum of wait^p, and what late events cost more, s^p */
    double waited_s; /* sum of the waits, event-seconds */
    double batches;
} spent_t;

typedef struct {
    governor_t *governor; /* owned: paper_end() */
    grid_t grid;
    rule_t rule;
    double tail_from_s;
    int64_t wake_ns; /* when it decides next */
    bool looks;      /* probes before it does */
    int64_t start_ns;
    int64_t taken;
    int64_t first_slot; /* not yet taken */
    double price;       /* theta of the latest decision; 0: there is none yet */
    spent_t spent;
} paper_t;

/* False when out of memory or *config is invalid. */
bool paper_begin(paper_t *paper, const governor_config_t *config, int64_t slot, int64_t total);
void paper_end(paper_t *paper);

/* Goes on at `slot`, with nothing pending; what was learned of rates and price is kept. */
void paper_resume(paper_t *paper, int64_t slot, int64_t total);

/* The latest slot of the memory is over; `total` includes it. */
void paper_slot(paper_t *paper, const memory_t *memory, const batch_cost_t *cost, int64_t total);

#endif
