#include "protocol/fields.h"

#include <math.h>
#include <string.h>

enum { NUMBER_DIGITS = 6 };

/* From here on all digits of a double are before the point, and there may be 309 of them. */
static const double large = 1e15;

void fields_clear(const field_t *fields, size_t count, void *base)
{
    for (size_t i = 0; i < count; i++) {
        void *value = (char *)base + fields[i].offset;
        switch (fields[i].type) {
        case FIELD_NUMBER:
            *(double *)value = NAN;
            break;
        case FIELD_INTEGER:
        case FIELD_TIME:
            *(int64_t *)value = FIELD_UNKNOWN;
            break;
        case FIELD_BOOLEAN:
            *(bool *)value = false;
            break;
        case FIELD_TEXT:
            *(char *)value = '\0';
            break;
        }
    }
}

static void write_number(json_writer_t *json, const char *name, double value)
{
    if (fabs(value) < large)
        json_write_number(json, name, value, NUMBER_DIGITS);
    else
        json_write_exact(json, name, value);
}

static void write_field(json_writer_t *json, const field_t *field, const void *value)
{
    switch (field->type) {
    case FIELD_NUMBER:
        if (!isnan(*(const double *)value)) write_number(json, field->name, *(const double *)value);
        break;
    case FIELD_INTEGER:
    case FIELD_TIME:
        if (*(const int64_t *)value != FIELD_UNKNOWN)
            json_write_integer(json, field->name, *(const int64_t *)value);
        break;
    case FIELD_BOOLEAN:
        json_write_boolean(json, field->name, *(const bool *)value);
        break;
    case FIELD_TEXT:
        if (*(const char *)value != '\0') json_write_string(json, field->name, value);
        break;
    }
}

void fields_write(json_writer_t *json, const field_t *fields, size_t count, const void *base)
{
    for (size_t i = 0; i < count; i++)
        write_field(json, &fields[i], (const char *)base + fields[i].offset);
}

bool fields_read_time(json_reader_t *json, int64_t *time_ms)
{
    if (!json_read_integer(json, time_ms)) return false;
    if (*time_ms >= 0 && *time_ms <= FIELD_TIME_MAXIMUM_MS) return true;
    return json_read_fail(json, "a time is not from 0 to 9000000000000 ms since the epoch");
}

static bool read_field(json_reader_t *json, const field_t *field, void *value)
{
    switch (field->type) {
    case FIELD_NUMBER:
        return json_read_number(json, value);
    case FIELD_INTEGER:
        return json_read_integer(json, value);
    case FIELD_TIME:
        return fields_read_time(json, value);
    case FIELD_BOOLEAN:
        return json_read_boolean(json, value);
    case FIELD_TEXT:
        return json_read_string(json, value, field->size);
    }
    return false;
}

bool fields_read_member(json_reader_t *json, const char *key, const field_t *fields, size_t count, void *base)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(key, fields[i].name) == 0)
            return read_field(json, &fields[i], (char *)base + fields[i].offset);
    return json_read_skip(json);
}

bool fields_read(json_reader_t *json, const field_t *fields, size_t count, void *base)
{
    char key[FIELD_NAME_SIZE];
    json_read_object(json);
    while (json_read_member(json, key, sizeof key))
        fields_read_member(json, key, fields, count, base);
    return json->fault == NULL;
}
