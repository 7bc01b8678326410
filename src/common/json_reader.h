/*
 * Reads JSON (RFC 8259) from a buffer, value by value, without allocating and without building anything:
 *
 *     json_reader_t json;
 *     json_read_begin(&json, line, length);
 *     char key[32];
 *     json_read_object(&json);
 *     while (json_read_member(&json, key, sizeof key)) {
 *         if (strcmp(key, "query") == 0) json_read_string(&json, name, sizeof name);
 *         else json_read_skip(&json);
 *     }
 *     if (!json_read_end(&json)) ...json.fault says what is wrong, json_read_offset() where...
 *
 * The first fault stays: every later call does nothing and returns false, so that one look at the end is enough. No locale
 * (the JVM sets the user's, in which strtod() may want a comma).
 */
#ifndef ADAPTIVESTREAM_COMMON_JSON_READER_H
#define ADAPTIVESTREAM_COMMON_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_READ_DEPTH_MAXIMUM = 32 };

typedef struct {
    const char *begin, *at, *end;
    const char *fault; /* NULL, or what is wrong: "a number is expected" */
    int depth;         /* objects and arrays that are open */
    bool fresh;        /* the innermost of them has shown nothing yet */
} json_reader_t;

typedef enum {
    JSON_KIND_NONE, /* the end, or a byte no value begins with */
    JSON_KIND_OBJECT,
    JSON_KIND_ARRAY,
    JSON_KIND_STRING,
    JSON_KIND_NUMBER,
    JSON_KIND_BOOLEAN,
    JSON_KIND_NULL
} json_kind_t;

void json_read_begin(json_reader_t *json, const char *text, size_t length);

/* What the next value is, by its first byte. */
json_kind_t json_read_kind(json_reader_t *json);

/* Enters an object or array. */
bool json_read_object(json_reader_t *json);
bool json_read_array(json_reader_t *json);

/* The next member's key, the reader then stands before its value, which has to be read or skipped; false behind the last
 * one (the object is then left) and after a fault. A key that does not fit is given as "". */
bool json_read_member(json_reader_t *json, char *key, size_t size);

/* The same of an array. */
bool json_read_element(json_reader_t *json);

/* UTF-8, terminated. A string that does not fit in `size` bytes, holds U+0000 or is not UTF-8 is a fault; half a surrogate
 * pair becomes U+FFFD. */
bool json_read_string(json_reader_t *json, char *text, size_t size);

/* A finite number; null is read as nan, which is how nan is written. */
bool json_read_number(json_reader_t *json, double *value);
bool json_read_integer(json_reader_t *json, int64_t *value);
bool json_read_boolean(json_reader_t *json, bool *value);

/* Passes over any value. */
bool json_read_skip(json_reader_t *json);

/* True when all was right and nothing but white space follows. */
bool json_read_end(json_reader_t *json);

/* Records a fault of the caller's: what is read is JSON, but not what he wants. `fault` must live on. Returns false. */
bool json_read_fail(json_reader_t *json, const char *fault);

/* Where the reader stands, in bytes: after a fault, where it was found. */
size_t json_read_offset(const json_reader_t *json);

#endif
