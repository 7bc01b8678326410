/*
 * Members of a JSON object that are members of a struct as well: one table says which, and both directions follow it, so
 * that what one side writes the other reads.
 */
#ifndef ADAPTIVESTREAM_PROTOCOL_FIELDS_H
#define ADAPTIVESTREAM_PROTOCOL_FIELDS_H

#include "common/json_reader.h"
#include "common/json_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An integer that is not known; of numbers it is nan, of texts "". What is not known is not written. */
#define FIELD_UNKNOWN INT64_MIN

typedef enum {
    FIELD_NUMBER,  /* double; six digits after the point */
    FIELD_INTEGER, /* int64_t */
    FIELD_TIME,    /* int64_t, ms since the epoch, 0 to FIELD_TIME_MAXIMUM_MS */
    FIELD_BOOLEAN, /* bool; always written */
    FIELD_TEXT     /* char[size] */
} field_type_t;

typedef struct {
    const char *name; /* up to 31 bytes */
    field_type_t type;
    size_t offset;
    size_t size; /* FIELD_TEXT */
} field_t;

enum { FIELD_NAME_SIZE = 32 };

/* Until the year 2255: times so far can be counted in nanoseconds, and added to, without a thought of overflow. */
#define FIELD_TIME_MAXIMUM_MS INT64_C(9000000000000)

/* A time of FIELD_TIME's range. */
bool fields_read_time(json_reader_t *json, int64_t *time_ms);

/* Makes every field unknown; booleans false. */
void fields_clear(const field_t *fields, size_t count, void *base);

/* Writes those that are known into the object that is open. */
void fields_write(json_writer_t *json, const field_t *fields, size_t count, const void *base);

/* Reads an object; unknown members are skipped, fields without one are left as they were. */
bool fields_read(json_reader_t *json, const field_t *fields, size_t count, void *base);

/* The value of the member `key`; skipped when it is none of the fields. */
bool fields_read_member(json_reader_t *json, const char *key, const field_t *fields, size_t count,
                        void *base);

#endif
