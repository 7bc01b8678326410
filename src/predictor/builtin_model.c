#include "predictor/builtin_model.h"

#include "forecast/model_file.h"

#include <stdint.h>
#include <stdio.h>

enum { ERROR_SIZE = 300 };

/* The assembler copies the file into the read-only data; a generated C array of it would be a megabyte to compile. */
__asm__(".pushsection .rodata.builtin_model,\"a\"\n"
        ".balign 16\n"
        ".global builtin_model_begin\n"
        ".hidden builtin_model_begin\n"
        "builtin_model_begin:\n"
        ".incbin \"" BUILTIN_MODEL_PATH "\"\n"
        ".global builtin_model_end\n"
        ".hidden builtin_model_end\n"
        "builtin_model_end:\n"
        ".popsection\n");

extern const uint8_t builtin_model_begin[], builtin_model_end[];

bool builtin_model_load(model_t *model, char *error, size_t error_size)
{
    return model_decode(builtin_model_begin, (size_t)(builtin_model_end - builtin_model_begin), model, error,
                        error_size);
}

/* A file may be right and still be a model of something else. */
static bool load(const char *path, model_t *model, char *error, size_t error_size)
{
    if (!model_load(path, model, error, error_size)) return false;
    if (model->shape.history == MODEL_HISTORY) return true;
    snprintf(error, error_size, "%s: history is %u seconds; requests carry %d", path, model->shape.history,
             MODEL_HISTORY);
    model_free(model);
    return false;
}

bool model_choose(const char *path, model_t *model, bool *replaced, char *said, size_t size)
{
    char error[ERROR_SIZE];
    *replaced = false;
    if (path != NULL && load(path, model, error, sizeof error)) {
        snprintf(said, size, "model %s", path);
        return true;
    }
    *replaced = path != NULL;
    char reason[ERROR_SIZE];
    if (!builtin_model_load(model, reason, sizeof reason)) {
        snprintf(said, size, "built-in model: %s", reason);
        return false;
    }
    snprintf(said, size, "%s%sthe built-in model", path != NULL ? error : "",
             path != NULL ? "; used is " : "");
    return true;
}
