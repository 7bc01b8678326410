#include "traffic/packed_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK_SIZE = 64 * 1024 };

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *packed_input_name(const char *path)
{
    return is_standard(path) ? "standard input" : path;
}

/* How the reading ended, when it was not the receiver that ended it. */
static input_end_t end_of(gzFile file, int size, char *reason, size_t reason_size)
{
    /* A stream cut off in the middle ends like a complete one, but for this code. */
    int code;
    const char *words = gzerror(file, &code);
    if (code == Z_BUF_ERROR) return INPUT_CUT_SHORT;
    if (size >= 0) return INPUT_WHOLE;
    snprintf(reason, reason_size, "%s", code == Z_ERRNO ? strerror(errno) : words);
    return code == Z_ERRNO ? INPUT_UNREAD : INPUT_DAMAGED;
}

input_end_t packed_input_read(const char *path, input_receiver_t *receiver, void *context, char *reason,
                              size_t reason_size)
{
    char chunk[CHUNK_SIZE];
    errno = 0;
    gzFile file = is_standard(path) ? gzdopen(dup(STDIN_FILENO), "r") : gzopen(path, "re");
    if (!file) {
        snprintf(reason, reason_size, "%s", strerror(errno != 0 ? errno : ENOMEM));
        return INPUT_UNOPENED;
    }
    int size;
    bool more = true;
    while (more && (size = gzread(file, chunk, sizeof chunk)) > 0)
        more = receiver(context, chunk, (size_t)size);
    const input_end_t end = more ? end_of(file, size, reason, reason_size) : INPUT_STOPPED;
    gzclose_r(file);
    return end;
}

const char *packed_input_complaint(input_end_t end, const char *reason, char *text, size_t size)
{
    if (end == INPUT_UNOPENED)
        snprintf(text, size, "cannot be opened: %s", reason);
    else if (end == INPUT_UNREAD)
        snprintf(text, size, "cannot be read: %s", reason);
    else if (end == INPUT_DAMAGED)
        snprintf(text, size, "damaged gzip data (%s); copy the file again", reason);
    else
        snprintf(text, size, "the gzip data end too early; copy the file again");
    return text;
}
