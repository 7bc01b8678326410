#include "benchmark/record_file.h"

#include "traffic/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SIZE = 24, REASON_SIZE = 1024 };

static const char header[] = "count\n";

typedef struct {
    char *text;
    size_t size;
} message_t;

__attribute__((format(printf, 2, 3))) static bool fail(message_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error.text, error.size, format, arguments);
    va_end(arguments);
    return false;
}

/* Whether what was locked is still what the path names. A recorder that ends before its first state removes its file:
 * whoever had opened that and then got the lock would write where nobody finds it. */
static bool is_in_place(const record_file_t *file, const struct stat *status)
{
    struct stat named;
    return stat(file->path, &named) == 0 && named.st_dev == status->st_dev && named.st_ino == status->st_ino;
}

/* The file as it is, for this process alone. */
static bool open_locked(record_file_t *file, struct stat *status, message_t error)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    file->fd = open(file->path, flags | O_CREAT | O_EXCL, 0644);
    file->created = file->fd >= 0;
    if (!file->created && errno == EEXIST) file->fd = open(file->path, flags);
    if (file->fd < 0 || fstat(file->fd, status) != 0)
        return fail(error, "%s: cannot be written: %s", file->path, strerror(errno));
    if (!S_ISREG(status->st_mode))
        return fail(error, "%s is no ordinary file, which a recording that can be resumed needs", file->path);
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
        return fail(error, "%s: %s", file->path,
                    errno == EWOULDBLOCK ? "another recorder writes to it" : strerror(errno));
    /* Once more: another recorder may have written until we had the lock. */
    if (fstat(file->fd, status) != 0) return fail(error, "%s: %s", file->path, strerror(errno));
    return true;
}

static bool open_trace(record_file_t *file, struct stat *status, message_t error)
{
    enum { ATTEMPTS = 10 };
    for (int i = 0; i < ATTEMPTS; i++) {
        if (!open_locked(file, status, error)) return false;
        if (is_in_place(file, status)) return true;
        close(file->fd);
        file->fd = -1;
    }
    return fail(error, "%s: is removed again and again; is another recorder at work on it?", file->path);
}

static bool begin(record_file_t *file, int64_t size, message_t error)
{
    char start[sizeof header] = "";
    /* A header alone is what a recorder leaves that was killed before its first state. */
    bool ours = size == 0 || (size == (int64_t)strlen(header) &&
                              pread(file->fd, start, (size_t)size, 0) == size && strcmp(start, header) == 0);
    if (!ours)
        return fail(
            error,
            "%s exists, but not %s, which says where a recording is to go on; give another --output, or "
            "move the file away",
            file->path, file->state_path);
    if (size > 0 && ftruncate(file->fd, 0) != 0)
        return fail(error, "%s: cannot be written: %s", file->path, strerror(errno));
    memcpy(file->buffer, header, strlen(header));
    file->used = strlen(header);
    return true;
}

static bool check_state(const record_file_t *file, const char *topic, int64_t bin_ns, int64_t size,
                        message_t error)
{
    const record_state_t *state = &file->state;
    if (strcmp(state->topic, topic) != 0)
        return fail(error, "%s is a recording of topic '%s', not '%s'; give another --output", file->path,
                    state->topic, topic);
    if (state->recording.bin_ns != bin_ns)
        return fail(error, "%s is a recording with --bin %.9g, not %.9g; give another --output", file->path,
                    (double)state->recording.bin_ns / 1e9, (double)bin_ns / 1e9);
    if (size == 0)
        return fail(error, "%s is there, but the recording of it, %s, is not; move it away to begin anew",
                    file->state_path, file->path);
    char last = '\0';
    if (size < state->bytes || pread(file->fd, &last, 1, state->bytes - 1) != 1 || last != '\n')
        return fail(error,
                    "%s was changed after it was recorded: %s vouches for %" PRId64
                    " bytes, which end with a line; move both away to begin anew",
                    file->path, file->state_path, state->bytes);
    return true;
}

