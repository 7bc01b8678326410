#include "benchmark/journal_summary.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const json_t *line, const char *side, const char *name, double *value)
{
    char key[64];
    snprintf(key, sizeof key, "%s_%s", side, name);
    const json_t *number = json_object_get(line, key);
    *value = json_number_value(number);
    return json_is_number(number);
}

static bool read_waits(const json_t *line, const char *side, wait_summary_t *waits)
{
    double batches, events;
    bool good =
        read_number(line, side, "batches", &batches) && read_number(line, side, "events", &events) &&
        read_number(line, side, "waited_s", &waits->waited_s) &&
        read_number(line, side, "mean_s", &waits->mean_s) &&
        read_number(line, side, "p50_s", &waits->p50_s) && read_number(line, side, "p95_s", &waits->p95_s) &&
        read_number(line, side, "p99_s", &waits->p99_s) && read_number(line, side, "max_s", &waits->max_s);
    if (good) {
        waits->batches = (int64_t)batches;
        waits->events = (int64_t)events;
    }
    return good;
}

static bool is_text(const json_t *line, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(line, key));
    return value && strcmp(value, text) == 0;
}

/* False when the line is a summary of the query that lacks a figure. */
static bool read_summary(const json_t *line, const char *query, journal_summary_t *summary, bool *found)
{
    if (!is_text(line, "event", "summary") || (!is_text(line, "query", query) && !is_text(line, "id", query)))
        return true;
    *found = true;
    return read_waits(line, "own", &summary->own) && read_waits(line, "shadow", &summary->shadow);
}

static bool read_lines(FILE *file, const char *path, const char *query, journal_summary_t *summary,
                       char *error, size_t error_size)
{
    char *text = NULL;
    size_t room = 0, number = 0;
    ssize_t length;
    bool good = true, found = false;
    while (good && (length = getline(&text, &room, file)) > 0) {
        number++;
        json_t *line = json_loadb(text, (size_t)length, 0, NULL);
        if (!line && text[length - 1] == '\n') {
            snprintf(error, error_size, "%s:%zu: not a line of JSON; is this the agent's journal?", path,
                     number);
            good = false;
        } else if (line && !read_summary(line, query, summary, &found)) {
            snprintf(error, error_size, "%s:%zu: a summary without all of its figures", path, number);
            good = false;
        }
        json_decref(line);
    }
    free(text);
    if (good && ferror(file)) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        good = false;
    }
    if (good && !found) {
        snprintf(error, error_size, "%s: no summary of query %s; it is written when the query stops", path,
                 query);
        good = false;
    }
    return good;
}

bool journal_summary_read(const char *path, const char *query, journal_summary_t *summary, char *error,
                          size_t error_size)
{
    *summary = (journal_summary_t){0};
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    bool good = read_lines(file, path, query, summary, error, error_size);
    fclose(file);
    return good;
}
