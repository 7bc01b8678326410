#include "benchmark/journal_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The agent's lines are at most 4 KiB; a file that has no line ends at all must not be read whole. */
enum { TEXT_SIZE = 65536 };

bool journal_lines_open(journal_lines_t *lines, const char *path, char *error, size_t error_size)
{
    struct stat status;
    *lines = (journal_lines_t){.path = path, .file = fopen(path, "re")};
    if (!lines->file) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    lines->text = malloc(TEXT_SIZE);
    if (!lines->text) {
        snprintf(error, error_size, "out of memory");
        fclose(lines->file);
        return false;
    }
    if (fstat(fileno(lines->file), &status) == 0 && S_ISREG(status.st_mode))
        lines->all_bytes = status.st_size;
    return true;
}

void journal_lines_close(journal_lines_t *lines)
{
    fclose(lines->file);
    free(lines->text);
}

/* The bytes of the next line, of which `text` holds the first TEXT_SIZE; 0 at the end. *whole: it ended in a
 * newline, which counts. */
static size_t read_text(journal_lines_t *lines, bool *whole)
{
    size_t length = 0;
    int byte = 0;
    while (byte != '\n' && (byte = getc_unlocked(lines->file)) != EOF) {
        if (length < TEXT_SIZE) lines->text[length] = (char)byte;
        length++;
    }
    *whole = byte == '\n';
    lines->bytes += (int64_t)length;
    return length;
}

journal_got_t journal_lines_next(journal_lines_t *lines, json_t **line)
{
    bool whole;
    *line = NULL;
    errno = 0;
    size_t length = read_text(lines, &whole);
    if (ferror(lines->file)) return JOURNAL_UNREADABLE;
    if (length == 0) return JOURNAL_END;
    lines->number++;
    if (length <= TEXT_SIZE) *line = json_loadb(lines->text, length, 0, NULL);
    if (json_is_object(*line)) return JOURNAL_LINE;
    json_decref(*line);
    *line = NULL;
    return whole ? JOURNAL_NOT_JSON : JOURNAL_TORN;
}

static bool is_text(const json_t *line, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(line, key));
    return value && strcmp(value, text) == 0;
}

bool journal_line_is_of(const json_t *line, const char *query)
{
    return !query || is_text(line, "query", query) || is_text(line, "id", query) ||
           is_text(line, "run", query);
}
