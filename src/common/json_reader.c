#include "common/json_reader.h"

#include "common/parse.h"
#include "common/utf8.h"

#include <math.h>
#include <string.h>

enum { NUMBER_LENGTH_MAXIMUM = 100 };

void json_read_begin(json_reader_t *json, const char *text, size_t length)
{
    *json = (json_reader_t){.begin = text, .at = text, .end = text + length};
}

bool json_read_fail(json_reader_t *json, const char *fault)
{
    if (json->fault == NULL) json->fault = fault;
    return false;
}

size_t json_read_offset(const json_reader_t *json)
{
    return (size_t)(json->at - json->begin);
}

/* The next byte that is no white space, or NUL at the end, which no value begins with. */
static char next_byte(json_reader_t *json)
{
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
        json->at++;
    return json->at < json->end ? *json->at : '\0';
}

json_kind_t json_read_kind(json_reader_t *json)
{
    if (json->fault != NULL) return JSON_KIND_NONE;
    switch (next_byte(json)) {
    case '{':
        return JSON_KIND_OBJECT;
    case '[':
        return JSON_KIND_ARRAY;
    case '"':
        return JSON_KIND_STRING;
    case 't':
    case 'f':
        return JSON_KIND_BOOLEAN;
    case 'n':
        return JSON_KIND_NULL;
    case '-':
        return JSON_KIND_NUMBER;
    default:
        return json->at < json->end && *json->at >= '0' && *json->at <= '9' ? JSON_KIND_NUMBER
                                                                            : JSON_KIND_NONE;
    }
}

static bool enter(json_reader_t *json, char bracket, const char *fault)
{
    if (json->fault != NULL) return false;
    if (next_byte(json) != bracket) return json_read_fail(json, fault);
    if (json->depth == JSON_READ_DEPTH_MAXIMUM) return json_read_fail(json, "it is nested too deeply");
    json->at++;
    json->depth++;
    json->fresh = true;
    return true;
}

bool json_read_object(json_reader_t *json)
{
    return enter(json, '{', "an object is expected");
}

bool json_read_array(json_reader_t *json)
{
    return enter(json, '[', "an array is expected");
}

/* Moves to the next thing in the innermost object or array; false when it ends here. */
static bool advance(json_reader_t *json, char bracket)
{
    if (json->fault != NULL) return false;
    const char byte = next_byte(json);
    const bool fresh = json->fresh;
    json->fresh = false;
    if (byte == bracket) {
        json->at++;
        json->depth--;
        return false;
    }
    if (fresh) return true;
    if (byte != ',')
        return json_read_fail(json, bracket == '}' ? "',' or '}' is expected" : "',' or ']' is expected");
    json->at++;
    return true;
}

