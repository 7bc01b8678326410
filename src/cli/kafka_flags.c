#include "cli/kafka_flags.h"

#include <stdio.h>

enum { REASON_SIZE = 1024 };

bool kafka_flags_settings(const kafka_flags_t *kafka, properties_t *file, client_settings_t *settings,
                          char *error, size_t error_size)
{
    char reason[REASON_SIZE];
    *file = (properties_t){0};
    if (kafka->config_path != NULL && !properties_load(kafka->config_path, file, reason, sizeof reason)) {
        snprintf(error, error_size, "--config: %s", reason);
        return false;
    }
    /* The file may hold the whole address of a cluster; a --broker that was typed wins. */
    const char *file_broker = properties_find(file, "bootstrap.servers");
    *settings = (client_settings_t){
        .broker = kafka->broker_given || file_broker == NULL ? kafka->broker : file_broker,
        .file_path = kafka->config_path,
        .file = file,
        .arguments = kafka->properties.items,
        .argument_count = kafka->properties.count,
    };
    return true;
}
