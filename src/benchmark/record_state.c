#include "benchmark/record_state.h"

#include "traffic/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSION = 1, DETAIL_SIZE = 256 };

/* Keeps sums within 64 bits, whatever stands in a file. */
static const int64_t events_maximum = INT64_C(1) << 61;

static json_t *json_of(const record_state_t *state)
{
    const recording_t *recording = &state->recording;
    json_t *offsets = json_array();
    for (size_t i = 0; i < state->ends.count; i++)
        json_array_append_new(offsets, json_pack("I", (json_int_t)state->ends.offsets[i]));
    return json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:o}", "version", VERSION,
                     "topic", state->topic, "cluster", state->cluster, "bin_ns",
                     (json_int_t)recording->bin_ns, "bytes", (json_int_t)state->bytes, "bins",
                     (json_int_t)state->bins, "filled", (json_int_t)state->filled, "events",
                     (json_int_t)state->events, "end_ns", (json_int_t)recording->end_ns, "end_read",
                     recording->end_read, "read_ns", (json_int_t)recording->read_ns, "pending",
                     (json_int_t)recording->pending, "offsets", offsets);
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, text, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    /* Without fsync() a crash of the machine could leave the new name with an empty file. */
    bool good = write_all(fd, text, strlen(text)) && write_all(fd, "\n", 1) && fsync(fd) == 0;
    int saved = errno;
    good = close(fd) == 0 && good;
    if (saved != 0) errno = saved;
    return good;
}

bool record_state_save(const record_state_t *state, const char *path, char *error, size_t error_size)
{
    char temporary[PATH_MAX];
    json_t *json = json_of(state);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    errno = text == NULL ? ENOMEM : ENAMETOOLONG;
    bool good = text != NULL && snprintf(temporary, sizeof temporary, "%s.new", path) < (int)sizeof temporary;
    if (good) {
        errno = 0;
        good = write_file(temporary, text) && rename(temporary, path) == 0;
        if (!good) {
            int saved = errno;
            unlink(temporary);
            errno = saved;
        }
    }
    if (!good) snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
    free(text);
    return good;
}

static bool read_offsets(const json_t *array, end_offsets_t *ends)
{
    size_t count = json_array_size(array);
    if (count == 0 || !end_offsets_resize(ends, count)) return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *offset = json_array_get(array, i);
        ends->offsets[i] = json_is_integer(offset) ? (int64_t)json_integer_value(offset) : -1;
        if (ends->offsets[i] < 0) return false;
    }
    return true;
}

static bool is_sound(const record_state_t *state)
{
    const recording_t *recording = &state->recording;
    if (recording->bin_ns < 1 || recording->end_ns < 0 || recording->end_ns % recording->bin_ns != 0)
        return false;
    if (recording->read_ns < recording->end_ns || recording->read_ns - recording->end_ns >= recording->bin_ns)
        return false;
    if (recording->pending < 0 || recording->pending > events_maximum) return false;
    if (state->events < 0 || state->events > events_maximum) return false;
    if (state->bins < 0 || state->bins > TRACE_BINS_MAXIMUM ||
        state->bins > recording->end_ns / recording->bin_ns)
        return false;
    return state->bytes >= 1 && state->filled >= 0 && state->filled <= state->bins;
}

/* What is wrong in *detail; NULL when nothing is. */
static const char *read_json(json_t *json, record_state_t *state, char *detail)
{
    json_error_t mistake;
    const char *topic, *cluster;
    int version, end_read;
    json_int_t bin_ns, bytes, bins, filled, events, end_ns, read_ns, pending;
    json_t *offsets;
    if (json_unpack_ex(json, &mistake, 0, "{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:o}",
                       "version", &version, "topic", &topic, "cluster", &cluster, "bin_ns", &bin_ns, "bytes",
                       &bytes, "bins", &bins, "filled", &filled, "events", &events, "end_ns", &end_ns,
                       "end_read", &end_read, "read_ns", &read_ns, "pending", &pending, "offsets",
                       &offsets) != 0) {
        snprintf(detail, DETAIL_SIZE, "%s", mistake.text);
        return detail;
    }
    if (version != VERSION) return "it is of another version of this program";
    if (strlen(topic) >= TOPIC_SIZE || strlen(cluster) >= CLUSTER_SIZE) return "a name is too long";
    strcpy(state->topic, topic);
    strcpy(state->cluster, cluster);
    state->bytes = bytes;
    state->bins = bins;
    state->filled = filled;
    state->events = events;
    state->recording = (recording_t){.bin_ns = bin_ns,
                                     .end_ns = end_ns,
                                     .read_ns = read_ns,
                                     .pending = pending,
                                     .end_read = end_read != 0};
    if (!read_offsets(offsets, &state->ends)) return "the offsets are no list of whole numbers";
    return is_sound(state) ? NULL : "its numbers contradict each other";
}

bool record_state_load(record_state_t *state, const char *path, char *error, size_t error_size)
{
    json_error_t mistake;
    char detail[DETAIL_SIZE];
    *state = (record_state_t){0};
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &mistake);
    const char *wrong = json != NULL ? read_json(json, state, detail) : mistake.text;
    if (wrong != NULL) {
        snprintf(error, error_size, "%s: this is not the state of a recording: %s", path, wrong);
        record_state_free(state);
    }
    json_decref(json);
    return wrong == NULL;
}

void record_state_free(record_state_t *state)
{
    end_offsets_free(&state->ends);
    *state = (record_state_t){0};
}
