/*
 * The value of one event: a JSON object with the keys of the original generator.
 *
 *     {"ts":1735689600.125,"value":417,"rate_target":200,"second":12,"payload":"xxxx"}
 */
#ifndef ADAPTIVESTREAM_GENERATOR_EVENT_H
#define ADAPTIVESTREAM_GENERATOR_EVENT_H

#include <stddef.h>
#include <stdint.h>

enum { EVENT_PAYLOAD_MAXIMUM = 1000000 };

/* Writes values into one buffer that it owns. */
typedef struct event_writer event_writer_t;

typedef struct {
    int64_t timestamp_ms; /* scheduled time, since the epoch; "ts" is the same in seconds */
    int64_t value;
    double rate_per_s;
    int64_t second; /* whole seconds since the start of the run */
} generated_event_t;

/* `payload_bytes` (0 to EVENT_PAYLOAD_MAXIMUM) is the length of the payload's text. NULL when memory is
 * short. */
event_writer_t *event_writer_new(size_t payload_bytes);

/* The JSON text, valid until the next call; its length in *length. */
const char *event_write(event_writer_t *writer, const generated_event_t *event, size_t *length);

void event_writer_free(event_writer_t *writer);

#endif
