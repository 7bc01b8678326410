#include "benchmark/suite_collect.h"

#include "benchmark/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

typedef struct {
    int64_t events, sum_ms, max_ms, batches;
} second_t;

static FILE *open_in(const char *folder, const char *name, char path[PATH_SIZE], char *error,
                     size_t error_size)
{
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (!file) snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
    return file;
}

static bool close_written(FILE *file, const char *path, char *error, size_t error_size)
{
    errno = 0;
    const bool failed = ferror(file) != 0;
    if (fclose(file) == 0 && !failed) return true;
    snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno != 0 ? errno : EIO));
    return false;
}

static bool out_of_memory(char *error, size_t error_size)
{
    snprintf(error, error_size, "out of memory");
    return false;
}

/* The batch that began at this time, or NULL. */
static const batch_t *batch_at(const batches_t *batches, int64_t trigger_ms)
{
    size_t low = 0, high = batches->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (batches->batches[middle].trigger_ms < trigger_ms)
            low = middle + 1;
        else
            high = middle;
    }
    const bool found = low < batches->count && batches->batches[low].trigger_ms == trigger_ms;
    return found ? &batches->batches[low] : NULL;
}

/* Triggers that lie on a grid leave a rest after a batch that was quick; a backlog leaves none. */
static double longest_stretch_s(const batches_t *batches)
{
    const int64_t rest_ms = 100;
    int64_t longest_ms = 0, begin_ms = 0, end_ms = INT64_MIN;
    for (size_t i = 0; i < batches->count; i++) {
        const batch_t *batch = &batches->batches[i];
        if (end_ms == INT64_MIN || batch->trigger_ms - end_ms >= rest_ms) begin_ms = batch->trigger_ms;
        end_ms = batch->end_ms > 0 ? batch->end_ms : batch->trigger_ms;
        if (end_ms - begin_ms > longest_ms) longest_ms = end_ms - begin_ms;
    }
    return (double)longest_ms / 1e3;
}

static bool write_batches(const suite_collect_request_t *request, const batches_t *batches,
                          const waits_t *waits, suite_run_t *run, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    FILE *file = open_in(request->folder, "batches.csv", path, error, error_size);
    if (!file) return false;
    int64_t lasted_ms = 0;
    fputs("batch,trigger_ms,end_ms,oldest_ms,events\n", file);
    for (size_t i = 0; i < waits->batch_count; i++) {
        const waited_batch_t *waited = &waits->batches[i];
        const batch_t *batch = batch_at(batches, waited->trigger_ms);
        const int64_t end_ms = batch ? batch->end_ms : 0;
        if (end_ms > 0) lasted_ms += end_ms - waited->trigger_ms;
        fprintf(file, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", batch ? batch->id : -1,
                waited->trigger_ms, end_ms, waited->oldest_ms, waited->events);
    }
    run->batches = (int64_t)waits->batch_count;
    run->busy_s = longest_stretch_s(batches);
    run->batch_mean_s = run->batches > 0 ? (double)lasted_ms / 1e3 / (double)run->batches : 0;
    return close_written(file, path, error, error_size);
}

