/* The trace reader on any bytes, plain or gzip: a refusal names the file and says why, an acceptance holds
 * what the header promises, also after scaling. */
/* links: traffic common */
#include "traffic/arrivals.h"
#include "traffic/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 256, EVENTS_MAXIMUM = 100000 };

static void check(int holds)
{
    if (!holds) abort();
}

static void check_counts(const trace_t *trace)
{
    uint64_t sum = 0;
    check(trace->bin_count > 0 && trace->bin_count <= TRACE_BINS_MAXIMUM);
    for (size_t i = 0; i < trace->bin_count; i++) {
        check(trace->counts[i] <= TRACE_COUNT_MAXIMUM);
        sum += trace->counts[i];
    }
    check(sum == trace->total);
}

static void check_arrivals(const trace_t *trace, spacing_t spacing)
{
    if (trace->total > EVENTS_MAXIMUM) return; /* right or wrong, it takes too long for a fuzzer */
    arrivals_t arrivals;
    arrivals_of_trace(&arrivals, trace, SHAPE_FOREVER_NS, spacing, 1);
    uint64_t count = 0;
    int64_t before_ns = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival); count++) {
        check(arrival.time_ns >= before_ns && arrival.time_ns < arrivals.end_ns);
        before_ns = arrival.time_ns;
    }
    check(count == trace->total);
}

static void check_trace(trace_t *trace)
{
    char error[TEXT_SIZE];
    check_counts(trace);
    check_arrivals(trace, SPACING_POISSON);
    check_arrivals(trace, SPACING_REGULAR);
    if (!trace_rescale(trace, 1.7, 3, error, sizeof error)) return;
    check_counts(trace);
    check_arrivals(trace, SPACING_POISSON);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[TEXT_SIZE] = "";
    int fd = memfd_create("trace", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    trace_t trace;
    if (trace_load(path, 1000000000, &trace, error, sizeof error)) {
        check(error[0] == '\0');
        check_trace(&trace);
        trace_free(&trace);
    } else {
        check(strncmp(error, path, strlen(path)) == 0 && strlen(error) < sizeof error);
        check(trace.counts == NULL && trace.bin_count == 0);
    }
    close(fd);
    return 0;
}
