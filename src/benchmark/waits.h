/*
 * How long each event of a topic waited for the batch that took it: trigger start minus the event's Kafka
 * time stamp.
 *
 * The join is exact: a query's progress says which offsets of which partition each batch took, the topic says
 * when each offset came. Pure: reading the progress is progress.h, reading the topic topic.h.
 *
 * All times are milliseconds since the epoch. A wait may be slightly negative: Spark notes the trigger's
 * start before it asks the source, so an event that arrives between the two belongs to the batch.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_WAITS_H
#define ADAPTIVESTREAM_BENCHMARK_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int32_t partition;
    int64_t start; /* first offset taken; OFFSET_BEGINNING when the query began with this batch */
    int64_t end;   /* first offset not taken */
} offset_range_t;

enum { OFFSET_BEGINNING = -1 };

typedef struct {
    int64_t id;
    int64_t trigger_ms; /* start of the trigger */
    int64_t end_ms;     /* its end; 0 when it is not known */
    int64_t rows;       /* as Spark reports them */
    offset_range_t *ranges;
    size_t range_count;
} batch_t;

typedef struct {
    batch_t *batches; /* in the order they ran; only those with rows */
    size_t count;
} batches_t;

void batches_free(batches_t *batches);

typedef struct {
    int64_t offset;
    int64_t time_ms;
} event_t;

typedef struct {
    int32_t partition;
    event_t *events; /* rising offsets; holes are allowed (transaction markers, compaction) */
    size_t count;
} partition_events_t;

typedef struct {
    partition_events_t *partitions;
    size_t count;
} topic_events_t;

void topic_events_free(topic_events_t *events);

/* Earliest time stamp of all events; false when there are none. */
bool topic_events_first_ms(const topic_events_t *events, int64_t *first_ms);

typedef struct {
    int64_t time_ms;
    int64_t wait_ms;
    int64_t left_ms; /* of the batch that was running when it came; 0 when none was */
} waited_event_t;

typedef struct {
    int64_t trigger_ms;
    int64_t oldest_ms; /* time stamp of its oldest event */
    int64_t events;
} waited_batch_t;

typedef struct {
    waited_event_t *events; /* every matched event once */
    size_t count;
    waited_batch_t *batches; /* those that took at least one event of the topic */
    size_t batch_count;
    int64_t before;   /* events older than the query's first offset: not its business */
    int64_t missing;  /* events from there to the topic's end that no batch took */
    int64_t repeated; /* events that a further batch took again; the first one counts */
    int64_t rows;     /* sum of the rows Spark reported */
} waits_t;

/* Joins the two. False when out of memory; *waits is then empty. Release with waits_free(). */
bool waits_join(const batches_t *batches, const topic_events_t *events, waits_t *waits);
void waits_free(waits_t *waits);

/* A stretch of time [from_ms, to_ms). */
typedef struct {
    int64_t from_ms;
    int64_t to_ms;
} span_t;

typedef struct {
    int64_t batches; /* whose oldest event lies in the spans */
    int64_t events;
    double mean_ms;
    int64_t p50_ms, p95_ms, p99_ms,
        max_ms; /* nearest rank: the least wait that at least p % of the events do not exceed */
} wait_figures_t;

/* The figures of the events whose time stamps lie in one of the spans (which must not overlap), or of all
 * events when span_count is 0. All zero when no event lies there. False when out of memory. */
bool waits_figures(const waits_t *waits, const span_t *spans, size_t span_count, wait_figures_t *figures);

/* What a promise "no event waits longer than a bound, and what is left of a batch that is running" comes
 * to. */
typedef struct {
    int64_t events;     /* that waited longer */
    int64_t largest_ms; /* the largest excess; 0 or less: how far the worst event kept below */
} wait_excess_t;

/* All zero when there is no event. */
wait_excess_t waits_excess(const waits_t *waits, int64_t bound_ms);

#endif
