#include "client/client_config.h"

#include "common/log.h"
#include "common/parse.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SIZE = 128, REASON_SIZE = 256, ORIGIN_SIZE = 1024, NAMES_MAXIMUM = 512 };

static bool is_secret(const char *key)
{
    static const char *const words[] = {"password", "secret", "pem", "jaas", "oauthbearer", "token"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(key, words[i]) != NULL) return true;
    return false;
}

/* Where a secret stands in the place of a key ("c2VjcmV0=="), it is not to be shown as an unknown property. */
static bool looks_like_property(const char *key)
{
    return key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

static const char *nearest_property(const rd_kafka_conf_t *config, const char *key, char *buffer, size_t size)
{
    const char *names[NAMES_MAXIMUM];
    size_t pair_count, count = 0;
    rd_kafka_conf_t *copy = rd_kafka_conf_dup(config); /* dumping wants a configuration that may change */
    const char **pairs = rd_kafka_conf_dump(copy, &pair_count);
    for (size_t i = 0; i + 1 < pair_count && count < NAMES_MAXIMUM; i += 2)
        names[count++] = pairs[i];
    const char *nearest = nearest_name(key, names, count);
    if (nearest != NULL) snprintf(buffer, size, "%s", nearest);
    rd_kafka_conf_dump_free(pairs, pair_count);
    rd_kafka_conf_destroy(copy);
    return nearest != NULL ? buffer : NULL;
}

/* `origin` begins the message: "-X " or "FILE:LINE: ". */
static bool set_property(rd_kafka_conf_t *config, const char *origin, const char *key, const char *value,
                         char *error, size_t error_size)
{
    char reason[REASON_SIZE], buffer[KEY_SIZE];
    switch (rd_kafka_conf_set(config, key, value, reason, sizeof reason)) {
    case RD_KAFKA_CONF_OK:
        if (strcmp(key, "debug") == 0) log_set_level(LOG_DEBUG);
        return true;
    case RD_KAFKA_CONF_INVALID:
        if (is_secret(key))
            snprintf(error, error_size, "%sKafka property %s: its value is not allowed", origin, key);
        else
            snprintf(error, error_size, "%sKafka property %s=%s: %s", origin, key, value, reason);
        return false;
    default:
        break;
    }
    if (!looks_like_property(key)) {
        snprintf(error, error_size,
                 "%sno Kafka property has such a name; names are in small letters, such as "
                 "security.protocol",
                 origin);
        return false;
    }
    const char *nearest = nearest_property(config, key, buffer, sizeof buffer);
    snprintf(error, error_size, "%sunknown Kafka property %s%s%s%s", origin, key,
             nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "?" : "");
    return false;
}

static bool set_argument(rd_kafka_conf_t *config, const char *text, char *error, size_t error_size)
{
    char key[KEY_SIZE];
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof key) {
        snprintf(error, error_size,
                 "-X: a Kafka property is key=value, such as -X linger.ms=0; what was given is not shown, "
                 "it may be a secret");
        return false;
    }
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    return set_property(config, "-X: ", key, equals + 1, error, error_size);
}

bool client_config_set(rd_kafka_conf_t *config, const client_preset_t *presets, size_t preset_count,
                       const client_settings_t *settings, char *error, size_t error_size)
{
    for (size_t i = 0; i < preset_count; i++)
        if (!set_property(config, "", presets[i].key, presets[i].value, error, error_size)) return false;
    for (size_t i = 0; settings->file != NULL && i < settings->file->count; i++) {
        const property_t *property = &settings->file->items[i];
        char origin[ORIGIN_SIZE];
        snprintf(origin, sizeof origin, "%s:%zu: ", settings->file_path, property->line);
        if (!set_property(config, origin, property->key, property->value, error, error_size)) return false;
    }
    if (!set_property(config, "--broker: ", "bootstrap.servers", settings->broker, error, error_size))
        return false;
    for (size_t i = 0; i < settings->argument_count; i++)
        if (!set_argument(config, settings->arguments[i], error, error_size)) return false;
    return true;
}
