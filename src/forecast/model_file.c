#include "forecast/model_file.h"

#include "common/bytes.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_SIZE = 152, CHECKSUM_SIZE = 4, MAGIC_SIZE = 8, PATH_SIZE = 4096 };

static const char magic[MAGIC_SIZE + 1] = "ASTREAML";

/* What a parameter may be at most; a trained one is a few units at most. */
static const float parameter_maximum = 1e6f;

static void put_float(uint8_t **at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(at, bits, sizeof bits);
}

static uint32_t take_32(const uint8_t **at)
{
    return (uint32_t)bytes_take(at, 4);
}

static float take_float(const uint8_t **at)
{
    const uint32_t bits = take_32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

size_t model_file_size(const model_shape_t *shape)
{
    return HEADER_SIZE + model_parameter_count(shape) * sizeof(float) + CHECKSUM_SIZE;
}

void model_encode(const model_t *model, uint8_t *bytes)
{
    const model_shape_t *shape = &model->shape;
    const model_training_t *training = &model->training;
    const size_t size = model_file_size(shape);
    uint8_t *at = bytes;
    memcpy(at, magic, MAGIC_SIZE);
    at += MAGIC_SIZE;
    bytes_put(&at, MODEL_FILE_VERSION, 4);
    bytes_put(&at, size, 4);
    bytes_put(&at, shape->history, 4);
    bytes_put(&at, shape->layers, 4);
    bytes_put(&at, shape->units, 4);
    bytes_put(&at, shape->outputs, 4);
    for (size_t i = 0; i < MODEL_OUTPUTS_MAXIMUM; i++) {
        bytes_put(&at, i < shape->outputs ? (uint64_t)model->outputs[i].kind : 0, 4);
        put_float(&at, i < shape->outputs ? model->outputs[i].level : 0);
    }
    put_float(&at, model->scaler.spread_floor);
    put_float(&at, model->scaler.epsilon);
    bytes_put(&at, training->seed, 8);
    bytes_put(&at, training->windows, 8);
    bytes_put(&at, training->epochs, 4);
    bytes_put(&at, training->batch, 4);
    bytes_put_double(&at, training->learning_rate);
    bytes_put_double(&at, training->validation_loss);
    bytes_put_double(&at, training->validation_error);
    for (size_t i = 0; i < model_parameter_count(shape); i++)
        put_float(&at, model->parameters[i]);
    bytes_put(&at, bytes_crc32(bytes, size - CHECKSUM_SIZE), CHECKSUM_SIZE);
}

/* Where messages go. */
typedef struct {
    char *text;
    size_t size;
} message_t;

__attribute__((format(printf, 2, 3))) static bool refuse(const message_t *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->text, message->size, format, arguments);
    va_end(arguments);
    return false;
}

static bool check_range(const message_t *message, const char *field, uint32_t value, uint32_t least,
                        uint32_t most)
{
    if (value >= least && value <= most) return true;
    return refuse(message, "%s is %u; allowed are %u to %u", field, value, least, most);
}

static bool read_shape(const uint8_t **at, model_shape_t *shape, const message_t *message)
{
    shape->history = take_32(at);
    shape->layers = take_32(at);
    shape->units = take_32(at);
    shape->outputs = take_32(at);
    if (!check_range(message, "history", shape->history, 1, MODEL_HISTORY_MAXIMUM) ||
        !check_range(message, "layers", shape->layers, 1, MODEL_LAYERS_MAXIMUM) ||
        !check_range(message, "units", shape->units, 16, MODEL_UNITS_MAXIMUM) ||
        !check_range(message, "outputs", shape->outputs, 1, MODEL_OUTPUTS_MAXIMUM))
        return false;
    if (shape->units % 16 != 0) return refuse(message, "units is %u, no multiple of 16", shape->units);
    return true;
}

static bool read_outputs(const uint8_t **at, size_t count, output_t *outputs, const message_t *message)
{
    for (size_t i = 0; i < MODEL_OUTPUTS_MAXIMUM; i++) {
        const uint32_t kind = take_32(at);
        const float level = take_float(at);
        if (i >= count) {
            if (kind != 0 || level != 0 || signbit(level))
                return refuse(message, "output %zu is beyond the number of outputs", i);
            continue;
        }
        if (kind >= OUTPUT_KINDS || (i == 0 && kind != OUTPUT_RATE))
            return refuse(message, "the kind of output %zu is %u, which is unknown%s", i, kind,
                          i == 0 ? " there; the first one is the rate (0)" : "");
        const bool quantile = kind == OUTPUT_QUANTILE;
        if (quantile ? !(level > 0 && level < 1) : level != 0)
            return refuse(message, "the level of output %zu is %g; allowed is %s", i, (double)level,
                          quantile ? "within 0 and 1" : "0");
        outputs[i] = (output_t){.kind = (output_kind_t)kind, .level = level};
    }
    return true;
}

static bool read_scaler(const uint8_t **at, model_scaler_t *scaler, const message_t *message)
{
    scaler->spread_floor = take_float(at);
    scaler->epsilon = take_float(at);
    if (!(scaler->spread_floor >= 0 && scaler->spread_floor <= 1))
        return refuse(message, "the scaler's spread floor is %g; allowed are 0 to 1",
                      (double)scaler->spread_floor);
    if (!(scaler->epsilon >= 1e-12f && scaler->epsilon <= 1))
        return refuse(message, "the scaler's epsilon is %g; allowed are 1e-12 to 1", (double)scaler->epsilon);
    return true;
}

