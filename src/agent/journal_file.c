#include "agent/journal_file.h"

#include "agent/clock.h"
#include "common/log.h"
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OLDER_FILES = 3, CLOSED = -1, FAILED = -2, NAME_SIZE = PATH_MAX + 8 };
static const int64_t LOCKED_FOR_LONG_NS = INT64_C(10) * 1000 * 1000 * 1000;

static atomic_int file_fd = CLOSED;
static char file_path[PATH_MAX];
static int64_t share_bytes; /* of one file; 0: no bound */
static void (*file_begun)(void);
static int64_t locked_since_ns; /* by another process; 0: it is not */
static pthread_mutex_t turning = PTHREAD_MUTEX_INITIALIZER;

static void switch_off(int fd, const char *what, int error)
{
    /* The descriptor stays open: another thread may be writing to its number. */
    if (!atomic_compare_exchange_strong(&file_fd, &fd, FAILED)) return;
    log_line(LOG_WARNING, "AdaptiveStream", "journal: %s%s%s; the journal is off, the job goes on", what,
             error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

/* A line that an earlier driver could not end would swallow our first one. What looks torn may be one that another driver is
 * writing: it gets an empty line after it, which readers pass over. */
static void end_torn_line(int fd)
{
    struct stat status;
    char last = '\n';
    const int reader = open(file_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (reader < 0) return;
    const bool torn = fstat(reader, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
                      pread(reader, &last, 1, status.st_size - 1) == 1 && last != '\n';
    close(reader);
    if (torn && write(fd, "\n", 1) < 0) errno = 0; /* the next write will say what is wrong */
}

void journal_file_open(const char *path, int64_t size_bytes, void (*begun)(void))
{
    static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&opening);
    if (atomic_load(&file_fd) == CLOSED) {
        snprintf(file_path, sizeof file_path, "%s", path);
        /* A sixteenth is left for the lines of those who meet another at the turning. */
        share_bytes = size_bytes / (1 + OLDER_FILES) / 16 * 15;
        file_begun = begun;
        int fd = output_open(file_path);
        if (fd < 0)
            log_line(LOG_WARNING, "AdaptiveStream", "journal=%s: %s; there is no journal, the job goes on",
                     path, strerror(errno));
        else
            end_torn_line(fd);
        atomic_store(&file_fd, fd < 0 ? FAILED : fd);
    }
    pthread_mutex_unlock(&opening);
}

bool journal_file_is_open(void)
{
    return atomic_load(&file_fd) >= 0;
}

typedef enum { FILE_SERVES, FILE_IS_FULL, FILE_IS_ANOTHER } verdict_t;

/* Whether `fd` is still what the path names, and has room. */
static verdict_t look_at(int fd, size_t length)
{
    struct stat mine, named;
    if (fstat(fd, &mine) != 0 || !S_ISREG(mine.st_mode)) return FILE_SERVES;
    if (stat(file_path, &named) != 0) return errno == ENOENT ? FILE_IS_ANOTHER : FILE_SERVES;
    if (named.st_ino != mine.st_ino || named.st_dev != mine.st_dev) return FILE_IS_ANOTHER;
    const bool full = share_bytes > 0 && mine.st_size > 0 && mine.st_size + (int64_t)length > share_bytes;
    return full ? FILE_IS_FULL : FILE_SERVES;
}

static bool shift_files(void)
{
    char from[NAME_SIZE], to[NAME_SIZE];
    for (int number = OLDER_FILES; number > 0; number--) {
        snprintf(to, sizeof to, "%s.%d", file_path, number);
        if (number > 1)
            snprintf(from, sizeof from, "%s.%d", file_path, number - 1);
        else
            snprintf(from, sizeof from, "%s", file_path);
        if (rename(from, to) != 0 && errno != ENOENT) return false;
    }
    return true;
}

/* Puts a new file behind the same number, so that no other thread can hold one that is closed. */
static bool reopen(int fd)
{
    const int opened = output_open(file_path);
    if (opened < 0) return false;
    const bool placed = dup3(opened, fd, O_CLOEXEC) == fd;
    const int error = errno;
    close(opened);
    errno = error;
    return placed;
}

/* Another driver that turns the files holds the lock for a moment: until then a line more does no harm. Somebody who holds it
 * for long would let the file grow without a bound. @locks_required turning */
static void wait_for_other(int fd)
{
    const int64_t now_ns = clock_monotonic_ns();
    if (locked_since_ns == 0) locked_since_ns = now_ns;
    if (now_ns - locked_since_ns > LOCKED_FOR_LONG_NS)
        switch_off(fd, "it is full, and another process holds its lock", 0);
}

/* @locks_required turning */
static void turn(int fd, size_t length)
{
    if (look_at(fd, length) == FILE_SERVES) return; /* another thread was here */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        wait_for_other(fd);
        return;
    }
    locked_since_ns = 0;
    const verdict_t verdict = look_at(fd, length);
    if ((verdict == FILE_IS_FULL && !shift_files()) || (verdict != FILE_SERVES && !reopen(fd))) {
        const int error = errno;
        flock(fd, LOCK_UN);
        switch_off(fd, "no new file can be begun", error);
    } else if (verdict == FILE_SERVES)
        flock(fd, LOCK_UN);
    else if (file_begun != NULL) /* the lock went with the old file */
        file_begun();
}

void journal_file_write(const char *line, size_t length)
{
    const int fd = atomic_load(&file_fd);
    if (fd < 0) return;
    /* Not waited for: whoever comes meanwhile appends to the file that is about to be an older one. */
    if (look_at(fd, length) != FILE_SERVES && pthread_mutex_trylock(&turning) == 0) {
        turn(fd, length);
        pthread_mutex_unlock(&turning);
        if (!journal_file_is_open()) return;
    }
    ssize_t written;
    do
        written = write(fd, line, length);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        switch_off(fd, "it cannot be written", errno);
    else if ((size_t)written < length) {
        /* Another driver may share the file: its next line must not be glued to the torn one. */
        if (write(fd, "\n", 1) < 0) errno = 0;
        switch_off(fd, "a line was cut short, the disk may be full", 0);
    }
}
