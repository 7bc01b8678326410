/*
 * What a query's own reports tell of its job: the trigger interval, what batches cost, and when events came.
 *
 * Pure.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_ARRIVALS_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_ARRIVALS_H

#include "benchmark/progress_history.h"
#include "benchmark/simulate.h"
#include "traffic/slots.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    /* The interval on whose multiples, since the epoch, the triggers lie that a batch did not hold up (that is how
     * Spark's ProcessingTimeExecutor places them); 0: there is none, or too little was seen. */
    int64_t trigger_ns;
    double on_grid; /* share of those triggers that do */

    /* The line through the learned times of batches, as the agent draws it (control/batch_cost.h). */
    batch_model_t model;
    bool model_known; /* false: too few batches, *model is empty */

    int64_t batches; /* with rows */
    int64_t rows;
    double seconds;  /* from first to last trigger, the time between runs left out */
    int64_t missing; /* batches whose numbers are skipped: the file lacks them */
    int64_t behind;  /* batches that a limit per trigger kept from taking all there was */
} job_facts_t;

job_facts_t progress_facts(const reported_query_t *query);

typedef struct {
    int64_t left_out; /* rows of the first batch of each run: nothing tells how long they had gathered */
    bool cut;         /* limit_ns ended it early */
} progress_slots_t;

/* The events of a query, counted in slots that divide `trigger_ns`, slot 0 beginning on its grid. The rows of a batch are
 * spread evenly, as whole events, over the time since the trigger before: since the report before, or since
 * facts->trigger_ns ago where triggers between the two found nothing and so were not reported. Even spreading shows
 * traffic calmer than it was, so that what is estimated from it is on the safe side. Runs follow each other without
 * the time between them. limit_ns: only the beginning; 0: all. On failure (out of memory, too long) *slots is empty. */
bool progress_slots_of(const reported_query_t *query, const job_facts_t *facts, int64_t trigger_ns,
                       int64_t slot_ns, int64_t limit_ns, slots_t *slots, progress_slots_t *outcome);

#endif
