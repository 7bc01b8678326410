/*
 * Reads a small CSV file whole: a line of column names, then lines of as many cells. Cells may be quoted ("a, ""b""");
 * line breaks inside a cell are not understood.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_CSV_H
#define ADAPTIVESTREAM_BENCHMARK_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSV_COLUMNS_MAXIMUM = 128, CSV_SIZE_MAXIMUM = 256 * 1024 * 1024, CSV_NONE = -1 };

typedef struct {
    char *text;
    char **cells; /* the names, then row by row */
    size_t columns, rows;
} csv_t;

/* On failure `error` holds one sentence "FILE:LINE: what is wrong", and *csv is empty. Release with csv_free(). */
bool csv_load(const char *path, csv_t *csv, char *error, size_t error_size);
void csv_free(csv_t *csv);

/* Index of a column; CSV_NONE when there is none of that name. */
int csv_column(const csv_t *csv, const char *name);

/* Indexes of `count` columns that must be there. False with a sentence that names the file and the column. */
bool csv_columns(const csv_t *csv, const char *path, const char *const *names, size_t count, int *indexes,
                 char *error, size_t error_size);

/* The text of a cell. */
const char *csv_text(const csv_t *csv, size_t row, int column);

/* False when the cell is no number. */
bool csv_number(const csv_t *csv, size_t row, int column, double *value);
bool csv_integer(const csv_t *csv, size_t row, int column, int64_t *value);

#endif
