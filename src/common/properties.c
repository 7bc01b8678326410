#include "common/properties.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r";

/* The whole file as a string; its length in *size. */
static char *read_file(const char *path, size_t *size, char *error, size_t error_size)
{
    FILE *file = fopen(path, "r");
    char *text = file != NULL ? malloc(PROPERTIES_SIZE_MAXIMUM + 1) : NULL;
    if (text != NULL) *size = fread(text, 1, PROPERTIES_SIZE_MAXIMUM + 1, file);
    if (text == NULL || ferror(file)) {
        snprintf(error, error_size, "%s: cannot be read: %s", path, strerror(errno));
        free(text);
        text = NULL;
    } else if (*size > PROPERTIES_SIZE_MAXIMUM) {
        snprintf(error, error_size, "%s: longer than %d bytes; this is not a file of key=value lines", path,
                 PROPERTIES_SIZE_MAXIMUM);
        free(text);
        text = NULL;
    } else {
        text[*size] = '\0';
    }
    if (file != NULL) fclose(file);
    return text;
}

static char *trim(char *text)
{
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

/* What is wrong with the line; NULL when nothing is. */
static const char *read_line(properties_t *properties, char *line, size_t number)
{
    line = trim(line);
    if (*line == '\0' || *line == '#') return NULL;
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line)
        return "not key=value; a line is a property such as security.protocol=SASL_SSL, or a # comment";
    if (properties->count == PROPERTIES_MAXIMUM) return "too many properties";
    *equals = '\0';
    properties->items[properties->count++] =
        (property_t){.key = trim(line), .value = trim(equals + 1), .line = number};
    return NULL;
}

static bool read_lines(properties_t *properties, size_t size, const char *path, char *error,
                       size_t error_size)
{
    size_t number = 1;
    for (char *line = properties->text, *end = line + size; line <= end; number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *line_end = newline != NULL ? newline : end;
        const char *mistake = "a zero byte; this is not a text file";
        if (memchr(line, '\0', (size_t)(line_end - line)) == NULL) {
            *line_end = '\0';
            mistake = read_line(properties, line, number);
        }
        if (mistake != NULL) {
            snprintf(error, error_size, "%s:%zu: %s", path, number, mistake);
            return false;
        }
        line = line_end + 1;
    }
    return true;
}

bool properties_load(const char *path, properties_t *properties, char *error, size_t error_size)
{
    size_t size = 0;
    *properties = (properties_t){.text = read_file(path, &size, error, error_size)};
    if (properties->text == NULL) return false;
    properties->items = malloc(PROPERTIES_MAXIMUM * sizeof *properties->items);
    if (properties->items == NULL) snprintf(error, error_size, "%s: not enough memory", path);
    if (properties->items == NULL || !read_lines(properties, size, path, error, error_size)) {
        properties_free(properties);
        return false;
    }
    return true;
}

const char *properties_find(const properties_t *properties, const char *key)
{
    for (size_t i = properties->count; i > 0; i--)
        if (strcmp(properties->items[i - 1].key, key) == 0) return properties->items[i - 1].value;
    return NULL;
}

void properties_free(properties_t *properties)
{
    free(properties->text);
    free(properties->items);
    *properties = (properties_t){0};
}