static bool read_training(const uint8_t **at, model_training_t *training, const message_t *message)
{
    training->seed = bytes_take(at, 8);
    training->windows = bytes_take(at, 8);
    training->epochs = take_32(at);
    training->batch = take_32(at);
    training->learning_rate = bytes_take_double(at);
    training->validation_loss = bytes_take_double(at);
    training->validation_error = bytes_take_double(at);
    if (!(training->learning_rate >= 0 && training->learning_rate <= 1e3))
        return refuse(message, "the training's learning rate is %g; allowed are 0 to 1000",
                      training->learning_rate);
    if (!(training->validation_loss >= 0 && isfinite(training->validation_loss)))
        return refuse(message, "the training's validation loss is %g, no loss", training->validation_loss);
    if (!(training->validation_error >= 0 && isfinite(training->validation_error)))
        return refuse(message, "the training's validation error is %g, no error", training->validation_error);
    return true;
}

static bool read_frame(const uint8_t *bytes, size_t size, const message_t *message)
{
    if (size < MAGIC_SIZE || memcmp(bytes, magic, MAGIC_SIZE) != 0)
        return refuse(message, "the magic is not %s; this is no model of adaptivestream", magic);
    if (size < HEADER_SIZE + CHECKSUM_SIZE)
        return refuse(message, "the header ends after %zu bytes; copy the file again", size);
    const uint8_t *at = bytes + MAGIC_SIZE;
    const uint32_t version = take_32(&at), told = take_32(&at);
    if (version != MODEL_FILE_VERSION)
        return refuse(message, "the version is %u; this program reads version %d", version,
                      MODEL_FILE_VERSION);
    if (told != size)
        return refuse(message, "the size is %zu bytes, but the file says %u; copy it again", size, told);
    at = bytes + size - CHECKSUM_SIZE;
    const uint32_t checksum = take_32(&at), expected = bytes_crc32(bytes, size - CHECKSUM_SIZE);
    if (checksum != expected)
        return refuse(message, "the checksum is %08x, but the content's is %08x; copy the file again",
                      checksum, expected);
    return true;
}

static bool read_parameters(const uint8_t **at, model_t *model, const message_t *message)
{
    const size_t count = model_parameter_count(&model->shape);
    for (size_t i = 0; i < count; i++) {
        const float value = take_float(at);
        if (!(value >= -parameter_maximum && value <= parameter_maximum))
            return refuse(message, "parameter %zu is %g; allowed are -%g to %g", i, (double)value,
                          (double)parameter_maximum, (double)parameter_maximum);
        model->parameters[i] = value;
    }
    return true;
}

bool model_decode(const uint8_t *bytes, size_t size, model_t *model, char *error, size_t error_size)
{
    const message_t message = {.text = error, .size = error_size};
    model_t read = {0};
    *model = (model_t){0};
    if (!read_frame(bytes, size, &message)) return false;
    const uint8_t *at = bytes + MAGIC_SIZE + 8;
    if (!read_shape(&at, &read.shape, &message) ||
        !read_outputs(&at, read.shape.outputs, read.outputs, &message) ||
        !read_scaler(&at, &read.scaler, &message) || !read_training(&at, &read.training, &message))
        return false;
    if (model_file_size(&read.shape) != size)
        return refuse(&message, "the size is %zu bytes, but a model of this shape has %zu", size,
                      model_file_size(&read.shape));
    if (!model_create(model, &read.shape, read.outputs)) return refuse(&message, "not enough memory");
    read.parameters = model->parameters;
    *model = read;
    if (read_parameters(&at, model, &message)) return true;
    model_free(model);
    *model = (model_t){0};
    return false;
}

/* The largest there can be. */
static size_t size_maximum(void)
{
    const model_shape_t largest = {.history = MODEL_HISTORY_MAXIMUM,
                                   .layers = MODEL_LAYERS_MAXIMUM,
                                   .units = MODEL_UNITS_MAXIMUM,
                                   .outputs = MODEL_OUTPUTS_MAXIMUM};
    return model_file_size(&largest);
}

bool model_load(const char *path, model_t *model, char *error, size_t error_size)
{
    const size_t room = size_maximum() + 1;
    const message_t message = {.text = error, .size = error_size};
    *model = (model_t){0};
    errno = 0;
    FILE *file = fopen(path, "rbe");
    if (!file) return refuse(&message, "%s: cannot be opened: %s", path, strerror(errno));
    uint8_t *bytes = malloc(room);
    const size_t size = bytes ? fread(bytes, 1, room, file) : 0;
    const bool broken = ferror(file) != 0;
    const int reason = errno;
    fclose(file);
    char what[256] = "not enough memory";
    bool good = false;
    if (broken)
        snprintf(what, sizeof what, "cannot be read: %s", strerror(reason));
    else if (bytes)
        good = model_decode(bytes, size, model, what, sizeof what);
    free(bytes);
    return good || refuse(&message, "%s: %s", path, what);
}

bool model_save(const char *path, const model_t *model, char *error, size_t error_size)
{
    const message_t message = {.text = error, .size = error_size};
    const size_t size = model_file_size(&model->shape);
    char beside[PATH_SIZE];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return refuse(&message, "%s: the path is too long", path);
    uint8_t *bytes = malloc(size);
    if (!bytes) return refuse(&message, "%s: not enough memory", path);
    model_encode(model, bytes);
    errno = 0;
    FILE *file = fopen(beside, "wbe");
    bool good = file && fwrite(bytes, 1, size, file) == size;
    good = (!file || fclose(file) == 0) && good;
    good = good && rename(beside, path) == 0;
    const int reason = errno;
    free(bytes);
    if (!good && file) remove(beside);
    return good || refuse(&message, "%s: cannot be written: %s", path, strerror(reason));
}
