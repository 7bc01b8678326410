/*
 * A connection to a Kafka cluster for one topic that must exist: what sends and what watches have in common.
 * One thread, but for the client's own; errors are noted while rd_kafka_poll() runs.
 */
#ifndef ADAPTIVESTREAM_CLIENT_CLIENT_H
#define ADAPTIVESTREAM_CLIENT_CLIENT_H

#include "client/client_config.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

enum { CLIENT_REASON_SIZE = 256 };

typedef enum {
    CLIENT_OPENED,
    CLIENT_BAD_PROPERTY, /* the caller's mistake */
    CLIENT_UNAVAILABLE,  /* no broker reachable within 10 s or all refuse, no such topic, access denied ... */
    CLIENT_INTERRUPTED   /* interrupt_count() rose while connecting */
} client_status_t;

typedef struct {
    rd_kafka_type_t type;
    const client_preset_t *presets; /* our own settings */
    size_t preset_count;
    /* NULL: none. `opaque` is the client_t. */
    void (*on_delivery)(rd_kafka_t *, const rd_kafka_message_t *, void *opaque);
    void *owner;
} client_kind_t;

typedef struct {
    rd_kafka_t *handle; /* NULL: not connected */
    const client_settings_t *settings;
    void *owner;
    bool fatal;                          /* Kafka will accept nothing more from this client */
    bool complained;                     /* last_error is news */
    char last_error[CLIENT_REASON_SIZE]; /* what the client last complained of, "" when it did not */
} client_t;

/* Connects, checks that the topic exists, which is never created, and counts its partitions. *client must stay
 * where it is and `settings` must outlive it. Unless CLIENT_OPENED, `error` holds one sentence that names the
 * broker, topic or property and what to do. client_close() in any case. */
client_status_t client_open(client_t *client, const client_kind_t *kind, const client_settings_t *settings,
                            const char *topic, int *partition_count, char *error, size_t error_size);

void client_close(client_t *client);

#endif
