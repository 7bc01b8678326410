/*
 * A file of key=value lines, for settings of the Kafka client that do not belong on a command line, such as
 * passwords.
 *
 *     # SASL over TLS
 *     security.protocol=SASL_SSL
 *     sasl.password = any text, also with # and = in it
 *
 * A line that begins with # is a comment; empty lines do nothing. Blanks around key and value are dropped; the
 * value is everything after the first =, and may be empty. Of lines with the same key the last one counts.
 */
#ifndef ADAPTIVESTREAM_COMMON_PROPERTIES_H
#define ADAPTIVESTREAM_COMMON_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>

enum { PROPERTIES_MAXIMUM = 1024, PROPERTIES_SIZE_MAXIMUM = 1024 * 1024 };

typedef struct {
    const char *key;
    const char *value;
    size_t line; /* from 1 */
} property_t;

/* All members owned: properties_free(). */
typedef struct {
    char *text;
    property_t *items; /* in the order of the file */
    size_t count;
} properties_t;

/* On failure *properties is empty, nothing needs freeing, and `error` holds one sentence "FILE:LINE: what is
 * wrong and what is expected". It never shows what the line holds: that may be a secret. */
bool properties_load(const char *path, properties_t *properties, char *error, size_t error_size);

/* The value of the last line with this key; NULL when there is none. */
const char *properties_find(const properties_t *properties, const char *key);

void properties_free(properties_t *properties);

#endif
