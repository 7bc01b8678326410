/* Trace files: the recorded ones, scaling, and every way a file can be wrong. */
/* links: traffic common */
#include "traffic/arrivals.h"
#include "traffic/trace.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

enum { TEXT_SIZE = 512 };

#define TRACES PROJECT_SOURCE "/tests/data/traces/"

static const int64_t second_ns = INT64_C(1000000000);

static trace_t load(const char *path, int64_t bin_ns)
{
    trace_t trace;
    char error[TEXT_SIZE] = "";
    if (!trace_load(path, bin_ns, &trace, error, sizeof error)) fail_msg("%s", error);
    return trace;
}

/* A file that exists until the next call. */
static const char *file_of(const void *bytes, size_t size)
{
    static char path[64];
    if (path[0] != '\0') unlink(path);
    strcpy(path, "/tmp/test_trace_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
    if (size == 0 && bytes == NULL) unlink(path);
    return path;
}

static trace_t trace_of(const char *text)
{
    return load(file_of(text, strlen(text)), second_ns);
}

/* Totals, bins and peaks as tests/data/traces/README.md and the counting of the files give them. */
static void test_recorded_traces(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int64_t bin_ns;
        size_t bins;
        uint64_t total;
        uint32_t peak;
    } traces[] = {
        {TRACES "nasa_http.csv.gz", 1000000000, 86400, 139329, 20},
        {TRACES "twitter_stream.csv.gz", 1000000000, 84660, 5500528, 362},
        {TRACES "llm_code.csv.gz", 100000000, 34360, 8816, 13},
        {TRACES "btc_feed.csv.gz", 100000000, 182780, 55996, 12},
        {TRACES "tweets_tvshow.csv.gz", 100000000, 144000, 27388, 5},
    };
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        trace_t trace = load(traces[i].path, traces[i].bin_ns);
        assert_int_equal(trace.bin_count, traces[i].bins);
        assert_int_equal(trace.total, traces[i].total);
        uint32_t peak = 0;
        for (size_t bin = 0; bin < trace.bin_count; bin++)
            if (trace.counts[bin] > peak) peak = trace.counts[bin];
        assert_int_equal(peak, traces[i].peak);
        trace_free(&trace);
    }
}

static void check_bins(const trace_t *trace, spacing_t spacing, uint64_t seed)
{
    arrivals_t arrivals;
    arrivals_of_trace(&arrivals, trace, SHAPE_FOREVER_NS, spacing, seed);
    assert_true(arrivals_expected_events(&arrivals) == (double)trace->total);
    uint32_t *counts = calloc(trace->bin_count, sizeof *counts);
    int64_t before_ns = 0;
    size_t bin = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);) {
        assert_true(arrival.time_ns >= before_ns && arrival.time_ns < arrivals.end_ns);
        before_ns = arrival.time_ns;
        while (arrival.time_ns >= trace_bin_start_ns(trace, bin + 1))
            bin++;
        counts[bin]++;
        assert_true(fabs(arrival.rate_per_s - trace->counts[bin] / trace->bin_ns * 1e9) < 1e-6);
    }
    assert_memory_equal(counts, trace->counts, trace->bin_count * sizeof *counts);
    free(counts);
}

static void test_arrivals_keep_every_bin(void **state)
{
    (void)state;
    trace_t trace = load(TRACES "llm_code.csv.gz", 100000000);
    check_bins(&trace, SPACING_POISSON, 1);
    check_bins(&trace, SPACING_REGULAR, 1);
    char error[TEXT_SIZE];
    assert_true(trace_rescale(&trace, 7.3, 3, error, sizeof error));
    check_bins(&trace, SPACING_POISSON, 2);
    check_bins(&trace, SPACING_REGULAR, 2);
    trace_free(&trace);
}

