#include "generator/event.h"

#include "common/json_writer.h"

#include <stdlib.h>
#include <string.h>

/* RATE_SIZE holds the longest "rate_target" with its key, FIXED_PART_SIZE all but the payload. */
enum { FIXED_PART_SIZE = 512, RATE_SIZE = 384, DIGITS_MAXIMUM = 20 };

struct event_writer {
    size_t size;
    char *buffer;
    char *tail; /* from the payload's key to the end */
    size_t tail_length;
    /* The rate stays for many events, and writing a double takes as long as all the rest: kept as text. */
    double rate_per_s;
    char rate[RATE_SIZE];
    size_t rate_length;
};

static bool write_tail(event_writer_t *writer, size_t payload_bytes)
{
    static const char before[] = ",\"payload\":\"", after[] = "\"}";
    size_t before_length = sizeof before - 1;
    writer->tail_length = before_length + payload_bytes + sizeof after - 1;
    writer->tail = malloc(writer->tail_length + 1);
    if (writer->tail == NULL) return false;
    memcpy(writer->tail, before, before_length);
    memset(writer->tail + before_length, 'x', payload_bytes);
    memcpy(writer->tail + before_length + payload_bytes, after, sizeof after);
    return true;
}

/* ,"rate_target":200 */
static void write_rate(event_writer_t *writer, double rate_per_s)
{
    json_writer_t json;
    json_write_begin(&json, writer->rate, sizeof writer->rate);
    json_write_number(&json, "rate_target", rate_per_s, 3);
    writer->rate[0] = ','; /* the object's brace */
    writer->rate_length = json.length;
    writer->rate_per_s = rate_per_s;
}

event_writer_t *event_writer_new(size_t payload_bytes)
{
    event_writer_t *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return NULL;
    writer->size = payload_bytes + FIXED_PART_SIZE;
    writer->buffer = malloc(writer->size);
    if (writer->buffer == NULL || !write_tail(writer, payload_bytes)) {
        event_writer_free(writer);
        return NULL;
    }
    write_rate(writer, 0);
    return writer;
}

static char *put(char *to, const char *text, size_t length)
{
    memcpy(to, text, length);
    return to + length;
}

static char *put_integer(char *to, int64_t value)
{
    char digits[DIGITS_MAXIMUM];
    size_t used = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--used] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) *to++ = '-';
    return put(to, digits + used, sizeof digits - used);
}

/* Milliseconds as seconds, without trailing zeros: 1735689600.12 */
static char *put_seconds(char *to, int64_t value_ms)
{
    to = put_integer(to, value_ms / 1000);
    int rest = (int)(value_ms % 1000);
    if (rest <= 0) return to; /* no event is before 1970 */
    *to++ = '.';
    for (int unit = 100; rest > 0; rest %= unit, unit /= 10)
        *to++ = (char)('0' + rest / unit);
    return to;
}

#define PUT_TEXT(to, text) put(to, text, sizeof(text) - 1)

const char *event_write(event_writer_t *writer, const generated_event_t *event, size_t *length)
{
    if (event->rate_per_s != writer->rate_per_s) write_rate(writer, event->rate_per_s);
    char *to = PUT_TEXT(writer->buffer, "{\"ts\":");
    to = put_seconds(to, event->timestamp_ms);
    to = PUT_TEXT(to, ",\"value\":");
    to = put_integer(to, event->value);
    to = put(to, writer->rate, writer->rate_length);
    to = PUT_TEXT(to, ",\"second\":");
    to = put_integer(to, event->second);
    to = put(to, writer->tail, writer->tail_length + 1); /* with the terminator */
    *length = (size_t)(to - writer->buffer) - 1;
    return writer->buffer;
}

void event_writer_free(event_writer_t *writer)
{
    if (writer == NULL) return;
    free(writer->buffer);
    free(writer->tail);
    free(writer);
}
