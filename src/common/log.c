#include "common/log.h"

#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINE_SIZE = 1024 }; /* fits the one free page at which a pipe says that it can be written */

const char *const log_level_names[LOG_LEVELS] = {"error", "warning", "info", "debug"};

static const char *const level_prefixes[LOG_LEVELS] = {"error: ", "warning: ", "", "debug: "};

static atomic_int current_level = LOG_INFO;
static atomic_int current_fd = STDERR_FILENO;
static atomic_int dropped; /* lines, since the last one that was written */

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

/* Who reads our lines is not ours to trust: a write to a full pipe would stop a stream thread, and so the job, until
 * somebody reads. Others write to the same pipe between the look and the write, hence RWF_NOWAIT, which terminals do not
 * know. A file is written plainly. */
static bool write_without_waiting(const char *line, size_t length)
{
    const int fd = atomic_load(&current_fd);
    const struct iovec whole = {.iov_base = (void *)(uintptr_t)line, .iov_len = length};
    struct pollfd output = {.fd = fd, .events = POLLOUT};
    struct stat target;
    if (poll(&output, 1, 0) != 1 || !(output.revents & POLLOUT)) return false;
    const bool file = fstat(fd, &target) == 0 && S_ISREG(target.st_mode);
    ssize_t written = -1;
    errno = EOPNOTSUPP;
    if (!file) written = pwritev2(fd, &whole, 1, -1, RWF_NOWAIT);
    if (written < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)) do
            written = write(fd, line, length);
        while (written < 0 && errno == EINTR);
    return written >= 0 || errno != EAGAIN;
}

/* Lines that nobody could take are counted, and told of before the next one that somebody can. */
static void write_or_drop(const char *tag, const char *line, size_t length)
{
    const int missing = atomic_exchange(&dropped, 0);
    char notice[128];
    const int notice_length =
        missing > 0 ? snprintf(notice, sizeof notice,
                               "[%.32s] warning: %d lines were dropped: nobody read the log\n", tag, missing)
                    : 0;
    if (notice_length > 0 && !write_without_waiting(notice, (size_t)notice_length))
        atomic_fetch_add(&dropped, missing + 1);
    else if (!write_without_waiting(line, length))
        atomic_fetch_add(&dropped, 1);
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
    write_or_drop(tag, line, length);
    errno = saved;
}