/* Uniform times inside a bin: mean 1/2 and variance 1/12 of its width, whatever the number of events. */
static void test_events_are_uniform_in_their_bin(void **state)
{
    (void)state;
    trace_t trace = trace_of("count\n100000\n");
    arrivals_t arrivals;
    arrivals_of_trace(&arrivals, &trace, SHAPE_FOREVER_NS, SPACING_POISSON, 1);
    double sum = 0, squares = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);) {
        double x = (double)arrival.time_ns / 1e9;
        sum += x;
        squares += x * x;
    }
    double mean = sum / 1e5, variance = squares / 1e5 - mean * mean;
    assert_true(fabs(mean - 0.5) < 5 * sqrt(1.0 / 12 / 1e5));
    assert_true(fabs(variance - 1.0 / 12) < 0.002);
    trace_free(&trace);
}

static void test_seed_moves_events(void **state)
{
    (void)state;
    trace_t trace = trace_of("count\n1\n");
    int64_t times_ns[3];
    const uint64_t seeds[] = {1, 1, 2};
    for (int i = 0; i < 3; i++) {
        arrivals_t arrivals;
        arrival_t arrival;
        arrivals_of_trace(&arrivals, &trace, SHAPE_FOREVER_NS, SPACING_POISSON, seeds[i]);
        assert_true(arrivals_next(&arrivals, &arrival));
        times_ns[i] = arrival.time_ns;
    }
    assert_int_equal(times_ns[0], times_ns[1]);
    assert_int_not_equal(times_ns[0], times_ns[2]);
    trace_free(&trace);
}

static void test_scaling_keeps_sums(void **state)
{
    (void)state;
    static const double scales[] = {0.001, 0.1, 0.5, 1, 1.5, 3, 7.77, 1000};
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        trace_t original = load(TRACES "llm_code.csv.gz", 100000000);
        trace_t scaled = load(TRACES "llm_code.csv.gz", 100000000);
        char error[TEXT_SIZE];
        assert_true(trace_rescale(&scaled, scales[s], 1, error, sizeof error));
        double exact = 0, given = 0;
        for (size_t i = 0; i < original.bin_count; i++) {
            exact += original.counts[i] * scales[s];
            given += scaled.counts[i];
            assert_true(fabs(exact - given) <= 0.5 + 1e-6);
        }
        assert_true(given == (double)scaled.total);
        assert_int_equal(scaled.total, (uint64_t)floor((double)original.total * scales[s] + 0.5));
        trace_free(&original);
        trace_free(&scaled);
    }
}

static void test_speed_shortens(void **state)
{
    (void)state;
    trace_t trace = trace_of("count\n1\n2\n3\n");
    char error[TEXT_SIZE];
    assert_true(trace_rescale(&trace, 1, 3, error, sizeof error));
    assert_int_equal(trace.total, 6);
    assert_int_equal(trace_bin_start_ns(&trace, 0), 0);
    assert_int_equal(trace_bin_start_ns(&trace, 1), 333333333);
    assert_int_equal(trace_bin_start_ns(&trace, 2), 666666667);
    assert_int_equal(trace_bin_start_ns(&trace, 3), second_ns);
    check_bins(&trace, SPACING_POISSON, 1);
    trace_free(&trace);
}

static void test_duration_cuts_a_trace(void **state)
{
    (void)state;
    trace_t trace = trace_of("count\n10\n10\n10\n");
    arrivals_t arrivals;
    arrivals_of_trace(&arrivals, &trace, 3 * second_ns / 2, SPACING_REGULAR, 1);
    assert_true(arrivals_expected_events(&arrivals) == 15);
    int count = 0;
    for (arrival_t arrival; arrivals_next(&arrivals, &arrival);)
        count++;
    assert_int_equal(count, 15);
    trace_free(&trace);
}

static void test_accepted_variants(void **state)
{
    (void)state;
    static const char *const texts[] = {"count\n1\n2\n", "count\n1\n2", "count\r\n1\r\n2\r\n",
                                        "count\n01\n+2\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        trace_t trace = trace_of(texts[i]);
        assert_int_equal(trace.bin_count, 2);
        assert_int_equal(trace.counts[0], 1);
        assert_int_equal(trace.counts[1], 2);
        trace_free(&trace);
    }
}

