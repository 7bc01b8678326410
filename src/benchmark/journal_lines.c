#include "benchmark/journal_lines.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The agent's lines are at most 4 KiB; a file that has no line ends at all must not be read whole. */
enum { TEXT_SIZE = 65536 };

static void add_file(journal_lines_t *lines, int place, FILE *file)
{
    struct stat status;
    lines->files[place] = file;
    if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode)) lines->all_bytes += status.st_size;
    lines->place = place;
    lines->file_count++;
}

static bool same_file(FILE *one, FILE *other)
{
    struct stat first, second;
    return fstat(fileno(one), &first) == 0 && fstat(fileno(other), &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* The newest is open: should the agent turn its files meanwhile, one of them is met twice and none is missed. */
static void open_older(journal_lines_t *lines)
{
    char name[PATH_MAX + 8];
    FILE *newer = lines->files[0];
    for (int place = 1; place < JOURNAL_FILES; place++) {
        snprintf(name, sizeof name, "%s.%d", lines->path, place);
        FILE *file = fopen(name, "re");
        if (file == NULL) continue;
        if (same_file(newer, file)) {
            fclose(file);
            continue;
        }
        add_file(lines, place, file);
        newer = file;
    }
}

bool journal_lines_open(journal_lines_t *lines, const char *path, char *error, size_t error_size)
{
    *lines = (journal_lines_t){.path = path};
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    lines->text = malloc(TEXT_SIZE);
    if (!lines->text) {
        snprintf(error, error_size, "out of memory");
        fclose(file);
        return false;
    }
    add_file(lines, 0, file);
    open_older(lines);
    return true;
}

void journal_lines_close(journal_lines_t *lines)
{
    for (int place = 0; place < JOURNAL_FILES; place++)
        if (lines->files[place] != NULL) fclose(lines->files[place]);
    free(lines->text);
}

const char *journal_lines_place(const journal_lines_t *lines, char *buffer)
{
    char older[16] = "";
    if (lines->place > 0) snprintf(older, sizeof older, ".%d", lines->place);
    snprintf(buffer, JOURNAL_PLACE_SIZE, "%.350s%s:%zu", lines->path, older, lines->file_number);
    return buffer;
}

/* True when there is a newer file to go on with. */
static bool next_file(journal_lines_t *lines)
{
    if (lines->place == 0) return false;
    fclose(lines->files[lines->place]);
    lines->files[lines->place] = NULL;
    while (lines->files[lines->place] == NULL)
        lines->place--;
    lines->file_number = 0;
    return true;
}

/* The bytes of the next line, of which `text` holds the first TEXT_SIZE; 0 at the end. *whole: it ended in a
 * newline, which counts. */
static size_t read_text(journal_lines_t *lines, bool *whole)
{
    FILE *file = lines->files[lines->place];
    size_t length = 0;
    int byte = 0;
    while (byte != '\n' && (byte = getc_unlocked(file)) != EOF) {
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
    size_t length;
    do { /* an empty line is between two drivers that share the journal, see the agent's end_torn_line() */
        errno = 0;
        length = read_text(lines, &whole);
        if (ferror(lines->files[lines->place])) return JOURNAL_UNREADABLE;
        if (length > 0) {
            lines->number++;
            lines->file_number++;
        } else if (!next_file(lines))
            return JOURNAL_END;
    } while (length == 0 || (length == 1 && whole));
    if (length <= TEXT_SIZE) *line = json_loadb(lines->text, length, 0, NULL);
    if (json_is_object(*line)) return JOURNAL_LINE;
    json_decref(*line);
    *line = NULL;
    return whole || lines->place > 0 ? JOURNAL_NOT_JSON : JOURNAL_TORN;
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
