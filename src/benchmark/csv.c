#include "benchmark/csv.h"

#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void csv_free(csv_t *csv)
{
    free(csv->text);
    free(csv->cells);
    *csv = (csv_t){0};
}

static char *read_file(const char *path, size_t *size, char *error, size_t error_size)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    *size = 0;
    while (file && *size < CSV_SIZE_MAXIMUM) {
        if (*size + 1 >= room) {
            room = room ? 2 * room : 64 * 1024;
            char *grown = realloc(text, room);
            if (!grown) break;
            text = grown;
        }
        const size_t got = fread(text + *size, 1, room - *size - 1, file);
        *size += got;
        if (got == 0) break;
    }
    if (!file || ferror(file) || !text || *size >= CSV_SIZE_MAXIMUM || memchr(text, '\0', *size)) {
        const char *why = !file || ferror(file)       ? strerror(errno)
                          : !text                     ? "out of memory"
                          : *size >= CSV_SIZE_MAXIMUM ? "too long for a CSV file of a benchmark"
                                                      : "a zero byte; this is not a text file";
        snprintf(error, error_size, "%s: %s", path, why);
        free(text);
        text = NULL;
    } else {
        text[*size] = '\0';
    }
    if (file) fclose(file);
    return text;
}

/* Reads the cell at *at, moves *at behind it and its comma, and leaves the cell's own text, without quotes, in place. NULL
 * when a quote is not closed or something follows it. `last`: whether it was the line's last one. */
static char *read_cell(char **at, bool *last)
{
    char *cell = *at, *from = *at, *to = *at;
    if (*from == '"') {
        for (from++; *from != '\0'; *to++ = *from++) {
            if (*from != '"') continue;
            if (from[1] != '"') break;
            from++;
        }
        if (*from != '"') return NULL;
        from++;
        if (*from != ',' && *from != '\0') return NULL;
    } else {
        from += strcspn(from, ",");
        to = from;
    }
    *last = *from == '\0';
    *at = from + !*last;
    *to = '\0';
    return cell;
}

/* False when out of memory. */
static bool add_cell(csv_t *csv, size_t count, char *cell)
{
    if ((count & (count - 1)) == 0) {
        char **grown = realloc(csv->cells, (count ? 2 * count : 1) * sizeof *grown);
        if (!grown) return false;
        csv->cells = grown;
    }
    csv->cells[count] = cell;
    return true;
}

/* The cells of one line, which ends in a zero. NULL, or what is wrong. */
static const char *read_line(csv_t *csv, char *line, size_t *count)
{
    bool last = false;
    size_t cells = 0;
    while (!last) {
        char *cell = read_cell(&line, &last);
        if (!cell) return "a quote that is not closed, or text behind it";
        if (cells == CSV_COLUMNS_MAXIMUM) return "too many cells";
        if (!add_cell(csv, *count, cell)) return "out of memory";
        ++*count;
        cells++;
    }
    if (csv->columns == 0)
        csv->columns = cells;
    else if (cells != csv->columns)
        return "not as many cells as there are columns";
    else
        csv->rows++;
    return NULL;
}

bool csv_load(const char *path, csv_t *csv, char *error, size_t error_size)
{
    size_t size, count = 0, number = 1;
    *csv = (csv_t){.text = read_file(path, &size, error, error_size)};
    if (!csv->text) return false;
    for (char *line = csv->text, *end = line + size; line < end; number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *line_end = newline ? newline : end;
        *line_end = '\0';
        if (line_end > line && line_end[-1] == '\r') line_end[-1] = '\0';
        const char *wrong = *line == '\0' ? NULL : read_line(csv, line, &count);
        if (wrong) {
            snprintf(error, error_size, "%s:%zu: %s", path, number, wrong);
            csv_free(csv);
            return false;
        }
        line = line_end + 1;
    }
    if (csv->columns > 0) return true;
    snprintf(error, error_size, "%s: empty", path);
    csv_free(csv);
    return false;
}

int csv_column(const csv_t *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++)
        if (strcmp(csv->cells[i], name) == 0) return (int)i;
    return CSV_NONE;
}

bool csv_columns(const csv_t *csv, const char *path, const char *const *names, size_t count, int *indexes,
                 char *error, size_t error_size)
{
    for (size_t i = 0; i < count; i++) {
        indexes[i] = csv_column(csv, names[i]);
        if (indexes[i] != CSV_NONE) continue;
        snprintf(error, error_size, "%s: no column %s", path, names[i]);
        return false;
    }
    return true;
}

const char *csv_text(const csv_t *csv, size_t row, int column)
{
    return csv->cells[(row + 1) * csv->columns + (size_t)column];
}

bool csv_number(const csv_t *csv, size_t row, int column, double *value)
{
    return parse_number(csv_text(csv, row, column), value);
}

bool csv_integer(const csv_t *csv, size_t row, int column, int64_t *value)
{
    return parse_integer(csv_text(csv, row, column), value);
}