/* The load fails, and the message holds `mentions`. */
static void check_refused(const char *path, const char *mentions)
{
    trace_t trace;
    char error[TEXT_SIZE] = "";
    assert_false(trace_load(path, second_ns, &trace, error, sizeof error));
    assert_null(trace.counts);
    assert_int_equal(trace.bin_count, 0);
    if (strstr(error, mentions) == NULL || strstr(error, path) == NULL)
        fail_msg("'%s' does not mention '%s' and the file", error, mentions);
    for (const char *c = error; *c != '\0'; c++)
        assert_true(*c >= ' ' && *c <= '~');
}

static void test_wrong_content(void **state)
{
    (void)state;
    static const struct {
        const char *text, *mentions;
    } wrong[] = {
        {"", ":1: the file is empty"},
        {"count\n", ":2: no counts"},
        {"5\n6\n", ":1: the header is '5'"},
        {"time,count\n0,1\n", ":1: the header is 'time,count'"},
        {"count\n1\n2,3\n", ":3: more than one column"},
        {"count\n1\n-2\n", ":3: '-2'"},
        {"count\n1\nnan\n", ":3: 'nan'"},
        {"count\n1.5\n", ":2: '1.5'"},
        {"count\n 1\n", ":2: ' 1'"},
        {"count\nabc", ":2: 'abc'"},
        {"count\n1\n\n2\n", ":3: an empty line"},
        {"count\n1000000001\n", ":2: '1000000001'"},
        {"count\n99999999999999999999\n", ":2: '99999999999999999999'"},
        {"count\n\x1b[31m\n", ":2: '?[31m'"},
        {"count\n1111111111111111111111111111111111111111111111111111111111111111111111111\n",
         ":2: a line longer"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_refused(file_of(wrong[i].text, strlen(wrong[i].text)), wrong[i].mentions);
    check_refused(file_of("count\n1\0\n", 9), ":2: a zero byte");
}

static void test_unreadable_files(void **state)
{
    (void)state;
    check_refused("/nonexistent/trace.csv", "No such file");
    check_refused("/tmp", "Is a directory");
}

static void test_damaged_gzip(void **state)
{
    (void)state;
    FILE *file = fopen(TRACES "llm_code.csv.gz", "rb");
    assert_non_null(file);
    static unsigned char bytes[1 << 16];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(size > 1000 && size < sizeof bytes);

    check_refused(file_of(bytes, size / 2), "end too early");
    check_refused(file_of(bytes, size - 4), "end too early");
    bytes[size / 2] ^= 0x55;
    trace_t trace;
    char error[TEXT_SIZE];
    assert_false(trace_load(file_of(bytes, size), second_ns, &trace, error, sizeof error));
    bytes[size / 2] ^= 0x55;
    bytes[size - 6] ^= 1; /* the checksum */
    check_refused(file_of(bytes, size), "damaged gzip");
}

static void test_rescale_limits(void **state)
{
    (void)state;
    trace_t trace = trace_of("count\n1000\n2000\n");
    char error[TEXT_SIZE] = "";
    assert_false(trace_rescale(&trace, 1e6, 1, error, sizeof error));
    assert_non_null(strstr(error, "bin 1"));
    assert_false(trace_rescale(&trace, 1e5, 1e6, error, sizeof error));
    assert_non_null(strstr(error, "scale"));
    assert_false(trace_rescale(&trace, 1, 1e7, error, sizeof error));
    assert_non_null(strstr(error, "speed"));
    assert_int_equal(trace.counts[1], 2000);
    assert_true(trace.bin_ns == 1e9);
    trace_free(&trace);
}

static int remove_last_file(void **state)
{
    (void)state;
    file_of(NULL, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_traces),
        cmocka_unit_test(test_arrivals_keep_every_bin),
        cmocka_unit_test(test_events_are_uniform_in_their_bin),
        cmocka_unit_test(test_seed_moves_events),
        cmocka_unit_test(test_scaling_keeps_sums),
        cmocka_unit_test(test_speed_shortens),
        cmocka_unit_test(test_duration_cuts_a_trace),
        cmocka_unit_test(test_accepted_variants),
        cmocka_unit_test(test_wrong_content),
        cmocka_unit_test(test_unreadable_files),
        cmocka_unit_test(test_damaged_gzip),
        cmocka_unit_test(test_rescale_limits),
    };
    return cmocka_run_group_tests(tests, NULL, remove_last_file);
}
