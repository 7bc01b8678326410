/*
 * The model file of --model, for the commands that let the network forecast.
 */
#ifndef ADAPTIVESTREAM_CLI_MODEL_FLAG_H
#define ADAPTIVESTREAM_CLI_MODEL_FLAG_H

#include "common/flags.h"
#include "forecast/model.h"

#include <stdbool.h>

/* Loads the model at `path` (NULL: nothing is loaded), whose history must be that of the forecasters. False after one line
 * on stderr that names the file. Release with model_free(). */
bool load_forecaster_model(const flags_t *flags, const char *path, model_t *model);

#endif
