/* The readers of a job's reports on any bytes: a refusal names the file and says why, and of what is read no event gets
 * lost on the way to slots. */
/* links: benchmark */
#include "benchmark/progress.h"
#include "benchmark/progress_arrivals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 512, SECONDS_MAXIMUM = 100000 };

static const int64_t trigger_ns = INT64_C(2000000000), slot_ns = INT64_C(100000000);

static void check(int holds)
{
    if (!holds) abort();
}

static void check_query(const reported_query_t *query)
{
    int64_t rows = 0;
    for (size_t i = 0; i < query->count; i++) {
        const reported_trigger_t *trigger = &query->triggers[i];
        check(trigger->rows >= 0 && trigger->duration_ms >= -1 && trigger->trigger_ms >= 0);
        if (i > 0 && trigger->run == trigger[-1].run) check(trigger->trigger_ms > trigger[-1].trigger_ms);
        rows += trigger->rows;
    }
    check(query->count > 0 && rows == query->rows);

    const job_facts_t facts = progress_facts(query);
    check(facts.rows == rows && facts.missing >= 0 && facts.seconds >= 0 && facts.trigger_ns >= 0);
    check(facts.model.fixed_s >= 0 && facts.model.per_event_s >= 0 && isfinite(facts.model.per_event_s));
    slots_t slots;
    progress_slots_t outcome;
    /* Right or wrong, a longer time takes too long for a fuzzer. */
    const int64_t limit_ns = facts.seconds > SECONDS_MAXIMUM ? SECONDS_MAXIMUM * INT64_C(1000000000) : 0;
    if (!progress_slots_of(query, &facts, trigger_ns, slot_ns, limit_ns, &slots, &outcome)) return;
    int64_t events = 0;
    for (size_t i = 0; i < slots.count; i++) {
        check(slots.counts[i] >= 0);
        events += slots.counts[i];
    }
    check(events == slots.events);
    check(outcome.cut ? events + outcome.left_out <= rows : events + outcome.left_out == rows);
    slots_free(&slots);
}

static void check_batches(const char *path)
{
    static const char *const queries[] = {NULL, "orders"};
    for (size_t i = 0; i < 2; i++) {
        char error[TEXT_SIZE] = "";
        batches_t batches;
        if (progress_read(path, "events", queries[i], &batches, error, sizeof error)) {
            check(error[0] == '\0');
            for (size_t k = 0; k < batches.count; k++)
                for (size_t n = 0; n < batches.batches[k].range_count; n++) {
                    const offset_range_t *range = &batches.batches[k].ranges[n];
                    check(range->end >= range->start && range->partition >= 0);
                }
        } else {
            check(strncmp(error, path, strlen(path)) == 0 && strlen(error) < sizeof error);
        }
        batches_free(&batches);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], error[TEXT_SIZE] = "";
    int fd = memfd_create("progress", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    progress_history_t history;
    if (progress_history_read(path, &history, error, sizeof error)) {
        check(error[0] == '\0' && history.count > 0);
        for (size_t i = 0; i < history.count; i++) {
            check_query(&history.queries[i]);
            check(progress_history_find(&history, history.queries[i].name) != NULL);
        }
        progress_history_free(&history);
    } else {
        check(strncmp(error, path, strlen(path)) == 0 && strlen(error) < sizeof error);
        check(history.queries == NULL && history.count == 0);
    }
    check_batches(path);
    close(fd);
    return 0;
}
