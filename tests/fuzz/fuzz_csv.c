/* CSV of any bytes: a refusal names the file, an acceptance has all its cells, each a string. */
/* links: benchmark */
#include "benchmark/csv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[256] = "";
    int fd = memfd_create("csv", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    csv_t csv;
    if (csv_load(path, &csv, error, sizeof error)) {
        check(error[0] == '\0' && csv.columns > 0 && csv.columns <= CSV_COLUMNS_MAXIMUM);
        size_t length = 0;
        for (size_t row = 0; row < csv.rows; row++) {
            for (size_t column = 0; column < csv.columns; column++) {
                double number;
                length += strlen(csv_text(&csv, row, (int)column));
                csv_number(&csv, row, (int)column, &number);
            }
        }
        check(length <= size);
        csv_free(&csv);
    } else {
        check(strncmp(error, path, strlen(path)) == 0);
        check(csv.text == NULL && csv.cells == NULL && csv.rows == 0);
    }
    close(fd);
    return 0;
}