static int by_value(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static double nearest_rank_s(const int64_t *sorted, size_t count, unsigned percent)
{
    const size_t rank = (count * percent + 99) / 100;
    return (double)sorted[rank > 0 ? rank - 1 : 0] / 1e3;
}

/* Sorts the values, writes how often each occurs, and sums them up. */
static suite_figures_t write_histogram(FILE *file, const char *kind, int64_t *values, size_t count)
{
    if (count == 0) return (suite_figures_t){0};
    qsort(values, count, sizeof *values, by_value);
    int64_t sum_ms = 0;
    for (size_t i = 0, begin = 0; i < count; i++) {
        sum_ms += values[i];
        if (i + 1 < count && values[i + 1] == values[i]) continue;
        fprintf(file, "%s,%" PRId64 ",%zu\n", kind, values[i], i + 1 - begin);
        begin = i + 1;
    }
    return (suite_figures_t){.mean_s = (double)sum_ms / 1e3 / (double)count,
                             .p50_s = nearest_rank_s(values, count, 50),
                             .p95_s = nearest_rank_s(values, count, 95),
                             .p99_s = nearest_rank_s(values, count, 99),
                             .max_s = (double)values[count - 1] / 1e3};
}

/* A batch whose end is not known (the job was killed in it) gives no latencies. */
static size_t latencies_of(const batches_t *batches, const waits_t *waits, int64_t *values)
{
    size_t count = 0;
    const batch_t *batch = NULL;
    for (size_t i = 0; i < waits->count; i++) {
        const waited_event_t *event = &waits->events[i];
        const int64_t trigger_ms = event->time_ms + event->wait_ms;
        if (!batch || batch->trigger_ms != trigger_ms) batch = batch_at(batches, trigger_ms);
        if (!batch || batch->end_ms == 0) continue;
        const int64_t latency_ms = batch->end_ms - event->time_ms;
        values[count++] = latency_ms > 0 ? latency_ms : 0;
    }
    return count;
}

static bool write_waits(const suite_collect_request_t *request, const batches_t *batches,
                        const waits_t *waits, suite_run_t *run, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    int64_t *values = malloc((waits->count + 1) * sizeof *values);
    if (!values) return out_of_memory(error, error_size);
    FILE *file = open_in(request->folder, "waits.csv", path, error, error_size);
    if (file) {
        fputs("kind,ms,events\n", file);
        for (size_t i = 0; i < waits->count; i++)
            values[i] = waits->events[i].wait_ms > 0 ? waits->events[i].wait_ms : 0;
        run->wait = write_histogram(file, "wait", values, waits->count);
        const size_t count = latencies_of(batches, waits, values);
        run->latency = write_histogram(file, "latency", values, count);
    }
    free(values);
    return file && close_written(file, path, error, error_size);
}

/* Which second of the run; what came before its start belongs to the first. */
static size_t second_of(const suite_collect_request_t *request, int64_t time_ms)
{
    return time_ms > request->start_ms ? (size_t)((time_ms - request->start_ms) / 1000) : 0;
}

static size_t seconds_in(const suite_collect_request_t *request, const waits_t *waits)
{
    size_t last = 0;
    for (size_t i = 0; i < waits->batch_count; i++) {
        const size_t second = second_of(request, waits->batches[i].trigger_ms);
        if (second > last) last = second;
    }
    return last + 2; /* an event may be stamped after its batch's trigger, see waits.h */
}

static bool write_seconds(const suite_collect_request_t *request, const waits_t *waits, char *error,
                          size_t error_size)
{
    enum { MOST = 10 * 86400 };
    const size_t count = seconds_in(request, waits);
    if (count > MOST) {
        snprintf(error, error_size, "the batches of %s reach %zu seconds beyond the start of the traffic",
                 request->progress, count);
        return false;
    }
    char path[PATH_SIZE];
    second_t *seconds = calloc(count, sizeof *seconds);
    if (!seconds) return out_of_memory(error, error_size);
    for (size_t i = 0; i < waits->count; i++) {
        const size_t at = second_of(request, waits->events[i].time_ms);
        second_t *second = &seconds[at < count ? at : count - 1];
        const int64_t wait_ms = waits->events[i].wait_ms > 0 ? waits->events[i].wait_ms : 0;
        second->events++;
        second->sum_ms += wait_ms;
        if (wait_ms > second->max_ms) second->max_ms = wait_ms;
    }
    for (size_t i = 0; i < waits->batch_count; i++)
        seconds[second_of(request, waits->batches[i].trigger_ms)].batches++;
    FILE *file = open_in(request->folder, "seconds.csv", path, error, error_size);
    if (file) {
        fputs("second,events,wait_sum_ms,wait_max_ms,batches\n", file);
        for (size_t i = 0; i < count; i++)
            if (seconds[i].events > 0 || seconds[i].batches > 0)
                fprintf(file, "%zu,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", i, seconds[i].events,
                        seconds[i].sum_ms, seconds[i].max_ms, seconds[i].batches);
    }
    free(seconds);
    return file && close_written(file, path, error, error_size);
}

bool suite_collect_write(const suite_collect_request_t *request, const batches_t *batches,
                         const waits_t *waits, suite_run_t *run, char *error, size_t error_size)
{
    run->events = (int64_t)waits->count;
    run->before = waits->before;
    run->missing = waits->missing;
    run->repeated = waits->repeated;
    return write_batches(request, batches, waits, run, error, error_size) &&
           write_waits(request, batches, waits, run, error, error_size) &&
           write_seconds(request, waits, error, error_size);
}

bool suite_collect(const suite_collect_request_t *request, suite_run_t *run, char *error, size_t error_size)
{
    batches_t batches;
    topic_events_t events;
    waits_t waits;
    *run = (suite_run_t){0};
    if (!progress_read(request->progress, request->topic.topic, NULL, &batches, error, error_size))
        return false;
    if (!topic_read(&request->topic, &events, error, error_size)) {
        batches_free(&batches);
        return false;
    }
    bool good = waits_join(&batches, &events, &waits) || out_of_memory(error, error_size);
    if (good) {
        good = suite_collect_write(request, &batches, &waits, run, error, error_size);
        waits_free(&waits);
    }
    topic_events_free(&events);
    batches_free(&batches);
    return good;
}
