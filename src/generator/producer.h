/*
 * A Kafka topic to write to. One thread; delivery reports are counted while producer_poll(), producer_flush()
 * or producer_give_up() runs.
 *
 * All partitions of the topic are written to. Events without a key go to them in turn, so that all get equal
 * shares; an event with a key goes where Java's default partitioner puts it, the murmur2 hash of the key
 * modulo the number of partitions, so that equal keys stay together. The topic is never created.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_PRODUCER_H
#define ADAPTIVESTREAM_GENERATOR_PRODUCER_H

#include "client/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct producer producer_t;

typedef struct {
    client_settings_t client;
    const char *topic;
    /* Called for each event that Kafka has acknowledged; may be NULL. */
    void (*acknowledged)(void *context, uintptr_t ticket);
    void *context;
} producer_request_t;

typedef struct {
    const char *value;
    size_t value_length;
    const char *key; /* NULL: none */
    size_t key_length;
    int64_t timestamp_ms; /* becomes the message's CreateTime */
    uintptr_t ticket;     /* for `acknowledged` */
} producer_event_t;

typedef struct {
    uint64_t delivered;
    uint64_t failed;                        /* refused when handed over, or not acknowledged */
    char first_failure[CLIENT_REASON_SIZE]; /* why, "" when none failed */
    bool fatal;                             /* Kafka will accept nothing more from this producer */
} producer_counts_t;

/* Connects and checks that the topic exists; `request` must outlive the producer. Unless CLIENT_OPENED,
 * *producer is NULL and `error` holds one sentence that names the broker, topic or property and what to do.
 */
client_status_t producer_open(const producer_request_t *request, producer_t **producer, char *error,
                              size_t error_size);

/* Hands over one event; value and key are copied. False when the queue is full: poll and try again. Every
 * other outcome, also a refusal, is counted and returns true. */
bool producer_send(producer_t *producer, const producer_event_t *event);

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
