/*
 * The model that is part of the program: models/default.model.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_BUILTIN_MODEL_H
#define ADAPTIVESTREAM_PREDICTOR_BUILTIN_MODEL_H

#include "forecast/model.h"

#include <stdbool.h>

/* model_free() when done. False when out of memory, or when the program was built with a wrong file; `error` says which. */
bool builtin_model_load(model_t *model, char *error, size_t error_size);

/* One that forecasters can use: `path`, or where that is NULL or wrong the built-in one. `said` gets one sentence that says
 * which one it is and, where it had to be replaced, why. */
bool model_choose(const char *path, model_t *model, bool *replaced, char *said, size_t size);

#endif
