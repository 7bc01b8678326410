/*
 * A simulation beside an advisor, as the predictor stands beside the agent: it hears of arrivals when the source is looked
 * at, dealt at random over the time since the look before, is asked in every second, and learns in between.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_ADVISED_H
#define ADAPTIVESTREAM_BENCHMARK_ADVISED_H

#include "advice/advisor.h"
#include "benchmark/simulate.h"
#include "common/random.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    advice_kind_t kind;
    const model_t *model; /* NULL: there is no lstm */
    bool frozen;          /* nothing is fitted to the stream */
} advised_setting_t;

/* What the agent does for the predictor: arrivals between two looks, dealt to the advisor's slots, each handed over when it
 * is over. */
typedef struct {
    advisor_t *advisor;
    random_t random;      /* seeded by the caller */
    int64_t slot, events; /* the slot that is being filled */
} advised_feed_t;

void advised_feed_saw(advised_feed_t *feed, int64_t from_ns, int64_t to_ns, int64_t events);

/* How the confidence went. */
typedef struct {
    double mean, last;                              /* over all seconds that were advised, of the last one */
    double seconds;                                 /* advised */
    double seconds_of[ADVICE_KINDS];                /* by whose advice was given */
    double first_s;                                 /* when it first was above 0; negative: never */
    advisor_evidence_t evidence[ADVICE_CANDIDATES]; /* at the end */
    char why[256];
} advised_result_t;

bool simulate_beside_advisor(const governor_config_t *config, const batch_model_t *model,
                             const arrived_t *arrivals, size_t count, const advised_setting_t *setting,
                             simulation_batch_t *on_batch, void *context, simulation_t *result,
                             advised_result_t *advised);

#endif