/* The four digits behind \u, or -1. */
static int hexadecimal(const char *text, const char *end)
{
    int value = 0;
    if (end - text < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const char c = text[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Bytes of a code point in UTF-8. */
static size_t encode_utf8(uint32_t point, char *bytes)
{
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        bytes[0] = (char)(0xe0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | point >> 18);
    bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

/* The escape at json->at, which stands on the backslash; 0 bytes is a fault. */
static size_t read_escape(json_reader_t *json, char *bytes)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *at = json->at + 1;
    const char *letter = at < json->end && *at != '\0' ? strchr(letters, *at) : NULL;
    if (letter != NULL) {
        json->at += 2;
        bytes[0] = values[letter - letters];
        return 1;
    }
    int unit = at < json->end && *at == 'u' ? hexadecimal(at + 1, json->end) : -1;
    if (unit < 0) return json_read_fail(json, "a string has a wrong escape");
    json->at += 6;
    uint32_t point = (uint32_t)unit;
    if (unit >= 0xd800 && unit <= 0xdfff) {
        point = 0xfffd;
        int low = -1;
        if (unit < 0xdc00 && json->end - json->at >= 6 && json->at[0] == '\\' && json->at[1] == 'u')
            low = hexadecimal(json->at + 2, json->end);
        if (low >= 0xdc00 && low <= 0xdfff) {
            point = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            json->at += 6;
        }
    }
    if (point == 0) return json_read_fail(json, "a string holds U+0000");
    return encode_utf8(point, bytes);
}

/* What is in the string at json->at, behind its first quote, into `text`. *length is what the whole needs. */
static bool read_text(json_reader_t *json, char *text, size_t size, size_t *length)
{
    *length = 0;
    while (json->at < json->end && *json->at != '"') {
        char bytes[4];
        size_t count = 1;
        if (*json->at == '\\') {
            count = read_escape(json, bytes);
            if (count == 0) return false;
        } else if ((unsigned char)*json->at < ' ') {
            return json_read_fail(json, "a string holds a control character");
        } else if ((unsigned char)*json->at < 0x80) {
            bytes[0] = *json->at++;
        } else {
            /* utf8_length() stops at the first wrong byte, so a terminated copy keeps it within the buffer. */
            unsigned char copy[5] = {0};
            const size_t left = (size_t)(json->end - json->at);
            memcpy(copy, json->at, left < 4 ? left : 4);
            count = utf8_length(copy);
            if (count == 0) return json_read_fail(json, "a string is not UTF-8");
            memcpy(bytes, copy, count);
            json->at += count;
        }
        if (*length + count < size) memcpy(text + *length, bytes, count);
        *length += count;
    }
    if (json->at == json->end) return json_read_fail(json, "a string has no end");
    json->at++;
    if (size > 0) text[*length < size ? *length : size - 1] = '\0';
    return true;
}

bool json_read_string(json_reader_t *json, char *text, size_t size)
{
    if (json->fault != NULL) return false;
    if (next_byte(json) != '"') return json_read_fail(json, "a string is expected");
    json->at++;
    size_t length;
    if (!read_text(json, text, size, &length)) return false;
    if (length >= size) return json_read_fail(json, "a string is too long");
    return true;
}

bool json_read_member(json_reader_t *json, char *key, size_t size)
{
    if (!advance(json, '}')) return false;
    if (next_byte(json) != '"') return json_read_fail(json, "a member's name is expected");
    json->at++;
    size_t length;
    if (!read_text(json, key, size, &length)) return false;
    if (length >= size) key[0] = '\0';
    if (next_byte(json) != ':') return json_read_fail(json, "':' is expected");
    json->at++;
    return true;
}

bool json_read_element(json_reader_t *json)
{
    return advance(json, ']');
}

static size_t count_digits(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return (size_t)(at - from);
}

/* Length of the number at json->at by JSON's grammar, 0 when there is none. *whole: it has neither point nor exponent. */
static size_t number_length(const json_reader_t *json, bool *whole)
{
    const char *at = json->at;
    if (at < json->end && *at == '-') at++;
    size_t digits = count_digits(at, json->end);
    if (digits == 0 || (digits > 1 && *at == '0')) return 0;
    at += digits;
    *whole = true;
    if (at < json->end && *at == '.') {
        digits = count_digits(at + 1, json->end);
        if (digits == 0) return 0;
        at += 1 + digits;
        *whole = false;
    }
    if (at < json->end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < json->end && (*at == '+' || *at == '-')) at++;
        digits = count_digits(at, json->end);
        if (digits == 0) return 0;
        at += digits;
        *whole = false;
    }
    return (size_t)(at - json->at);
}

/* Most numbers are short: up to 15 digits and a power of ten up to 22 are exact as doubles, so that one division gives
 * the nearest one (W. Clinger, "How to read floating point numbers accurately", 1990). */
static bool read_short_number(const char *text, size_t length, double *value)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    if (length > 16) return false;
    int64_t digits = 0;
    size_t i = text[0] == '-', after_point = 0;
    bool point = false;
    for (; i < length; i++) {
        if (text[i] == '.') {
            point = true;
        } else if (text[i] >= '0' && text[i] <= '9') {
            digits = digits * 10 + (text[i] - '0');
            after_point += point;
        } else {
            return false;
        }
    }
    if (digits >= INT64_C(1000000000000000)) return false;
    *value = (double)digits / powers[after_point];
    if (text[0] == '-') *value = -*value;
    return true;
}

static bool read_null(json_reader_t *json)
{
    if (next_byte(json) != 'n' || json->end - json->at < 4 || memcmp(json->at, "null", 4) != 0) return false;
    json->at += 4;
    return true;
}

bool json_read_number(json_reader_t *json, double *value)
{
    if (json->fault != NULL) return false;
    if (read_null(json)) {
        *value = NAN;
        return true;
    }
    bool whole;
    const size_t length = number_length(json, &whole);
    if (length == 0) return json_read_fail(json, "a number is expected");
    if (!read_short_number(json->at, length, value)) {
        char text[NUMBER_LENGTH_MAXIMUM + 1];
        if (length > NUMBER_LENGTH_MAXIMUM) return json_read_fail(json, "a number is too long");
        memcpy(text, json->at, length);
        text[length] = '\0';
        if (!parse_number(text, value)) return json_read_fail(json, "a number is out of range");
    }
    json->at += length;
    return true;
}

bool json_read_integer(json_reader_t *json, int64_t *value)
{
    if (json->fault != NULL) return false;
    next_byte(json);
    bool whole = false;
    const size_t length = number_length(json, &whole);
    char text[24];
    if (length == 0 || !whole) return json_read_fail(json, "a whole number is expected");
    if (length >= sizeof text) return json_read_fail(json, "a number is out of range");
    memcpy(text, json->at, length);
    text[length] = '\0';
    if (!parse_integer(text, value)) return json_read_fail(json, "a number is out of range");
    json->at += length;
    return true;
}

bool json_read_boolean(json_reader_t *json, bool *value)
{
    if (json->fault != NULL) return false;
    next_byte(json);
    const size_t left = (size_t)(json->end - json->at);
    *value = left >= 4 && memcmp(json->at, "true", 4) == 0;
    if (!*value && (left < 5 || memcmp(json->at, "false", 5) != 0))
        return json_read_fail(json, "true or false is expected");
    json->at += *value ? 4 : 5;
    return true;
}

static bool skip_scalar(json_reader_t *json)
{
    double number;
    bool boolean;
    size_t length;
    switch (json_read_kind(json)) {
    case JSON_KIND_STRING:
        json->at++;
        return read_text(json, NULL, 0, &length);
    case JSON_KIND_BOOLEAN:
        return json_read_boolean(json, &boolean);
    case JSON_KIND_NUMBER:
    case JSON_KIND_NULL:
        return json_read_number(json, &number);
    default:
        return json_read_fail(json, "a value is expected");
    }
}

bool json_read_skip(json_reader_t *json)
{
    bool is_object[JSON_READ_DEPTH_MAXIMUM + 1];
    const int outside = json->depth;
    char key[1];
    do {
        const json_kind_t kind = json_read_kind(json);
        if (kind == JSON_KIND_OBJECT || kind == JSON_KIND_ARRAY) {
            if (!(kind == JSON_KIND_OBJECT ? json_read_object(json) : json_read_array(json))) return false;
            is_object[json->depth] = kind == JSON_KIND_OBJECT;
        } else if (!skip_scalar(json)) {
            return false;
        }
        /* Out of what ends here, to the next value of what does not. */
        while (json->depth > outside &&
               !(is_object[json->depth] ? json_read_member(json, key, sizeof key) : json_read_element(json)))
            if (json->fault != NULL) return false;
    } while (json->depth > outside);
    return true;
}

bool json_read_end(json_reader_t *json)
{
    if (json->fault != NULL) return false;
    if (next_byte(json) != '\0' || json->at != json->end)
        return json_read_fail(json, "something follows the end");
    return json->depth == 0 || json_read_fail(json, "it has no end");
}
