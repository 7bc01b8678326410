/*
 * How well generated traffic can be forecast at all. What is left to a forecaster that knew its shape to the second, and
 * when bursts begin, is the noise alone. Of shape burst there is also what is left to one that knows how bursts go but not
 * when the next one begins: it has to expect the baseline until it sees the first second above it.
 */
#ifndef ADAPTIVESTREAM_CLI_NOISE_FLOOR_H
#define ADAPTIVESTREAM_CLI_NOISE_FLOOR_H

#include "cli/data_flags.h"

typedef struct {
    bool known;              /* all that is scored is generated, and with noise */
    double error;            /* mean absolute, events/s */
    double transition_error; /* of the transitions; 0 without any */
    bool beginnings_known;   /* of shape burst: the two below */
    double unforeseen_error, unforeseen_transition_error;
} noise_floor_t;

/* Over the same windows that evaluate_forecaster() would score. False when out of memory. */
bool noise_floor_of(const data_flags_t *settings, const data_t *data, noise_floor_t *noise_floor);

#endif
