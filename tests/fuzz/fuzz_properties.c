/* The file of Kafka properties on any bytes: a refusal names the file and says why without showing the line,
 * an acceptance holds keys and values without blanks around them. */
/* links: common */
#include "common/properties.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 256 };

static void check(int holds)
{
    if (!holds) abort();
}

static void check_trimmed(const char *text)
{
    size_t length = strlen(text);
    check(strchr(text, '\n') == NULL);
    check(length == 0 || (strchr(" \t\r", text[0]) == NULL && strchr(" \t\r", text[length - 1]) == NULL));
}

static void check_properties(const properties_t *properties)
{
    check(properties->count <= PROPERTIES_MAXIMUM);
    for (size_t i = 0; i < properties->count; i++) {
        const property_t *property = &properties->items[i];
        check_trimmed(property->key);
        check_trimmed(property->value);
        check(property->key[0] != '\0' && property->key[0] != '#' && strchr(property->key, '=') == NULL);
        check(property->line > (i > 0 ? property[-1].line : 0));
        check(properties_find(properties, property->key) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[TEXT_SIZE] = "";
    int fd = memfd_create("properties", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    properties_t properties;
    if (properties_load(path, &properties, error, sizeof error)) {
        check(error[0] == '\0');
        check_properties(&properties);
        properties_free(&properties);
    } else {
        check(strncmp(error, path, strlen(path)) == 0 && strlen(error) < sizeof error - 1);
        check(properties.text == NULL && properties.items == NULL && properties.count == 0);
    }
    close(fd);
    return 0;
}
