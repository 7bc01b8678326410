#include "benchmark/waits.h"

#include <stdlib.h>

void batches_free(batches_t *batches)
{
    for (size_t i = 0; i < batches->count; i++)
        free(batches->batches[i].ranges);
    free(batches->batches);
    *batches = (batches_t){0};
}

void topic_events_free(topic_events_t *events)
{
    for (size_t i = 0; i < events->count; i++)
        free(events->partitions[i].events);
    free(events->partitions);
    *events = (topic_events_t){0};
}

bool topic_events_first_ms(const topic_events_t *events, int64_t *first_ms)
{
    bool found = false;
    for (size_t i = 0; i < events->count; i++) {
        for (size_t k = 0; k < events->partitions[i].count; k++) {
            int64_t time_ms = events->partitions[i].events[k].time_ms;
            if (!found || time_ms < *first_ms) *first_ms = time_ms;
            found = true;
        }
    }
    return found;
}

void waits_free(waits_t *waits)
{
    free(waits->events);
    free(waits->batches);
    *waits = (waits_t){0};
}

/* Index of the first event at or after `offset`. */
static size_t first_at(const partition_events_t *partition, int64_t offset)
{
    size_t low = 0, high = partition->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (partition->events[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What is left at `time_ms` of the batch that runs then: the last one that has started, if it is not over. */
static int64_t left_of_running_ms(const batches_t *batches, int64_t time_ms)
{
    size_t low = 0, high = batches->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (batches->batches[middle].trigger_ms <= time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t left_ms = low > 0 ? batches->batches[low - 1].end_ms - time_ms : 0;
    return left_ms > 0 ? left_ms : 0;
}

/* One batch's events of one partition. `taken` marks the partition's events that a batch has had already. */
static void take_range(const partition_events_t *partition, const offset_range_t *range, bool *taken,
                       waited_batch_t *batch, waits_t *waits)
{
    for (size_t i = first_at(partition, range->start);
         i < partition->count && partition->events[i].offset < range->end; i++) {
        if (taken[i]) {
            waits->repeated++;
            continue;
        }
        taken[i] = true;
        int64_t time_ms = partition->events[i].time_ms;
        waits->events[waits->count++] = (waited_event_t){time_ms, batch->trigger_ms - time_ms, 0};
        if (batch->events++ == 0 || time_ms < batch->oldest_ms) batch->oldest_ms = time_ms;
    }
}

/* Events that no batch took: before the query's first offset they are not its business. A partition in which
 * the query never took anything counts whole as missing. */
static void count_untaken(const batches_t *batches, const partition_events_t *partition, const bool *taken,
                          waits_t *waits)
{
    int64_t first = INT64_MAX;
    for (size_t b = 0; b < batches->count; b++) {
        for (size_t r = 0; r < batches->batches[b].range_count; r++) {
            const offset_range_t *range = &batches->batches[b].ranges[r];
            if (range->partition == partition->partition && range->start < first) first = range->start;
        }
    }
    for (size_t i = 0; i < partition->count; i++) {
        if (taken[i]) continue;
        if (first != INT64_MAX && partition->events[i].offset < first)
            waits->before++;
        else
            waits->missing++;
    }
}

static size_t total_events(const topic_events_t *events)
{
    size_t total = 0;
    for (size_t i = 0; i < events->count; i++)
        total += events->partitions[i].count;
    return total;
}

bool waits_join(const batches_t *batches, const topic_events_t *events, waits_t *waits)
{
    size_t total = total_events(events);
    *waits = (waits_t){0};
    waits->events = malloc((total + 1) * sizeof *waits->events);
    waits->batches = calloc(batches->count + 1, sizeof *waits->batches);
    bool *taken = calloc(total + 1, sizeof *taken);
    if (!waits->events || !waits->batches || !taken) {
        free(taken);
        waits_free(waits);
        return false;
    }
    for (size_t b = 0; b < batches->count; b++) {
        const batch_t *batch = &batches->batches[b];
        waited_batch_t waited = {.trigger_ms = batch->trigger_ms};
        waits->rows += batch->rows;
        bool *flags = taken;
        for (size_t p = 0; p < events->count; p++) {
            const partition_events_t *partition = &events->partitions[p];
            for (size_t r = 0; r < batch->range_count; r++) {
                if (batch->ranges[r].partition == partition->partition)
                    take_range(partition, &batch->ranges[r], flags, &waited, waits);
            }
            flags += partition->count;
        }
        if (waited.events > 0) waits->batches[waits->batch_count++] = waited;
    }
    bool *flags = taken;
    for (size_t p = 0; p < events->count; p++) {
        count_untaken(batches, &events->partitions[p], flags, waits);
        flags += events->partitions[p].count;
    }
    free(taken);
    for (size_t i = 0; i < waits->count; i++)
        waits->events[i].left_ms = left_of_running_ms(batches, waits->events[i].time_ms);
    return true;
}

static bool in_spans(int64_t time_ms, const span_t *spans, size_t span_count)
{
    for (size_t i = 0; i < span_count; i++) {
        if (time_ms >= spans[i].from_ms && time_ms < spans[i].to_ms) return true;
    }
    return span_count == 0;
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t nearest_rank(const int64_t *sorted, size_t count, unsigned percent)
{
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank > 0 ? rank - 1 : 0];
}

bool waits_figures(const waits_t *waits, const span_t *spans, size_t span_count, wait_figures_t *figures)
{
    *figures = (wait_figures_t){0};
    int64_t *sorted = malloc((waits->count + 1) * sizeof *sorted);
    if (!sorted) return false;
    size_t count = 0;
    int64_t sum_ms = 0;
    for (size_t i = 0; i < waits->count; i++) {
        if (!in_spans(waits->events[i].time_ms, spans, span_count)) continue;
        sorted[count++] = waits->events[i].wait_ms;
        sum_ms += waits->events[i].wait_ms;
    }
    for (size_t i = 0; i < waits->batch_count; i++)
        figures->batches += in_spans(waits->batches[i].oldest_ms, spans, span_count);
    if (count > 0) {
        qsort(sorted, count, sizeof *sorted, by_value);
        figures->events = (int64_t)count;
        figures->mean_ms = (double)sum_ms / (double)count;
        figures->p50_ms = nearest_rank(sorted, count, 50);
        figures->p95_ms = nearest_rank(sorted, count, 95);
        figures->p99_ms = nearest_rank(sorted, count, 99);
        figures->max_ms = sorted[count - 1];
    }
    free(sorted);
    return true;
}

wait_excess_t waits_excess(const waits_t *waits, int64_t bound_ms)
{
    wait_excess_t excess = {0};
    for (size_t i = 0; i < waits->count; i++) {
        const waited_event_t *event = &waits->events[i];
        int64_t above_ms = event->wait_ms - bound_ms - event->left_ms;
        excess.events += above_ms > 0;
        if (i == 0 || above_ms > excess.largest_ms) excess.largest_ms = above_ms;
    }
    return excess;
}
