/*
 * A Kafka topic to write to. One thread; delivery reports are counted while producer_poll(), producer_flush()
 * or producer_give_up() runs.
 *
 * Settings suit measuring: linger 5 ms, no compression, idempotent (a retry neither doubles nor reorders
 * events), given up 30 s after the event was handed over. Any of them can be overridden by `properties`.
 * Events have no key and go to the partitions in turn, so that all get equal shares. The topic is never
 * created.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_PRODUCER_H
#define ADAPTIVESTREAM_GENERATOR_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct producer producer_t;

enum { PRODUCER_REASON_SIZE = 256 };

typedef struct {
    const char *broker; /* host:port[,host:port] */
    const char *topic;
    const char *const *properties; /* librdkafka properties "key=value"; they win over ours */
    size_t property_count;
} producer_request_t;

typedef struct {
    uint64_t delivered;
    uint64_t failed;                          /* refused when handed over, or not acknowledged */
    char first_failure[PRODUCER_REASON_SIZE]; /* why, "" when none failed */
    bool fatal;                               /* Kafka will accept nothing more from this producer */
} producer_counts_t;

typedef enum {
    PRODUCER_OPENED,
    PRODUCER_BAD_PROPERTY, /* the caller's mistake */
    PRODUCER_UNAVAILABLE,  /* broker not reachable within 10 s, no such topic, access denied ... */
    PRODUCER_INTERRUPTED   /* interrupt_count() rose while connecting */
} producer_status_t;

/* Connects and checks that the topic exists. Unless PRODUCER_OPENED, *producer is NULL and `error` holds one
 * sentence that names the broker, topic or property and what to do. */
producer_status_t producer_open(const producer_request_t *request, producer_t **producer, char *error,
                                size_t error_size);

/* Hands over one event; the value is copied. False when the queue is full: poll and try again. Every other
 * outcome, also a refusal, is counted and returns true. `timestamp_ms` becomes the message's CreateTime. */
bool producer_send(producer_t *producer, const char *value, size_t length, int64_t timestamp_ms);

/* Counts what has been acknowledged, waiting up to timeout_ms for the first. */
void producer_poll(producer_t *producer, int timeout_ms);

/* Sends what lingers and waits up to timeout_ms until every event is delivered or has failed. Returns how
 * many are still open. */
size_t producer_flush(producer_t *producer, int timeout_ms);

/* Counts what is still open as failed. */
void producer_give_up(producer_t *producer);

/* What the client complained of since the last call, at most one text every 10 s; NULL when there is nothing.
 * The text is valid until the next call of any function of the producer. */
const char *producer_take_warning(producer_t *producer);

const producer_counts_t *producer_counts(const producer_t *producer);

/* NULL is allowed. */
void producer_close(producer_t *producer);

#endif
