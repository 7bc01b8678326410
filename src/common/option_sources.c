#include "common/option_sources.h"

#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_SIZE_MAXIMUM = 65536,
    LINE_TEXT_SIZE = OPTION_TEXT_SIZE + 128,
    NAME_SIZE = 64,
};

static const char variable_prefix[] = "ADAPTIVESTREAM_";

/* Drops white space at both ends, in place. */
static char *trimmed(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* One line that is neither blank nor a comment. */
static bool parse_line(char *line, options_t *options, char *error, size_t error_size)
{
    char *equals = strchr(line, '=');
    if (equals != NULL) *equals = '\0';
    const char *name = trimmed(line);
    if (strcmp(name, "config") == 0) {
        snprintf(error, error_size, "a config file cannot name another one");
        return false;
    }
    if (equals != NULL) return options_set(options, name, trimmed(equals + 1), error, error_size);
    snprintf(error, error_size, "\"%.60s\" is not KEY=VALUE", name);
    return false;
}

bool options_parse_file(const char *content, size_t size, const char *path, options_t *options, char *error,
                        size_t error_size)
{
    const char *const end = content + size;
    for (int number = 1; content < end; number++) {
        const char *newline = memchr(content, '\n', (size_t)(end - content));
        const char *line_end = newline != NULL ? newline : end;
        const size_t length = (size_t)(line_end - content);
        char line[LINE_TEXT_SIZE], why[512] = "";
        bool understood = length < sizeof line && memchr(content, '\0', length) == NULL;
        if (!understood)
            snprintf(why, sizeof why, "a line of more than %d bytes or with a zero byte", LINE_TEXT_SIZE - 1);
        if (understood) {
            memcpy(line, content, length);
            line[length] = '\0';
            char *text = trimmed(line);
            if (*text != '\0' && *text != '#') understood = parse_line(text, options, why, sizeof why);
        }
        if (!understood) {
            snprintf(error, error_size, "%s:%d: %s", path, number, why);
            return false;
        }
        content = newline != NULL ? newline + 1 : end;
    }
    return true;
}

static bool read_file(const char *path, options_t *options, char *error, size_t error_size)
{
    /* Non-blocking: a pipe that nobody writes to must not hold up the start of a job. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char content[FILE_SIZE_MAXIMUM + 1];
    size_t size = 0;
    ssize_t count = fd < 0 ? -1 : 1;
    while (count > 0 && size < sizeof content) {
        count = read(fd, content + size, sizeof content - size);
        if (count > 0) size += (size_t)count;
    }
    int reason = errno;
    if (fd >= 0) close(fd);
    if (count < 0) {
        snprintf(error, error_size, "config=%s: %s", path, strerror(reason));
        return false;
    }
    if (size > FILE_SIZE_MAXIMUM) {
        snprintf(error, error_size, "config=%s: larger than %d bytes", path, FILE_SIZE_MAXIMUM);
        return false;
    }
    return options_parse_file(content, size, path, options, error, error_size);
}

/* "ADAPTIVESTREAM_MAX_WAIT=2s" is "max_wait" and "2s"; NULL for any other variable. */
static const char *variable_value(const char *variable, char name[NAME_SIZE])
{
    const size_t prefix = sizeof variable_prefix - 1;
    if (strncmp(variable, variable_prefix, prefix) != 0) return NULL;
    size_t length = 0;
    for (variable += prefix; *variable != '\0' && *variable != '='; variable++)
        if (length < NAME_SIZE - 1) name[length++] = (char)tolower((unsigned char)*variable);
    name[length] = '\0';
    return *variable == '=' ? variable + 1 : NULL;
}

/* What Kubernetes sets for a service of the namespace: ADAPTIVESTREAM_PREDICTOR_PORT=tcp://10.0.0.1:9876 for one named
 * adaptivestream-predictor. Refused like a wrong value it would switch the agent off. */
static bool is_of_kubernetes(const char *value)
{
    return strncmp(value, "tcp://", 6) == 0 || strncmp(value, "udp://", 6) == 0 ||
           strncmp(value, "sctp://", 7) == 0;
}

/* Short names are near to much that is none of ours, such as what Kubernetes sets for a service. */
static void warn_of(const char *variable, const char *name, char *warning, size_t warning_size)
{
    const char *nearest = strlen(name) > 4 ? options_nearest(name) : NULL;
    if (nearest != NULL && warning[0] == '\0')
        snprintf(warning, warning_size, "the variable %.*s is no option and not used; did you mean \"%s\"?",
                 (int)strcspn(variable, "="), variable, nearest);
}

static bool read_environment(const char *const *environment, options_t *options, char *error,
                             size_t error_size, char *warning, size_t warning_size)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        char name[NAME_SIZE], why[512];
        const char *value = variable_value(*environment, name);
        if (value == NULL) continue;
        if (!options_is_known(name)) {
            warn_of(*environment, name, warning, warning_size);
        } else if (is_of_kubernetes(value)) {
            if (warning[0] == '\0')
                snprintf(warning, warning_size,
                         "the variable %.120s is a service's of Kubernetes and not used", *environment);
        } else if (!options_set(options, name, value, why, sizeof why)) {
            snprintf(error, error_size, "%.*s: %s", (int)strcspn(*environment, "="), *environment, why);
            return false;
        }
    }
    return true;
}

/* The name of the config file has to be known before its lines are read, and its lines come first, as
 * everything else overrides them: so string and environment are read twice. */
bool options_load(const char *text, const char *const *environment, options_t *options, char *error,
                  size_t error_size, char *warning, size_t warning_size)
{
    options_t first;
    warning[0] = '\0';
    options_defaults(&first);
    options_defaults(options);
    if (!read_environment(environment, &first, error, error_size, warning, warning_size) ||
        !options_parse_unchecked(text, &first, error, error_size))
        return false;
    if (first.config[0] != '\0' && !read_file(first.config, options, error, error_size)) return false;
    warning[0] = '\0';
    return read_environment(environment, options, error, error_size, warning, warning_size) &&
           options_parse(text, options, error, error_size);
}
