/* The journal's reader and replayer on any bytes: it comes to an end, names what is wrong, and counts no
 * more than there is. */
/* links: benchmark control common */
#include "benchmark/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 256, MOST_DIGITS = 12, OUT_OF_RANGE_DIGITS = 20 };

static void check(int holds)
{
    if (!holds) abort();
}

/* Numbers that the reader takes, and that make the shadow run triggers for ages: right, but too long for
 * a fuzzer. Digits after a point do not matter. */
static bool takes_too_long(const uint8_t *data, size_t size)
{
    size_t digits = 0;
    bool fraction = false;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && data[i] >= '0' && data[i] <= '9') {
            digits++;
            continue;
        }
        if (!fraction && digits > MOST_DIGITS && digits < OUT_OF_RANGE_DIGITS) return true;
        fraction = i < size && data[i] == '.';
        digits = 0;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[TEXT_SIZE] = "";
    replay_report_t report;
    if (takes_too_long(data, size)) return 0;
    int fd = memfd_create("journal", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    check(replay_journal(path, NULL, NULL, NULL, &report, error, sizeof error) && error[0] == '\0');

    int64_t decisions = 0, differing = 0;
    for (size_t i = 0; i < report.count; i++) {
        const replay_run_t *run = &report.runs[i];
        check(run->state < REPLAY_STATES && run->first_line <= report.lines);
        check(run->differing <= run->decisions && run->probes <= run->calls);
        check(run->difference_line > 0 || (run->differing == 0 && !run->summary_differs));
        decisions += run->decisions;
        differing += run->differing;
    }
    check(decisions == report.decisions && differing == report.differing);
    check(decisions + report.malformed <= (int64_t)report.lines);
    check((report.malformed > 0) == (strncmp(report.first_malformed, path, strlen(path)) == 0));
    check(!replay_is_equal(&report) || (report.malformed == 0 && differing == 0));
    replay_free(&report);
    close(fd);
    return 0;
}
