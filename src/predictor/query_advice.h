/*
 * What is learnt of one query by watching it: how far its forecasts are to be trusted, and the rate that decisions should
 * count with. An advisor (advice/advisor.h) is fed from what the agent tells, asked with every `predict`, learns on in the
 * background, and is kept in a file where there is a folder for it.
 *
 * Learning holds an advisor for some milliseconds, much longer on a busy machine. Nobody who asks waits for that: what comes
 * meanwhile is put by, and the advice is the one of the second before.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_QUERY_ADVICE_H
#define ADAPTIVESTREAM_PREDICTOR_QUERY_ADVICE_H

#include "forecast/forecaster.h"
#include "predictor/background.h"
#include "protocol/answer.h"
#include "protocol/observation.h"

#include <stdbool.h>
#include <stdint.h>

/* An advisor takes 1 MB, and the process, with a dashboard of fifty queries, is to stay below 25. A query beyond these is
 * governed as without a forecast. */
enum { ADVISED_MAXIMUM = 4 };

typedef struct {
    double confidence;      /* 0 to 1 */
    double effective_per_s; /* nan with confidence 0 */
    bool has_changes;
    double changes[PROTOCOL_CHANGES];
    const char *source; /* who is followed: "ridge", "learned", ...; NULL with confidence 0 */
} query_advice_t;

/* What all queries' advisers share; they keep it by reference. */
typedef struct {
    bool automatic; /* the best forecaster is to be found for each query; else it is: */
    forecaster_kind_t forecaster;
    const model_t *model;
    const char *state_dir;    /* for what was learnt; NULL: it is not kept */
    background_t *background; /* who learns; NULL: nobody does, and nothing is kept either */
    int advised;              /* queries that have an advisor, so far */
} adviser_settings_t;

typedef struct query_adviser query_adviser_t;

/* Of the query `label`. NULL when out of memory: all below take it. */
query_adviser_t *query_adviser_create(const char *label, adviser_settings_t *settings);
void query_adviser_destroy(query_adviser_t *adviser);

/* An observation: slots, batches, a new configuration. now_ns: of a clock that does not jump. */
void query_adviser_observe(query_adviser_t *adviser, const observation_t *observation, int64_t now_ns);

/* Once for every `predict`. */
query_advice_t query_adviser_advise(query_adviser_t *adviser, int64_t now_ns);

#endif
