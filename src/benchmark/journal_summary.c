#include "benchmark/journal_summary.h"

#include "benchmark/journal_fields.h"
#include "benchmark/journal_lines.h"

#include <errno.h>
#include <string.h>

/* False, and what is wrong in `error`, when the line is a summary of the query that lacks a figure. */
static bool read_summary(const json_t *line, const char *query, journal_summary_t *summary, bool *found,
                         char *error, size_t error_size)
{
    const char *event = json_string_value(json_object_get(line, "event"));
    if (!event || strcmp(event, "summary") != 0 || !journal_line_is_of(line, query)) return true;
    governor_stats_t stats = {0};
    if (!journal_read(&journal_wait_fields, line, &stats, error, error_size)) return false;
    *summary = (journal_summary_t){stats.own, stats.shadow};
    *found = true;
    return true;
}

static bool read_lines(journal_lines_t *lines, const char *query, journal_summary_t *summary, char *error,
                       size_t error_size)
{
    bool found = false;
    journal_got_t got;
    json_t *line;
    while ((got = journal_lines_next(lines, &line)) == JOURNAL_LINE) {
        char what[256], place[JOURNAL_PLACE_SIZE];
        bool good = read_summary(line, query, summary, &found, what, sizeof what);
        json_decref(line);
        if (good) continue;
        snprintf(error, error_size, "%s: a summary without all of its figures: %s",
                 journal_lines_place(lines, place), what);
        return false;
    }
    char place[JOURNAL_PLACE_SIZE];
    if (got == JOURNAL_NOT_JSON)
        snprintf(error, error_size, "%s: not a line of JSON; is this the agent's journal?",
                 journal_lines_place(lines, place));
    else if (got == JOURNAL_UNREADABLE)
        snprintf(error, error_size, "%s: %s", lines->path, strerror(errno));
    else if (!found)
        snprintf(error, error_size, "%s: no summary of query %s; it is written when the query stops",
                 lines->path, query);
    else
        return true;
    return false;
}

bool journal_summary_read(const char *path, const char *query, journal_summary_t *summary, char *error,
                          size_t error_size)
{
    *summary = (journal_summary_t){0};
    journal_lines_t lines;
    if (!journal_lines_open(&lines, path, error, error_size)) return false;
    bool good = read_lines(&lines, query, summary, error, error_size);
    journal_lines_close(&lines);
    return good;
}
