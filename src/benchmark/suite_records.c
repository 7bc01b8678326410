#include "benchmark/suite_records.h"

#include <stdio.h>
#include <stdlib.h>

bool suite_records_load(const char *folder, const suite_row_t *row, const char *name,
                        const char *const *columns, size_t count, int *indexes, csv_t *csv, char *error,
                        size_t error_size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", folder, row->folder, name);
    if (!csv_load(path, csv, error, error_size)) return false;
    if (csv_columns(csv, path, columns, count, indexes, error, error_size)) return true;
    csv_free(csv);
    return false;
}

bool suite_records_bad_line(const char *folder, const suite_row_t *row, const char *name, size_t line,
                            char *error, size_t error_size)
{
    snprintf(error, error_size, "%s/%s/%s:%zu: not the whole numbers that are expected", folder, row->folder,
             name, line + 2);
    return false;
}

static bool read_second(const csv_t *csv, size_t line, const int at[3], suite_second_t *second)
{
    return csv_integer(csv, line, at[0], &second->second) && csv_integer(csv, line, at[1], &second->events) &&
           csv_integer(csv, line, at[2], &second->wait_sum_ms) && second->second >= 0 &&
           second->second <= INT32_MAX && second->events >= 0 && second->events <= INT32_MAX &&
           second->wait_sum_ms >= 0 && second->wait_sum_ms <= INT64_C(1) << 50;
}

suite_second_t *suite_records_seconds(const char *folder, const suite_row_t *row, size_t *count, char *error,
                                      size_t error_size)
{
    static const char *const names[] = {"second", "events", "wait_sum_ms"};
    static const char file[] = "seconds.csv";
    csv_t csv;
    int at[3];
    if (!suite_records_load(folder, row, file, names, 3, at, &csv, error, error_size)) return NULL;
    suite_second_t *seconds = malloc((csv.rows + 1) * sizeof *seconds);
    bool good = seconds != NULL;
    if (!good) snprintf(error, error_size, "out of memory");
    *count = 0;
    for (size_t i = 0; good && i < csv.rows; i++) {
        suite_second_t one;
        if (!read_second(&csv, i, at, &one) || (*count > 0 && one.second <= seconds[*count - 1].second))
            good = suite_records_bad_line(folder, row, file, i, error, error_size);
        else if (one.events > 0)
            seconds[(*count)++] = one;
    }
    csv_free(&csv);
    if (good) return seconds;
    free(seconds);
    return NULL;
}

static bool read_batch(const csv_t *csv, size_t line, const int at[3], suite_batch_t *batch)
{
    const int64_t latest_ms = INT64_C(1) << 50;
    int64_t end_ms;
    if (!csv_integer(csv, line, at[0], &batch->trigger_ms) || !csv_integer(csv, line, at[1], &end_ms) ||
        !csv_integer(csv, line, at[2], &batch->events) || batch->trigger_ms < 0 ||
        batch->trigger_ms > latest_ms || end_ms < 0 || end_ms > latest_ms)
        return false;
    batch->took_ms = end_ms > batch->trigger_ms ? end_ms - batch->trigger_ms : 0;
    return true;
}

suite_batch_t *suite_records_batches(const char *folder, const suite_row_t *row, size_t *count, char *error,
                                     size_t error_size)
{
    static const char *const names[] = {"trigger_ms", "end_ms", "events"};
    static const char file[] = "batches.csv";
    csv_t csv;
    int at[3];
    if (!suite_records_load(folder, row, file, names, 3, at, &csv, error, error_size)) return NULL;
    suite_batch_t *batches = malloc((csv.rows + 1) * sizeof *batches);
    bool good = batches != NULL;
    if (!good) snprintf(error, error_size, "out of memory");
    *count = csv.rows;
    for (size_t i = 0; good && i < csv.rows; i++)
        if (!read_batch(&csv, i, at, &batches[i]) ||
            (i > 0 && batches[i].trigger_ms < batches[i - 1].trigger_ms))
            good = suite_records_bad_line(folder, row, file, i, error, error_size);
    csv_free(&csv);
    if (good) return batches;
    free(batches);
    return NULL;
}
