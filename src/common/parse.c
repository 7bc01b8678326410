#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_TEXT_SIZE = 128, NAME_LENGTH_MAXIMUM = 63 };

static const int64_t duration_maximum_ns = INT64_C(1) << 62;

typedef struct {
    const char *symbol;
    const char *word; /* singular */
    int64_t ns;
} unit_t;

static const unit_t units[] = {
    {"h", "hour", INT64_C(3600000000000)}, {"m", "minute", INT64_C(60000000000)},
    {"s", "second", INT64_C(1000000000)},  {"ms", "millisecond", INT64_C(1000000)},
    {"us", "microsecond", INT64_C(1000)},  {"ns", "nanosecond", INT64_C(1)},
};

enum { UNIT_COUNT = sizeof units / sizeof units[0] };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_length(const char *text)
{
    size_t length = 0;
    while (is_digit(text[length]))
        length++;
    return length;
}

/* Length of the unsigned decimal number that `text` begins with, 0 when there is none. */
static size_t number_length(const char *text)
{
    size_t digits = digits_length(text);
    size_t length = digits;
    if (text[length] == '.') {
        size_t fraction = digits_length(text + length + 1);
        digits += fraction;
        length += 1 + fraction;
    }
    if (digits == 0) return 0;
    if (text[length] == 'e' || text[length] == 'E') {
        size_t sign = text[length + 1] == '+' || text[length + 1] == '-';
        size_t exponent = digits_length(text + length + 1 + sign);
        if (exponent > 0) length += 1 + sign + exponent;
    }
    return length;
}

/* strtod() expects the decimal point of the current locale, which a JVM sets from the environment. */
static bool convert_number(const char *text, size_t length, double *value)
{
    const char *point = nl_langinfo(RADIXCHAR);
    size_t point_length = strlen(point);
    char buffer[NUMBER_TEXT_SIZE];
    if (length + point_length >= sizeof buffer) return false;
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.') {
            memcpy(buffer + used, point, point_length);
            used += point_length;
        } else {
            buffer[used++] = text[i];
        }
    }
    buffer[used] = '\0';
    char *end;
    double result = strtod(buffer, &end);
    if (end != buffer + used || !isfinite(result)) return false;
    *value = result;
    return true;
}

bool parse_integer(const char *text, int64_t *value)
{
    size_t sign = *text == '+' || *text == '-';
    size_t digits = digits_length(text + sign);
    if (digits == 0 || text[sign + digits] != '\0') return false;
    errno = 0;
    long long result = strtoll(text, NULL, 10);
    if (errno == ERANGE) return false;
    *value = result;
    return true;
}

bool parse_number(const char *text, double *value)
{
    size_t sign = *text == '+' || *text == '-';
    size_t length = number_length(text + sign);
    if (length == 0 || text[sign + length] != '\0') return false;
    return convert_number(text, sign + length, value);
}

static const unit_t *find_unit(const char *text)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strcmp(text, units[i].symbol) == 0) return &units[i];
    if (*text++ != ' ') return NULL;
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        size_t length = strlen(units[i].word);
        if (strncmp(text, units[i].word, length) != 0) continue;
        const char *rest = text + length;
        if (*rest == '\0' || strcmp(rest, "s") == 0) return &units[i];
    }
    return NULL;
}

bool parse_duration_ns(const char *text, int64_t *value_ns)
{
    if (strcmp(text, "0") == 0) {
        *value_ns = 0;
        return true;
    }
    size_t length = number_length(text);
    if (length == 0) return false;
    const unit_t *unit = find_unit(text + length);
    if (unit == NULL) return false;

    /* Whole numbers stay exact: a double would round nanoseconds above 2^53. */
    if (digits_length(text) == length) {
        errno = 0;
        unsigned long long whole = strtoull(text, NULL, 10);
        if (errno == ERANGE || whole > (unsigned long long)(duration_maximum_ns / unit->ns)) return false;
        *value_ns = (int64_t)whole * unit->ns;
        return true;
    }
    double number;
    if (!convert_number(text, length, &number)) return false;
    double ns = round(number * (double)unit->ns);
    if (ns > (double)duration_maximum_ns) return false;
    *value_ns = (int64_t)ns;
    return true;
}

bool parse_size_bytes(const char *text, int64_t *value_bytes)
{
    static const char *const symbols[] = {"B", "KB", "MB", "GB", "TB"};
    if (strcmp(text, "0") == 0) {
        *value_bytes = 0;
        return true;
    }
    double number;
    size_t length = number_length(text);
    if (length == 0 || !convert_number(text, length, &number)) return false;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        if (strcasecmp(text + length, symbols[i]) != 0) continue;
        double bytes = floor(ldexp(number, 10 * (int)i));
        if (bytes > 0x1p62) return false;
        *value_bytes = (int64_t)bytes;
        return true;
    }
    return false;
}

const char *format_duration_ns(int64_t value_ns, char *buffer, size_t size)
{
    const unit_t *unit = &units[0];
    if (value_ns == 0)
        unit = &units[2];
    else
        while (value_ns % unit->ns != 0)
            unit++;
    snprintf(buffer, size, "%" PRId64 "%s", value_ns / unit->ns, unit->symbol);
    return buffer;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance, ignoring case: insertions, deletions, substitutions and swaps of
 * neighbours. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NAME_LENGTH_MAXIMUM + 1];
    size_t *before_last = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                row[j] = least(row[j], before_last[j - 2] + 1);
        }
        size_t *oldest = before_last;
        before_last = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

int name_index(const char *word, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0) return i;
    return -1;
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > NAME_LENGTH_MAXIMUM) return NULL;
    size_t nearest_distance = (length + 2) / 3 + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_length = strlen(names[i]);
        if (name_length > NAME_LENGTH_MAXIMUM) continue;
        size_t distance = edit_distance(word, length, names[i], name_length);
        if (distance < nearest_distance) {
            nearest_distance = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