static bool resume(record_file_t *file, const char *topic, int64_t bin_ns, int64_t size, message_t error)
{
    char reason[REASON_SIZE];
    if (!record_state_load(&file->state, file->state_path, reason, sizeof reason))
        return fail(error, "%s; move it and %s away to begin anew", reason, file->path);
    if (!check_state(file, topic, bin_ns, size, error)) return false;
    file->resumed = true;
    file->size = file->state.bytes;
    file->dropped = size - file->size;
    if (file->dropped > 0 && ftruncate(file->fd, file->size) != 0)
        return fail(error, "%s: cannot be written: %s", file->path, strerror(errno));
    return true;
}

bool record_file_open(record_file_t *file, const char *path, const char *topic, int64_t bin_ns,
                      char *error_text, size_t error_size)
{
    message_t error = {error_text, error_size};
    struct stat status;
    file->path = path;
    file->fd = -1;
    file->dropped = file->size = 0;
    file->created = file->resumed = file->committed = false;
    file->used = 0;
    file->state = (record_state_t){0};
    if (asprintf(&file->state_path, "%s.state", path) < 0) {
        file->state_path = NULL;
        return fail(error, "not enough memory");
    }
    if (strlen(topic) >= sizeof file->state.topic) return fail(error, "the name of the topic is too long");
    if (!open_trace(file, &status, error)) return false;
    if (access(file->state_path, F_OK) == 0) return resume(file, topic, bin_ns, status.st_size, error);
    strcpy(file->state.topic, topic);
    return begin(file, status.st_size, error);
}

/* Writes what is collected; on failure the file is cut back to whole lines. */
static bool flush(record_file_t *file, message_t error)
{
    size_t done = 0;
    while (done < file->used) {
        ssize_t written =
            pwrite(file->fd, file->buffer + done, file->used - done, file->size + (int64_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            fail(error, "%s: cannot be written: %s", file->path, strerror(errno));
            /* Shortening needs no room; should it fail all the same, resuming does it. */
            if (ftruncate(file->fd, file->size) != 0) file->used = 0;
            return false;
        }
        done += (size_t)written;
    }
    file->size += (int64_t)file->used;
    file->used = 0;
    return true;
}

bool record_file_append(record_file_t *file, const recorded_bin_t *bin, char *error_text, size_t error_size)
{
    message_t error = {error_text, error_size};
    record_state_t *state = &file->state;
    if (bin->count > TRACE_COUNT_MAXIMUM)
        return fail(error, "%" PRId64 " events came in one bin; a trace allows %d: give a shorter --bin",
                    bin->count, TRACE_COUNT_MAXIMUM);
    if (state->bins == TRACE_BINS_MAXIMUM)
        return fail(error, "%s holds %d bins, the most a trace may have; go on with another --output",
                    file->path, TRACE_BINS_MAXIMUM);
    if (file->used + LINE_SIZE > sizeof file->buffer && !flush(file, error)) return false;
    file->used += (size_t)snprintf(file->buffer + file->used, LINE_SIZE, "%" PRId64 "\n", bin->count);
    state->bins++;
    state->filled += bin->filled;
    state->events += bin->count;
    return true;
}

bool record_file_commit(record_file_t *file, char *error_text, size_t error_size)
{
    message_t error = {error_text, error_size};
    if (!flush(file, error)) return false;
    /* The lines first: a state must never vouch for what is not there. */
    if (fdatasync(file->fd) != 0)
        return fail(error, "%s: cannot be written: %s", file->path, strerror(errno));
    file->state.bytes = file->size;
    file->committed = true;
    return record_state_save(&file->state, file->state_path, error_text, error_size);
}

void record_file_close(record_file_t *file)
{
    if (file->fd >= 0) {
        if (file->created && !file->committed) unlink(file->path);
        close(file->fd);
    }
    file->fd = -1;
    free(file->state_path);
    file->state_path = NULL;
    record_state_free(&file->state);
}
