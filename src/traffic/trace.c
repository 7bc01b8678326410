#include "traffic/trace.h"

#include "common/parse.h"
#include "traffic/packed_input.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 64, REASON_SIZE = 256, FIRST_CAPACITY = 4096 };

/* Narrower bins would not hold distinct whole nanoseconds for their events. */
static const double bin_minimum_ns = 1000;

/* The longest trace in time; keeps every sum of times within 64 bits. */
static const double duration_maximum_ns = 4e18;

typedef struct {
    const char *path;
    trace_t *trace;
    size_t capacity;
    size_t line; /* number of the line being read, from 1 */
    size_t length;
    char text[LINE_SIZE]; /* the line so far */
    char *error;
    size_t error_size;
} reader_t;

__attribute__((format(printf, 2, 3))) static bool fail(reader_t *reader, const char *format, ...)
{
    int used = snprintf(reader->error, reader->error_size, "%s:%zu: ", reader->path, reader->line);
    if (used < 0 || (size_t)used >= reader->error_size) return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->error + used, reader->error_size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

/* File content goes into messages on a terminal: nothing but plain characters. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (!isprint((unsigned char)*text)) *text = '?';
}

static bool append(reader_t *reader, uint32_t count)
{
    trace_t *trace = reader->trace;
    if (trace->bin_count == TRACE_BINS_MAXIMUM)
        return fail(reader, "more than %d bins; split the trace", TRACE_BINS_MAXIMUM);
    if (trace->bin_count == reader->capacity) {
        size_t capacity = reader->capacity == 0 ? FIRST_CAPACITY : 2 * reader->capacity;
        uint32_t *counts = realloc(trace->counts, capacity * sizeof *counts);
        if (counts == NULL) return fail(reader, "not enough memory for %zu bins", capacity);
        trace->counts = counts;
        reader->capacity = capacity;
    }
    trace->counts[trace->bin_count++] = count;
    trace->total += count;
    return true;
}

static bool read_header(reader_t *reader)
{
    if (strcmp(reader->text, "count") == 0) return true;
    make_printable(reader->text);
    return fail(reader, "the header is '%s'; a trace has one column with the header 'count'", reader->text);
}

static bool read_line(reader_t *reader)
{
    if (reader->length > 0 && reader->text[reader->length - 1] == '\r') reader->length--;
    reader->text[reader->length] = '\0';
    if (strlen(reader->text) != reader->length) return fail(reader, "a zero byte; this is not a CSV file");
    if (reader->line == 1) return read_header(reader);
    if (reader->length == 0) return fail(reader, "an empty line; every bin needs its count, 0 where empty");
    if (strchr(reader->text, ',') != NULL)
        return fail(reader, "more than one column; a trace has the column 'count' only");
    int64_t count;
    if (!parse_integer(reader->text, &count) || count < 0 || count > TRACE_COUNT_MAXIMUM) {
        make_printable(reader->text);
        return fail(reader, "'%s' is not a number of events (a whole number, 0 to %d)", reader->text,
                    TRACE_COUNT_MAXIMUM);
    }
    return append(reader, (uint32_t)count);
}

static bool read_chunk(void *context, const char *bytes, size_t size)
{
    reader_t *reader = context;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            if (!read_line(reader)) return false;
            reader->line++;
            reader->length = 0;
        } else if (reader->length == sizeof reader->text - 1) {
            return fail(reader, "a line longer than %zu characters; this is not a trace", reader->length);
        } else {
            reader->text[reader->length++] = bytes[i];
        }
    }
    return true;
}

static bool finish(reader_t *reader)
{
    if (reader->line == 1 && reader->length == 0)
        return fail(reader, "the file is empty; the header 'count' is expected");
    if (reader->length > 0 && !read_line(reader)) return false;
    if (reader->trace->bin_count == 0) return fail(reader, "no counts after the header");
    return true;
}

static bool read_all(reader_t *reader, const char *path)
{
    char reason[REASON_SIZE], complaint[REASON_SIZE + 64];
    const input_end_t end = packed_input_read(path, read_chunk, reader, reason, sizeof reason);
    if (end == INPUT_WHOLE) return finish(reader);
    if (end == INPUT_STOPPED) return false;
    packed_input_complaint(end, reason, complaint, sizeof complaint);
    if (end != INPUT_UNOPENED) return fail(reader, "%s", complaint);
    snprintf(reader->error, reader->error_size, "%s: %s", reader->path, complaint);
    return false;
}

bool trace_load(const char *path, int64_t bin_ns, trace_t *trace, char *error, size_t error_size)
{
    *trace = (trace_t){.bin_ns = (double)bin_ns};
    reader_t reader = {
        .path = packed_input_name(path), .trace = trace, .line = 1, .error = error, .error_size = error_size};
    bool ok = read_all(&reader, path);
    if (ok && trace->bin_ns * (double)trace->bin_count > duration_maximum_ns)
        ok = fail(&reader, "%zu bins of %.9g s are too long a time", trace->bin_count, trace->bin_ns / 1e9);
    if (!ok) {
        trace_free(trace);
        return false;
    }
    return true;
}

/* The first bins together hold `sum` events; how many of them after scaling. */
static uint64_t scaled_sum(uint64_t sum, double scale)
{
    return (uint64_t)floor((double)sum * scale + 0.5);
}

bool trace_rescale(trace_t *trace, double scale, double speed, char *error, size_t error_size)
{
    double bin_ns = trace->bin_ns / speed;
    if (!(bin_ns >= bin_minimum_ns) || bin_ns * (double)trace->bin_count > duration_maximum_ns) {
        snprintf(error, error_size,
                 "speed %g makes bins of %g s: they must last at least %g s, all together %g s", speed,
                 bin_ns / 1e9, bin_minimum_ns / 1e9, duration_maximum_ns / 1e9);
        return false;
    }
    for (size_t i = 0; i < trace->bin_count; i++) {
        double count = (double)trace->counts[i] * scale;
        if (count <= TRACE_COUNT_MAXIMUM && count <= bin_ns) continue;
        snprintf(error, error_size,
                 "scale %g makes %g events in bin %zu (%g s); %d and one a nanosecond is the most", scale,
                 count, i, bin_ns / 1e9, TRACE_COUNT_MAXIMUM);
        return false;
    }
    trace->bin_ns = bin_ns;
    if (scale == 1) return true;
    uint64_t sum = 0, scaled_before = 0;
    for (size_t i = 0; i < trace->bin_count; i++) {
        sum += trace->counts[i];
        uint64_t scaled = scaled_sum(sum, scale);
        trace->counts[i] = (uint32_t)(scaled - scaled_before);
        scaled_before = scaled;
    }
    trace->total = scaled_before;
    return true;
}

int64_t trace_bin_start_ns(const trace_t *trace, size_t i)
{
    return (int64_t)round((double)i * trace->bin_ns);
}

void trace_free(trace_t *trace)
{
    free(trace->counts);
    *trace = (trace_t){0};
}
