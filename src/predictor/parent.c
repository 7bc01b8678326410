#include "predictor/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TOKEN_PATIENCE_MS = 5000 };

/* A driver's descriptors may have been left inheritable: a socket of its would stay open here. */
static void close_others(int fd)
{
#ifdef SYS_close_range
    if ((fd == 3 || syscall(SYS_close_range, 3, fd - 1, 0) == 0) &&
        syscall(SYS_close_range, fd + 1, ~0U, 0) == 0)
        return;
#endif
    const long maximum = sysconf(_SC_OPEN_MAX);
    for (int other = 3; other < maximum && other < 65536; other++)
        if (other != fd) close(other);
}

static bool read_line(int fd, char *line, size_t size, size_t *length, char *error, size_t error_size)
{
    *length = 0;
    while (*length < size) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        const int ready = poll(&wait, 1, TOKEN_PATIENCE_MS);
        if (ready < 0 && errno == EINTR) continue;
        const ssize_t count = ready > 0 ? recv(fd, line + *length, size - *length, 0) : -1;
        if (count <= 0) {
            snprintf(error, error_size, "%s", ready == 0 ? "no token came within 5 s" : "the parent is gone");
            return false;
        }
        *length += (size_t)count;
        if (memchr(line, '\n', *length) != NULL) return true;
    }
    snprintf(error, error_size, "the line with the token is too long");
    return false;
}

bool parent_meet(int fd, char token[PROTOCOL_TOKEN_SIZE], char *error, size_t error_size)
{
    struct stat status;
    char line[CHILD_LINE_SIZE];
    size_t length;
    if (fd <= STDERR_FILENO || fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        snprintf(error, error_size, "descriptor %d is no socket", fd);
        return false;
    }
    /* When the parent dies between its fork and here, the end of file on the pair says so. Note that it is the death of the
     * thread that has started us which the kernel means. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    close_others(fd);
    return read_line(fd, line, sizeof line, &length, error, error_size) &&
           child_read_token(line, (size_t)((char *)memchr(line, '\n', length) - line), token, error,
                            error_size);
}

bool parent_tell(int fd, const child_ready_t *ready)
{
    char line[CHILD_LINE_SIZE];
    const size_t length = child_write_ready(line, sizeof line, ready);
    return length > 0 && send(fd, line, length, MSG_NOSIGNAL) == (ssize_t)length;
}
