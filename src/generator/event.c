#include "generator/event.h"

#include "common/json_writer.h"

#include <stdlib.h>
#include <string.h>

/* All keys and numbers at their longest, with room to spare. */
enum { FIXED_PART_SIZE = 512 };

struct event_writer {
    size_t size;
    char *buffer;
    char *payload;
};

event_writer_t *event_writer_new(size_t payload_bytes)
{
    event_writer_t *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return NULL;
    writer->size = payload_bytes + FIXED_PART_SIZE;
    writer->buffer = malloc(writer->size);
    writer->payload = malloc(payload_bytes + 1);
    if (writer->buffer == NULL || writer->payload == NULL) {
        event_writer_free(writer);
        return NULL;
    }
    memset(writer->payload, 'x', payload_bytes);
    writer->payload[payload_bytes] = '\0';
    return writer;
}

const char *event_write(event_writer_t *writer, const generated_event_t *event, size_t *length)
{
    json_writer_t json;
    json_begin(&json, writer->buffer, writer->size);
    json_number(&json, "ts", (double)event->timestamp_ms / 1000, 3);
    json_integer(&json, "value", event->value);
    json_number(&json, "rate_target", event->rate_per_s, 3);
    json_integer(&json, "second", event->second);
    json_string(&json, "payload", writer->payload);
    (void)json_end(&json); /* cannot overflow: the buffer is sized for the longest values */
    *length = json.length;
    return writer->buffer;
}

void event_writer_free(event_writer_t *writer)
{
    if (writer == NULL) return;
    free(writer->buffer);
    free(writer->payload);
    free(writer);
}
