/*
 * The file of a trained model. Everything is little-endian:
 *
 *     offset
 *      0  8 bytes   "ASTREAML"
 *      8  u32       version, 1
 *     12  u32       size of the file in bytes
 *     16  u32 x 4   history (seconds), layers, units, outputs
 *     32  u32, f32  kind and level of each of 8 outputs (output_kind_t); 0 beyond `outputs`
 *     96  f32 x 2   scaler: spread floor, epsilon
 *    104  u64 x 2   training: seed, windows
 *    120  u32 x 2   epochs, batch
 *    128  f64 x 3   learning rate, validation loss, validation error (events/s)
 *    152  f32 x N   the parameters, N following from the shape (forecast/model.h)
 *    end  u32       CRC-32 (IEEE 802.3) of all before
 *
 * Nothing of a file is used before all of it was found right.
 */
#ifndef ADAPTIVESTREAM_FORECAST_MODEL_FILE_H
#define ADAPTIVESTREAM_FORECAST_MODEL_FILE_H

#include "forecast/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_FILE_VERSION = 1 };

/* Bytes of a model's file. */
size_t model_file_size(const model_shape_t *shape);

/* Writes model_file_size() bytes. */
void model_encode(const model_t *model, uint8_t *bytes);

/* On failure *model is empty, and `error` holds one sentence that names the field. */
bool model_decode(const uint8_t *bytes, size_t size, model_t *model, char *error, size_t error_size);

/* The same from and to a file; `error` then begins with its name. A file is replaced as a whole: a reader sees the
 * old one or the new one. */
bool model_load(const char *path, model_t *model, char *error, size_t error_size);
bool model_save(const char *path, const model_t *model, char *error, size_t error_size);

#endif
