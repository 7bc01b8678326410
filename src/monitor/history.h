/*
 * What a query's charts are drawn from: figures over time in fixed memory, as rings of buckets of five widths, from 2 minutes at
 * 200 ms to 7 days at half an hour. Everything that is added goes into all five, so that no ring is ever worked out from another.
 *
 * Pure: time is an argument, in milliseconds since the epoch. What is older than a ring reaches is not added to it.
 */
#ifndef ADAPTIVESTREAM_MONITOR_HISTORY_H
#define ADAPTIVESTREAM_MONITOR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How values that fall into one bucket become one. */
typedef enum {
    COLUMN_KNOWN_S,         /* sum: seconds of which the arrivals are known */
    COLUMN_ARRIVED,         /* sum: events that arrived in them */
    COLUMN_PEAK,            /* greatest: arrival rate of a slot, events/s */
    COLUMN_FORECASTS,       /* sum: forecasts, of which the next three are sums */
    COLUMN_FORECAST,        /* events/s of the second that is forecast */
    COLUMN_LOW,             /* quantile 0.1 */
    COLUMN_HIGH,            /* quantile 0.9 */
    COLUMN_ADVICES,         /* sum: effective rates told, of which the next two are sums */
    COLUMN_EFFECTIVE,       /* events/s */
    COLUMN_CONFIDENCE,      /* 0 to 1 */
    COLUMN_DECISIONS,       /* sum: decisions, of which the next is a sum */
    COLUMN_INTERVAL_S,      /* planned interval */
    COLUMN_PENDING,         /* greatest: pending events */
    COLUMN_COST,            /* greatest: what waiting has cost, in prices of a batch: store_cost() */
    COLUMN_BATCHES,         /* sum: triggers that took events */
    COLUMN_BATCH_EVENTS,    /* sum: events they took */
    COLUMN_BATCH_S,         /* sum: seconds they ran */
    COLUMN_SHADOW_BATCHES,  /* sum: what the job's own trigger would have run */
    COLUMN_OWN_WAITED_S,    /* sum: event-seconds of the events whose wait ended */
    COLUMN_OWN_EVENTS,      /* sum: of so many events */
    COLUMN_SHADOW_WAITED_S, /* the same of the job's own trigger */
    COLUMN_SHADOW_EVENTS,
    COLUMN_COUNT
} column_t;

enum { HISTORY_LEVELS = 5, HISTORY_BUCKETS = 2160 };

typedef struct {
    int64_t index; /* start / width; 0: empty */
    float values[COLUMN_COUNT];
} bucket_t;

typedef struct {
    bucket_t buckets[HISTORY_BUCKETS]; /* of all levels, finest first */
} history_t;

/* Width and span of a level, ms. */
int64_t history_width_ms(size_t level);
int64_t history_span_ms(size_t level);

/* The finest level that reaches `range_ms` back; the coarsest one where none does. */
size_t history_level_of(int64_t range_ms);

/* Adds to a sum or raises a greatest value. Values that are not finite are passed over. */
void history_add(history_t *history, int64_t time_ms, column_t column, double value);

/* The bucket of `level` that holds this time; NULL when nothing is known of it. */
const bucket_t *history_at(const history_t *history, size_t level, int64_t time_ms);

/* Sums of all columns over start_ms <= time < end_ms, by whole buckets of the level; of greatest values the greatest. */
void history_sum(const history_t *history, size_t level, int64_t start_ms, int64_t end_ms,
                 double sums[COLUMN_COUNT]);

#endif
