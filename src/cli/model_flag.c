#include "cli/model_flag.h"

#include "forecast/model_file.h"

#include <stdio.h>

enum { ERROR_SIZE = 1024 };

bool load_forecaster_model(const flags_t *flags, const char *path, model_t *model)
{
    char error[ERROR_SIZE];
    if (!path) return true;
    if (!model_load(path, model, error, sizeof error)) {
        fprintf(stderr, "adaptivestream %s: %s\n", flags->command, error);
        return false;
    }
    if (model->shape.history == MODEL_HISTORY) return true;
    fprintf(stderr, "adaptivestream %s: %s: history is %u seconds; forecasters have %d\n", flags->command,
            path, model->shape.history, MODEL_HISTORY);
    return false;
}
