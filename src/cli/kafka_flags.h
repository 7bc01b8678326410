/*
 * How subcommands are told which Kafka to use: --broker, --config FILE and -X KEY=VALUE.
 */
#ifndef ADAPTIVESTREAM_CLI_KAFKA_FLAGS_H
#define ADAPTIVESTREAM_CLI_KAFKA_FLAGS_H

#include "client/client_config.h"
#include "common/flags.h"
#include "common/properties.h"

#include <stdbool.h>
#include <stddef.h>

/* The flags as typed. */
typedef struct {
    const char *broker, *config_path;
    bool broker_given;
    flag_list_t properties;
} kafka_flags_t;

/* Entries of a table of flags that fill `variable`, a kafka_flags_t. */
#define KAFKA_BROKER_FLAG(variable)                                                                          \
    {                                                                                                        \
        .name = "--broker", .type = FLAG_TEXT, .value = &(variable).broker,                                  \
        .given = &(variable).broker_given, .argument = "HOST:PORT", .preset = "localhost:9092",              \
        .help = "Kafka bootstrap servers, separated by commas"                                               \
    }
#define KAFKA_PROPERTY_FLAG(variable)                                                                        \
    {                                                                                                        \
        .name = "-X", .type = FLAG_LIST, .value = &(variable).properties, .argument = "KEY=VALUE",           \
        .help = "Set a librdkafka property, as in -X security.protocol=SASL_SSL; may be repeated"            \
    }
#define KAFKA_CONFIG_FLAG(variable)                                                                          \
    {                                                                                                        \
        .name = "--config", .type = FLAG_TEXT, .value = &(variable).config_path, .argument = "FILE",         \
        .help = "Read librdkafka properties from a file, as shown below; -X wins"                            \
    }

/* What --help of `command` says on security. */
#define KAFKA_SECURITY_NOTES(command)                                                                        \
    "Security, and whatever else the Kafka client can do, is set by librdkafka properties. Other users of "  \
    "this\n"                                                                                                 \
    "machine can read a command line, so a password belongs in a file, say client.properties, that only "    \
    "you can\n"                                                                                              \
    "read:\n"                                                                                                \
    "  security.protocol=SASL_SSL\n"                                                                         \
    "  sasl.mechanisms=SCRAM-SHA-512\n"                                                                      \
    "  sasl.username=alice\n"                                                                                \
    "  sasl.password=...\n"                                                                                  \
    "  # ssl.ca.location=/path/to/ca.pem\n"                                                                  \
    "and then: adaptivestream " command " --config client.properties --broker HOST:PORT --topic NAME"

/* Reads the file of --config, if there is one. *settings points into *kafka and *file, which is to be freed by
 * properties_free(). On failure nothing needs freeing and `error` holds one sentence. */
bool kafka_flags_settings(const kafka_flags_t *kafka, properties_t *file, client_settings_t *settings,
                          char *error, size_t error_size);

#endif
