/*
 * The original system's text commands. One connection is one stream there: its rates, a second each, come by `rate:X`.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_PLAIN_H
#define ADAPTIVESTREAM_PREDICTOR_PLAIN_H

#include "forecast/forecaster.h"

#include <stddef.h>

typedef struct {
    double history[MODEL_HISTORY]; /* oldest first */
    size_t count;                  /* of them, the last ones */
    double forecast_per_s;         /* for the next second, once `count` is MODEL_HISTORY */
    double error, mean;            /* of such forecasts, fading averages, events/s */
    size_t judged;
} plain_t;

enum { PLAIN_ANSWER_SIZE = 128 };

/* A line without its line break, terminated. Writes the answer with one; returns its length. `forecaster` is used for the
 * moment only. */
size_t plain_answer(plain_t *plain, const char *line, forecaster_t *forecaster, char *answer, size_t size);

#endif
