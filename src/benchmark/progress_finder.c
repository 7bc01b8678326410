#include "benchmark/progress_finder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REPORT_MAXIMUM = 4 << 20, /* bytes of one over several lines; a thousand stateful operators take less */
    TRIES = 16,               /* opening braces of a line at which a report is looked for in vain */
};

static const char batch_key[] = "\"batchId\"";
static const char escaped_key[] = "\\\"batchId\\\"";

__attribute__((format(printf, 3, 4))) static bool fail(progress_finder_t *finder, size_t line,
                                                       const char *format, ...)
{
    int used = snprintf(finder->error, finder->error_size, "%s:%zu: ", finder->path, line);
    if (used < 0 || (size_t)used >= finder->error_size) return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finder->error + used, finder->error_size - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static bool contains(const char *text, size_t length, const char *part)
{
    return memmem(text, length, part, strlen(part)) != NULL;
}

typedef enum { NO_REPORT, REPORT, STOP } outcome_t;

static outcome_t take(progress_finder_t *finder, const json_t *progress, size_t line)
{
    progress_report_t report;
    /* An application may print objects of its own with a batchId. */
    if (!json_object_get(progress, "batchId") || !json_object_get(progress, "timestamp") ||
        !json_object_get(progress, "sources"))
        return NO_REPORT;
    const char *why = progress_report_of(progress, &report);
    if (why) {
        fail(finder, line, "%s", why);
        return STOP;
    }
    report.path = finder->path;
    report.line = line;
    return finder->found(finder->context, &report) ? REPORT : STOP;
}

static outcome_t search(progress_finder_t *finder, const char *text, size_t length, bool nested,
                        bool *broken);

/* A structured log holds the report as a text among other members. */
static outcome_t search_texts(progress_finder_t *finder, json_t *object)
{
    const char *key;
    json_t *value;
    outcome_t outcome = NO_REPORT;
    json_object_foreach(object, key, value)
    {
        const char *text = json_string_value(value);
        const size_t length = json_string_length(value);
        bool broken = false;
        if (!text || !contains(text, length, batch_key)) continue;
        outcome_t one = search(finder, text, length, true, &broken);
        if (one == STOP) return STOP;
        if (one == REPORT) outcome = REPORT;
    }
    return outcome;
}

static outcome_t take_object(progress_finder_t *finder, json_t *object, bool nested)
{
    const json_t *progress = json_object_get(object, "progress");
    if (json_is_object(progress)) return take(finder, progress, finder->line);
    outcome_t outcome = take(finder, object, finder->line);
    return outcome == NO_REPORT && !nested ? search_texts(finder, object) : outcome;
}

/* Every object that stands in the text, whatever is between them. *broken: at least one is not whole. */
static outcome_t search(progress_finder_t *finder, const char *text, size_t length, bool nested, bool *broken)
{
    outcome_t outcome = NO_REPORT;
    const char *at = text, *end = text + length;
    for (int tries = 0; tries < TRIES && (at = memchr(at, '{', (size_t)(end - at))) != NULL;) {
        json_error_t cause;
        json_t *object = json_loadb(at, (size_t)(end - at), JSON_DISABLE_EOF_CHECK, &cause);
        if (!object) {
            *broken = true;
            tries++;
            at++;
            continue;
        }
        const size_t used = cause.position > 0 ? (size_t)cause.position : 1;
        const outcome_t one = take_object(finder, object, nested);
        json_decref(object);
        if (one == STOP) return STOP;
        if (one == REPORT) outcome = REPORT;
        at += used;
    }
    return outcome;
}

static bool search_line(progress_finder_t *finder, const char *line, size_t length)
{
    const bool plain = contains(line, length, batch_key);
    if (!plain && !contains(line, length, escaped_key)) return true;
    bool broken = false;
    const outcome_t outcome = search(finder, line, length, false, &broken);
    if (outcome != NO_REPORT) return outcome == REPORT;
    const bool whole = line[length - 1] == '\n';
    if (plain && broken && whole)
        return fail(finder, finder->line, "names a batchId, but is no whole report (JSON)");
    return true;
}

static bool append(progress_finder_t *finder, const char *line, size_t length)
{
    if (finder->length + length > REPORT_MAXIMUM)
        return fail(finder, finder->begun, "a report longer than %d MB", REPORT_MAXIMUM >> 20);
    if (finder->length + length > finder->room) {
        const size_t room = 2 * (finder->length + length);
        char *text = realloc(finder->text, room);
        if (!text) return fail(finder, finder->line, "out of memory");
        finder->text = text;
        finder->room = room;
    }
    memcpy(finder->text + finder->length, line, length);
    finder->length += length;
    return true;
}

/* The closing brace has come. */
static bool finish(progress_finder_t *finder)
{
    const size_t begun = finder->begun;
    json_error_t cause;
    finder->begun = 0;
    if (!append(finder, "}", 1)) return false;
    json_t *object = json_loadb(finder->text, finder->length, 0, &cause);
    finder->length = 0;
    if (!object) return fail(finder, begun, "a report that is not JSON: %s", cause.text);
    const outcome_t outcome = take(finder, object, begun);
    json_decref(object);
    return outcome != STOP;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Spark's pretty-printed reports begin with their id. */
static bool is_first_member(const char *line, size_t length)
{
    static const char member[] = "\"id\"";
    size_t at = 0;
    while (at < length && is_blank(line[at]))
        at++;
    return at > 0 && length - at >= strlen(member) && memcmp(line + at, member, strlen(member)) == 0;
}

static bool ends_in_brace(const char *line, size_t length)
{
    while (length > 0 && (is_blank(line[length - 1]) || line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    return length > 0 && line[length - 1] == '{';
}

bool progress_finder_line(progress_finder_t *finder, const char *line, size_t length)
{
    finder->line++;
    if (length == 0) return true;
    if (finder->opening && is_first_member(line, length)) {
        if (finder->begun > 0)
            return fail(finder, finder->begun, "a report without its end: another one begins in line %zu",
                        finder->line - 1);
        finder->begun = finder->line - 1;
        finder->opening = false;
        return append(finder, "{", 1) && append(finder, line, length);
    }
    if (finder->begun > 0 && line[0] == '}') return finish(finder);
    if (finder->begun > 0 && is_blank(line[0])) return append(finder, line, length);
    /* A line that does not belong to an open report came in between: stdout and stderr in one file. */
    finder->opening = ends_in_brace(line, length);
    return search_line(finder, line, length);
}

void progress_finder_end(progress_finder_t *finder)
{
    free(finder->text);
    finder->text = NULL;
    finder->length = finder->room = finder->begun = 0;
}
