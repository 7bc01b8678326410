/*
 * The settings of a Kafka client: ours, then those of a file, then those typed with -X; later ones win.
 *
 * Values may be secrets. A message shows one only where librdkafka knows the property, the value is wrong, and
 * the property is none of those that hold secrets.
 */
#ifndef ADAPTIVESTREAM_CLIENT_CLIENT_CONFIG_H
#define ADAPTIVESTREAM_CLIENT_CLIENT_CONFIG_H

#include "common/properties.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *key, *value;
} client_preset_t;

typedef struct {
    const char *broker;           /* bootstrap.servers */
    const char *file_path;        /* of `file`, for messages */
    const properties_t *file;     /* NULL: none */
    const char *const *arguments; /* "key=value" */
    size_t argument_count;
} client_settings_t;

/* Sets them all. On failure `error` holds one sentence that names the property and where it comes from. */
bool client_config_set(rd_kafka_conf_t *config, const client_preset_t *presets, size_t preset_count,
                       const client_settings_t *settings, char *error, size_t error_size);

#endif
