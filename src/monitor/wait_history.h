/*
 * Percentiles of waits over any stretch of the last 7 days, in fixed memory: rings of histograms, by the time at which a wait ended,
 * from 2 minutes in buckets of 4 s to 7 days in buckets of 6 hours. Classes are an eighth of the job's own trigger wide up to twice
 * that, then each half as wide again as where it begins; within a class events are taken to be spread evenly.
 *
 * Pure: time is an argument, in milliseconds since the epoch.
 */
#ifndef ADAPTIVESTREAM_MONITOR_WAIT_HISTORY_H
#define ADAPTIVESTREAM_MONITOR_WAIT_HISTORY_H

#include <stddef.h>
#include <stdint.h>

enum { WAIT_CLASSES = 24, WAIT_LEVELS = 5, WAIT_BUCKETS = 152 };

typedef struct {
    int64_t index; /* time / width; 0: empty */
    float counts[WAIT_CLASSES];
} wait_bucket_t;

typedef struct {
    double unit_s;                       /* the job's own trigger; 0 until it is known */
    wait_bucket_t buckets[WAIT_BUCKETS]; /* of all levels, finest first */
} wait_history_t;

/* Sets the unit of the classes. What was counted in another one is forgotten; one that is not above 0 changes nothing. */
void wait_history_set_unit(wait_history_t *history, double unit_s);

/* The waits of `events` ended at `time_ms` after `seconds`. Nothing is counted without a unit. */
void wait_history_add(wait_history_t *history, int64_t time_ms, double seconds, double events);

/* Waits that ended at start_ms <= time < end_ms, by whole buckets of the finest level that at `now_ms` still reaches back to start_ms:
 * sets seconds[i] to the quantile quantiles[i], 0 to 1. nan when none is known: also where buckets are wider than a quarter of that
 * time, and beyond the last class's lower bound, about 34 units. */
void wait_history_quantiles(const wait_history_t *history, int64_t now_ms, int64_t start_ms, int64_t end_ms,
                            const double quantiles[], double seconds[], size_t count);

#endif
