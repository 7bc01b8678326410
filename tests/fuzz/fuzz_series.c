/* The reader of series on any bytes, plain or gzip: a refusal names the file and says why, an acceptance holds rates. */
/* links: traffic common */
#include "traffic/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 256 };

static void check(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[TEXT_SIZE] = "";
    int fd = memfd_create("series", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    series_set_t set = {0};
    if (series_load(path, &set, error, sizeof error)) {
        check(error[0] == '\0' && set.count > 0);
        for (size_t i = 0; i < set.count; i++) {
            check(set.items[i].count > 0);
            for (size_t k = 0; k < set.items[i].count; k++)
                check(set.items[i].rates_per_s[k] >= 0 && set.items[i].rates_per_s[k] <= 1e12);
        }
    } else {
        check(strncmp(error, path, strlen(path)) == 0 && strlen(error) < sizeof error);
    }
    series_set_free(&set);
    close(fd);
    return 0;
}
