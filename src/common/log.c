#include "common/log.h"

#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 1024 };

const char *const log_level_names[LOG_LEVELS] = {"error", "warning", "info", "debug"};

static const char *const level_prefixes[LOG_LEVELS] = {"error: ", "warning: ", "", "debug: "};

static atomic_int current_level = LOG_INFO;
static atomic_int current_fd = STDERR_FILENO;

void log_set_level(log_level_t level)
{
    atomic_store(&current_level, (int)level);
}

bool log_open(const char *path)
{
    int fd = output_open(path);
    if (fd < 0) return false;

    int old = atomic_load(&current_fd);
    if (old == STDERR_FILENO) {
        atomic_store(&current_fd, fd);
        return true;
    }
    /* The number stays the same, so a thread about to write never meets a closed or recycled descriptor. */
    bool replaced = dup3(fd, old, O_CLOEXEC) >= 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return replaced;
}

/* Names of queries and files come from users: a line break in one must not look like a line of ours. */
static void blank_controls(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < ' ' || byte == 0x7f) text[i] = ' ';
    }
}

void log_line(log_level_t level, const char *tag, const char *format, ...)
{
    if ((int)level > atomic_load(&current_level)) return;
    int saved = errno;
    char line[LINE_SIZE];
    const size_t room = sizeof line - 1; /* the last byte is the line break's */

    int start = snprintf(line, room, "[%s] %s", tag, level_prefixes[level]);
    size_t length = start < 0 ? 0 : (size_t)start < room ? (size_t)start : room - 1;
    va_list arguments;
    va_start(arguments, format);
    errno = saved; /* for %m */
    int added = vsnprintf(line + length, room - length, format, arguments);
    va_end(arguments);
    if (added > 0) {
        bool cut = (size_t)added >= room - length;
        length = cut ? room - 1 : length + (size_t)added;
        if (cut) memcpy(line + length - 3, "...", 3);
    }

    blank_controls(line, length);
    line[length++] = '\n';
    while (write(atomic_load(&current_fd), line, length) < 0 && errno == EINTR) {
    }
    errno = saved;
}

bool log_is_writable(void)
{
    struct pollfd output = {.fd = atomic_load(&current_fd), .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLOUT);
}
