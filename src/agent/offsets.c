#include "agent/offsets.h"

static const int64_t largest_total = INT64_C(1) << 62;

typedef struct {
    const char *next;
    const char *end;
    int64_t total;
} reader_t;

static void skip_space(reader_t *reader)
{
    while (reader->next < reader->end &&
           (*reader->next == ' ' || *reader->next == '\t' || *reader->next == '\n' || *reader->next == '\r'))
        reader->next++;
}

/* Takes `wanted` with the white space around it, or leaves the reader where it is. */
static bool take(reader_t *reader, char wanted)
{
    skip_space(reader);
    if (reader->next == reader->end || *reader->next != wanted) return false;
    reader->next++;
    skip_space(reader);
    return true;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* A string's content does not matter, only where it ends: topics may hold any escaped character. */
static bool take_topic(reader_t *reader)
{
    if (reader->next == reader->end || *reader->next != '"') return false;
    for (reader->next++; reader->next < reader->end; reader->next++) {
        unsigned char character = (unsigned char)*reader->next;
        if (character < 0x20) return false;
        if (character == '"') {
            reader->next++;
            return true;
        }
        if (character == '\\' && ++reader->next == reader->end) return false;
    }
    return false;
}

static bool take_partition(reader_t *reader)
{
    if (reader->next == reader->end || *reader->next != '"') return false;
    const char *first = ++reader->next;
    while (reader->next < reader->end && is_digit(*reader->next))
        reader->next++;
    if (reader->next == first || reader->next == reader->end || *reader->next != '"') return false;
    reader->next++;
    return true;
}

static bool take_offset(reader_t *reader)
{
    const char *first = reader->next;
    int64_t value = 0;
    while (reader->next < reader->end && is_digit(*reader->next)) {
        int digit = *reader->next++ - '0';
        if (value > (largest_total - digit) / 10) return false;
        value = value * 10 + digit;
    }
    ptrdiff_t digits = reader->next - first;
    if (digits == 0 || (digits > 1 && *first == '0') || value > largest_total - reader->total) return false;
    reader->total += value;
    return true;
}

typedef bool (*take_part_t)(reader_t *reader);

/* { key : value, ... } */
static bool take_object(reader_t *reader, take_part_t take_key, take_part_t take_value)
{
    if (!take(reader, '{')) return false;
    if (take(reader, '}')) return true;
    do {
        if (!take_key(reader) || !take(reader, ':') || !take_value(reader)) return false;
    } while (take(reader, ','));
    return take(reader, '}');
}

static bool take_partitions(reader_t *reader)
{
    return take_object(reader, take_partition, take_offset);
}

bool offsets_total(const char *text, size_t size, int64_t *total)
{
    reader_t reader = {.next = text, .end = text + size};
    if (!take_object(&reader, take_topic, take_partitions) || reader.next != reader.end) return false;
    *total = reader.total;
    return true;
}
