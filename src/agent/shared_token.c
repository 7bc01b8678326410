#include "agent/shared_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file's first 64 bytes; `ours`: only if it belongs to us. 0, or what is wrong as an errno; EINVAL: no token. */
static int read_file(const char *path, bool ours, char token[PROTOCOL_TOKEN_SIZE])
{
    struct stat status;
    char text[PROTOCOL_TOKEN_SIZE] = "";
    /* O_NONBLOCK: a pipe in the place of the file must not hold us up. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (ours ? O_NOFOLLOW : 0));
    if (fd < 0) return errno;
    int error = fstat(fd, &status) != 0               ? errno
                : ours && status.st_uid != geteuid()  ? EPERM
                : read(fd, text, sizeof text - 1) < 0 ? errno
                : !token_is_valid(text)               ? EINVAL
                                                      : 0;
    close(fd);
    if (error == 0) memcpy(token, text, sizeof text);
    return error;
}

static bool is_this_machine(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

bool shared_token_read(const options_t *options, const address_t *address, char token[PROTOCOL_TOKEN_SIZE],
                       char *error, size_t error_size)
{
    const char *named = options->predictor_token_file, *runtime = getenv("XDG_RUNTIME_DIR");
    token[0] = error[0] = '\0';
    if (named[0] != '\0') {
        const int wrong = read_file(named, false, token);
        if (wrong)
            snprintf(error, error_size, "predictor_token_file=%s: %s", named,
                     wrong == EINVAL ? "no token of 64 hexadecimal digits" : strerror(wrong));
        return wrong == 0;
    }
    char path[4096];
    if (!is_this_machine(address->host)) return false;
    if (runtime && runtime[0] == '/')
        snprintf(path, sizeof path, "%s/adaptivestream/%d.token", runtime, address->port);
    else
        snprintf(path, sizeof path, "/tmp/adaptivestream-%u/%d.token", (unsigned)geteuid(), address->port);
    return read_file(path, true, token) == 0;
}
