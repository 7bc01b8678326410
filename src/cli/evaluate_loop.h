/*
 * What forecasters are worth to a job: --closed-loop of `evaluate`. All series that count, one behind the other, are the
 * arrivals of a job with a trigger of 2 s and the goal `balanced`.
 */
#ifndef ADAPTIVESTREAM_CLI_EVALUATE_LOOP_H
#define ADAPTIVESTREAM_CLI_EVALUATE_LOOP_H

#include "advice/kinds.h"
#include "traffic/series.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    advice_kind_t kind;
    double ratio;      /* mean wait over that without a forecast, at equal batches */
    double confidence; /* on average */
} loop_row_t;

typedef struct {
    bool known;
    double seconds, mean_wait_s; /* without a forecast */
    loop_row_t rows[ADVICE_KINDS];
    size_t count;
} loop_t;

/* The forecasters of `kinds`, then learned, then auto. The model may be NULL. False when out of memory. */
bool evaluate_loop(const series_t *const *series, size_t series_count, const forecaster_kind_t *kinds,
                   size_t kind_count, const model_t *model, loop_t *loop);

void evaluate_loop_print(const loop_t *loop);

/* A new reference. */
json_t *evaluate_loop_json(const loop_t *loop);

#endif
