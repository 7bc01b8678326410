#include "traffic/series.h"

#include "common/parse.h"
#include "traffic/packed_input.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 64, REASON_SIZE = 256, FIRST_CAPACITY = 512 };

static const int64_t second_ns = INT64_C(1000000000);
static const double rate_maximum_per_s = 1e12; /* of a file: beyond it squares lose their meaning */

typedef struct {
    const char *path;
    series_set_t *set;
    series_t series; /* the line being read */
    size_t capacity; /* of it */
    size_t line, total;
    size_t length;
    char text[NUMBER_SIZE]; /* the number being read */
    char *error;
    size_t error_size;
} reader_t;

__attribute__((format(printf, 2, 3))) static bool fail(reader_t *reader, const char *format, ...)
{
    const int used = snprintf(reader->error, reader->error_size, "%s:%zu: ", reader->path, reader->line);
    if (used < 0 || (size_t)used >= reader->error_size) return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->error + used, reader->error_size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

/* The series goes over to the set. */
static bool add(series_set_t *set, series_t *series)
{
    /* Grows at powers of two, which the count tells. */
    if ((set->count & (set->count - 1)) == 0) {
        const size_t capacity = set->count == 0 ? 1 : 2 * set->count;
        series_t *items = realloc(set->items, capacity * sizeof *items);
        if (!items) return false;
        set->items = items;
    }
    set->items[set->count++] = *series;
    *series = (series_t){0};
    return true;
}

static bool end_number(reader_t *reader)
{
    double rate_per_s;
    reader->text[reader->length] = '\0';
    const bool whole = strlen(reader->text) == reader->length;
    if (!whole || !parse_number(reader->text, &rate_per_s) ||
        !(rate_per_s >= 0 && rate_per_s <= rate_maximum_per_s)) {
        for (char *c = reader->text; *c != '\0'; c++)
            if (!isprint((unsigned char)*c)) *c = '?'; /* it goes to a terminal */
        return fail(reader, "'%s' is not a rate (events/s, 0 to %g); a line has rates separated by commas",
                    reader->text, rate_maximum_per_s);
    }
    if (reader->total++ == SERIES_RATES_MAXIMUM)
        return fail(reader, "more than %d rates; split the file", SERIES_RATES_MAXIMUM);
    series_t *series = &reader->series;
    if (series->count == reader->capacity) {
        const size_t capacity = reader->capacity == 0 ? FIRST_CAPACITY : 2 * reader->capacity;
        double *rates = realloc(series->rates_per_s, capacity * sizeof *rates);
        if (!rates) return fail(reader, "not enough memory for %zu rates", capacity);
        series->rates_per_s = rates;
        reader->capacity = capacity;
    }
    series->rates_per_s[series->count++] = rate_per_s;
    reader->length = 0;
    return true;
}

static bool end_line(reader_t *reader)
{
    if (reader->length > 0 && reader->text[reader->length - 1] == '\r') reader->length--;
    if (!end_number(reader)) return false;
    if (reader->set->count == SERIES_MAXIMUM)
        return fail(reader, "more than %d series; split the file", SERIES_MAXIMUM);
    /* Short lines would else keep a multiple of what they hold; where that fails, the block stays as it is. */
    double *rates = realloc(reader->series.rates_per_s, reader->series.count * sizeof *rates);
    if (rates) reader->series.rates_per_s = rates;
    if (!add(reader->set, &reader->series)) return fail(reader, "not enough memory");
    reader->capacity = 0;
    reader->line++;
    return true;
}

static bool read_chunk(void *context, const char *bytes, size_t size)
{
    reader_t *reader = context;
    for (size_t i = 0; i < size; i++) {
        bool good = true;
        if (bytes[i] == '\n')
            good = end_line(reader);
        else if (bytes[i] == ',')
            good = end_number(reader);
        else if (reader->length == sizeof reader->text - 1)
            good = fail(reader, "a number longer than %zu characters; a line has rates separated by commas",
                        reader->length);
        else
            reader->text[reader->length++] = bytes[i];
        if (!good) return false;
    }
    return true;
}

static bool finish(reader_t *reader)
{
    if ((reader->length > 0 || reader->series.count > 0) && !end_line(reader)) return false;
    if (reader->line == 1) return fail(reader, "the file is empty; a line has rates separated by commas");
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

bool series_load(const char *path, series_set_t *set, char *error, size_t error_size)
{
    reader_t reader = {
        .path = packed_input_name(path), .set = set, .line = 1, .error = error, .error_size = error_size};
    const bool good = read_all(&reader, path);
    free(reader.series.rates_per_s);
    return good;
}

bool series_add(series_set_t *set, const double *rates_per_s, size_t count)
{
    series_t series = {.rates_per_s = malloc((count > 0 ? count : 1) * sizeof(double)), .count = count};
    if (!series.rates_per_s) return false;
    memcpy(series.rates_per_s, rates_per_s, count * sizeof(double));
    const bool good = add(set, &series);
    free(series.rates_per_s);
    return good;
}

bool series_add_shape(series_set_t *set, const shape_t *shape, uint64_t seed, size_t seconds)
{
    series_t series = {.rates_per_s = malloc(seconds * sizeof(double)), .count = seconds};
    if (!series.rates_per_s) return false;
    shape_series(shape, seed, series.rates_per_s, seconds);
    const bool good = add(set, &series);
    free(series.rates_per_s);
    return good;
}

/* How much of a stretch lies within second `s`; they do overlap. */
static int64_t overlap_ns(int64_t from_ns, int64_t to_ns, size_t s)
{
    const int64_t second_from_ns = (int64_t)s * second_ns, second_to_ns = second_from_ns + second_ns;
    return (to_ns < second_to_ns ? to_ns : second_to_ns) -
           (from_ns > second_from_ns ? from_ns : second_from_ns);
}

bool series_add_trace(series_set_t *set, const trace_t *trace)
{
    const size_t seconds = (size_t)(trace_bin_start_ns(trace, trace->bin_count) / second_ns);
    if (seconds == 0) return false;
    series_t series = {.rates_per_s = calloc(seconds, sizeof(double)), .count = seconds};
    if (!series.rates_per_s) return false;
    for (size_t i = 0; i < trace->bin_count; i++) {
        /* In whole nanoseconds: rounded seconds would let a little of a bin into the second beside it. */
        const int64_t from_ns = trace_bin_start_ns(trace, i), to_ns = trace_bin_start_ns(trace, i + 1);
        for (size_t s = (size_t)(from_ns / second_ns); s < seconds && (int64_t)s * second_ns < to_ns; s++)
            series.rates_per_s[s] +=
                trace->counts[i] * (double)overlap_ns(from_ns, to_ns, s) / (double)(to_ns - from_ns);
    }
    const bool good = add(set, &series);
    free(series.rates_per_s);
    return good;
}

void series_set_free(series_set_t *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->items[i].rates_per_s);
    free(set->items);
    *set = (series_set_t){0};
}
