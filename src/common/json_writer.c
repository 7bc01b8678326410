#include "common/json_writer.h"

#include "common/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    CLOSING_SIZE = 2,  /* "}" and the terminator, kept free by every write before */
    NUMBER_SIZE = 352, /* DBL_MAX has 309 digits before the point; nine after it, sign, point, terminator */
    MAX_DIGITS = 9,
};

static void put(json_writer_t *json, const char *text, size_t length)
{
    if (json->overflow) return;
    if (length > json->size - json->length - CLOSING_SIZE) {
        json->overflow = true;
        return;
    }
    memcpy(json->buffer + json->length, text, length);
    json->length += length;
}

void json_write_begin(json_writer_t *json, char *buffer, size_t size)
{
    *json = (json_writer_t){.buffer = buffer, .size = size, .overflow = size < CLOSING_SIZE};
    put(json, "{", 1);
}

/* Nothing but what has just been opened ends with a bracket that opens. */
static bool is_fresh(const json_writer_t *json)
{
    const char last = json->length > 0 ? json->buffer[json->length - 1] : '{';
    return last == '{' || last == '[';
}

static void put_key(json_writer_t *json, const char *key)
{
    if (!is_fresh(json)) put(json, ",", 1);
    if (key == NULL) return;
    put(json, "\"", 1);
    put(json, key, strlen(key));
    put(json, "\":", 2);
}

static void put_control(json_writer_t *json, unsigned char byte)
{
    char escape[8];
    int length = snprintf(escape, sizeof escape, "\\u%04x", byte);
    put(json, escape, (size_t)length);
}

void json_write_string(json_writer_t *json, const char *key, const char *value)
{
    put_key(json, key);
    put(json, "\"", 1);
    const unsigned char *text = (const unsigned char *)value;
    while (*text != '\0' && !json->overflow) {
        size_t length = utf8_length(text);
        if (length == 0) {
            put(json, "\xef\xbf\xbd", 3);
            length = 1;
        } else if (*text == '"' || *text == '\\') {
            put(json, *text == '"' ? "\\\"" : "\\\\", 2);
        } else if (*text == '\n') {
            put(json, "\\n", 2);
        } else if (*text < ' ' || *text == 0x7f) {
            put_control(json, *text);
        } else {
            put(json, (const char *)text, length);
        }
        text += length;
    }
    put(json, "\"", 1);
}

void json_write_integer(json_writer_t *json, const char *key, int64_t value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRId64, value);
    put_key(json, key);
    put(json, text, (size_t)length);
}

/* The JVM sets the user's locale, in which printf's decimal point may be a comma or several bytes long:
 * whatever is not a digit, a sign or an exponent becomes the one point of JSON. */
static size_t unlocalise(char *text)
{
    size_t length = 0;
    for (const char *from = text; *from != '\0'; from++) {
        if (strchr("0123456789+-e", *from) != NULL) {
            text[length++] = *from;
        } else if (length > 0 && text[length - 1] != '.') {
            text[length++] = '.';
        }
    }
    text[length] = '\0';
    return length;
}

static size_t drop_trailing_zeros(const char *text, size_t length)
{
    if (strchr(text, '.') == NULL) return length;
    while (text[length - 1] == '0')
        length--;
    return text[length - 1] == '.' ? length - 1 : length;
}

void json_write_number(json_writer_t *json, const char *key, double value, int digits)
{
    put_key(json, key);
    if (!isfinite(value)) {
        put(json, "null", 4);
        return;
    }
    int kept = digits < 0 ? 0 : digits > MAX_DIGITS ? MAX_DIGITS : digits;
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%.*f", kept, value);
    size_t length = drop_trailing_zeros(text, unlocalise(text));
    bool negative_zero = length == 2 && text[0] == '-' && text[1] == '0';
    put(json, negative_zero ? "0" : text, negative_zero ? 1 : length);
}

void json_write_exact(json_writer_t *json, const char *key, double value)
{
    put_key(json, key);
    if (!isfinite(value)) {
        put(json, "null", 4);
        return;
    }
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%.17g", value);
    put(json, text, unlocalise(text));
}

void json_write_boolean(json_writer_t *json, const char *key, bool value)
{
    put_key(json, key);
    put(json, value ? "true" : "false", value ? 4 : 5);
}

void json_write_null(json_writer_t *json, const char *key)
{
    put_key(json, key);
    put(json, "null", 4);
}

void json_write_open_object(json_writer_t *json, const char *key)
{
    put_key(json, key);
    put(json, "{", 1);
}

void json_write_close_object(json_writer_t *json)
{
    put(json, "}", 1);
}

void json_write_open_array(json_writer_t *json, const char *key)
{
    put_key(json, key);
    put(json, "[", 1);
}

void json_write_close_array(json_writer_t *json)
{
    put(json, "]", 1);
}

bool json_write_end(json_writer_t *json)
{
    if (json->overflow) return false;
    json->buffer[json->length++] = '}';
    json->buffer[json->length] = '\0';
    return true;
}
