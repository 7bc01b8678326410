/*
 * Writes one JSON object into a caller's buffer, for journal lines and protocol messages, without allocating.
 *
 *     json_writer_t json;
 *     json_write_begin(&json, buffer, sizeof buffer);
 *     json_write_string(&json, "query", name);
 *     json_write_integer(&json, "events", 12);
 *     if (!json_write_end(&json)) ...the buffer was too small...
 *
 * Objects and arrays within it are opened and closed; in an array the keys are NULL.
 *
 * Strings are escaped; bytes that are not UTF-8 become U+FFFD. Numbers that JSON cannot hold (nan, inf) are
 * written as null. Keys must be plain ASCII without quotes: they are our own.
 */
#ifndef ADAPTIVESTREAM_COMMON_JSON_WRITER_H
#define ADAPTIVESTREAM_COMMON_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *buffer;
    size_t size;
    size_t length;
    bool overflow; /* sticky: later calls do nothing */
} json_writer_t;

void json_write_begin(json_writer_t *json, char *buffer, size_t size);
void json_write_string(json_writer_t *json, const char *key, const char *value);
void json_write_integer(json_writer_t *json, const char *key, int64_t value);
/* `digits` after the point, 0 to 9; trailing zeros are dropped. */
void json_write_number(json_writer_t *json, const char *key, double value, int digits);
/* All 17 significant digits, so that reading it back gives the same double: for values a replay needs. */
void json_write_exact(json_writer_t *json, const char *key, double value);
void json_write_boolean(json_writer_t *json, const char *key, bool value);
void json_write_null(json_writer_t *json, const char *key);
void json_write_open_object(json_writer_t *json, const char *key);
void json_write_close_object(json_writer_t *json);
void json_write_open_array(json_writer_t *json, const char *key);
void json_write_close_array(json_writer_t *json);

/* Closes the object and terminates the string. Returns false when the buffer was too small; the buffer then
 * holds no usable text. The length without the terminator is json->length. */
bool json_write_end(json_writer_t *json);

#endif
