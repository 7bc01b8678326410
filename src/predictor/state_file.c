#include "predictor/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 64, SUFFIX_SIZE = 16 };

/* FNV-1a, 64 bits: two queries do not share a file, by all that is likely. */
static uint64_t hash_of(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash * UINT64_C(1099511628211); /* the end counts too */
}

bool state_file_path(const char *folder, const char *label, const char *rule, char *path, size_t size)
{
    char name[NAME_SIZE];
    size_t length = 0;
    for (; label[length] != '\0' && length < sizeof name - 1; length++) {
        const char c = label[length];
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        name[length] = plain ? c : '_';
    }
    name[length] = '\0';
    const uint64_t hash = hash_of(hash_of(UINT64_C(14695981039346656037), label), rule);
    const int written = snprintf(path, size, "%s/%s-%016" PRIx64 ".state", folder, name, hash);
    return written > 0 && (size_t)written < size;
}

size_t state_file_read(const char *path, uint8_t *bytes, size_t room)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* were it a pipe, nobody would write */
    if (fd < 0) return 0;
    size_t size = 0;
    while (size < room) {
        const ssize_t count = read(fd, bytes + size, room - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) size = 0;
        if (count <= 0) break;
        size += (size_t)count;
    }
    const int saved = errno;
    close(fd);
    errno = size == room ? EFBIG : saved;
    return size == room ? 0 : size;
}

static bool make_folder(const char *path)
{
    char folder[STATE_PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) >= sizeof folder) return false;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return mkdir(folder, 0700) == 0;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

bool state_file_write(const char *path, const uint8_t *bytes, size_t size)
{
    char beside[STATE_PATH_SIZE + SUFFIX_SIZE];
    snprintf(beside, sizeof beside, "%s.new", path);
    unlink(beside); /* of one that was killed while it wrote */
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = open(beside, flags, 0600);
    if (fd < 0 && errno == ENOENT && make_folder(path)) fd = open(beside, flags, 0600);
    if (fd < 0) return false;
    bool good = write_all(fd, bytes, size);
    int saved = errno;
    close(fd);
    if (good && rename(beside, path) == 0) return true;
    if (good) saved = errno;
    unlink(beside);
    errno = saved;
    return false;
}

void state_file_refuse(const char *path)
{
    char aside[STATE_PATH_SIZE + SUFFIX_SIZE];
    snprintf(aside, sizeof aside, "%s.refused", path);
    rename(path, aside);
}
