/* The model reader on any bytes: a refusal says why, an acceptance is a model that forecasts a number and is written back
 * as the same bytes. Inputs get a right checksum, or none would be past it. */
/* links: forecast traffic common */
#include "forecast/model_file.h"

#include "forecast/network.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 256, CHECKSUM_SIZE = 4, HISTORY_MOST = 60 };

static void check(int holds)
{
    if (!holds) abort();
}

static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ UINT32_C(0xEDB88320) : crc >> 1;
    }
    return ~crc;
}

static void check_model(const model_t *model, const uint8_t *bytes, size_t size)
{
    check(model_file_size(&model->shape) == size);
    uint8_t *again = malloc(size);
    check(again != NULL);
    model_encode(model, again);
    check(memcmp(again, bytes, size) == 0);
    free(again);
    if (model->shape.history > HISTORY_MOST) return; /* right, but it takes too long for a fuzzer */
    network_t *network = network_create(&model->shape, 1, false, kernels_best());
    check(network != NULL);
    double rates[HISTORY_MOST];
    for (size_t i = 0; i < model->shape.history; i++)
        rates[i] = (double)(i * 37 % 11);
    model_scale(&model->scaler, rates, model->shape.history, network_inputs(network), 1);
    const float *outputs = network_forward(network, model->parameters, 1);
    for (size_t i = 0; i < model->shape.outputs; i++)
        check(isfinite(outputs[i]));
    network_destroy(network);
}

static void put_32(uint8_t *bytes, size_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

/* Every second input, as its last byte says, also gets its right size. */
static void mend(uint8_t *bytes, size_t size)
{
    enum { SIZE_AT = 12 };
    if (size < SIZE_AT + 2 * CHECKSUM_SIZE) return;
    if (bytes[size - 1] & 1) put_32(bytes + SIZE_AT, size);
    put_32(bytes + size - CHECKSUM_SIZE, crc32_of(bytes, size - CHECKSUM_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[TEXT_SIZE] = "";
    model_t model;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    check(bytes != NULL);
    if (size > 0) memcpy(bytes, data, size);
    mend(bytes, size);
    if (model_decode(bytes, size, &model, error, sizeof error)) {
        check(error[0] == '\0');
        check_model(&model, bytes, size);
        model_free(&model);
    } else {
        check(error[0] != '\0' && strlen(error) < sizeof error && model.parameters == NULL);
    }
    free(bytes);
    return 0;
}
