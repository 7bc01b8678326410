/*
 * How long a micro-batch of n events takes, learned from the batches seen: a monotone function of n by size
 * classes (powers of two), each class the median time of its last batches at their mean size, made monotone by
 * pooling adjacent violators (isotonic regression; used for the same purpose by Zhang et al., "Adaptive block
 * and batch sizing for batched stream processing systems", ICAC 2016).
 *
 * The median keeps out the regular spikes of sink compaction and forgets the JVM's first, uncompiled batches.
 * No line is fitted through small batches: on Kafka they can be slower than large ones (the connector's
 * offset calls queue behind the consumer's long poll).
 */
#ifndef ADAPTIVESTREAM_CONTROL_BATCH_COST_H
#define ADAPTIVESTREAM_CONTROL_BATCH_COST_H

#include <stdint.h>

enum { COST_CLASSES = 40, COST_RECENT = 9 };

typedef struct {
    float recent_s[COST_CLASSES][COST_RECENT]; /* a ring a class */
    int32_t seen[COST_CLASSES];
    double events[COST_CLASSES];     /* mean size of the class's batches, those of late weighing most */
    double median_s[COST_CLASSES];   /* of each class that has been seen */
    double monotone_s[COST_CLASSES]; /* the same, fitted */
} batch_cost_t;

/* A linear view of the large end: seconds = fixed_s + per_event_s * n, the chord of the monotone fit. An event cannot take more than
 * its share of a larger batch, so one of those that was quick proves wrong what small ones suggest. */
typedef struct {
    double fixed_s;
    double per_event_s;    /* 0 until two classes have been seen three times each */
    double largest_events; /* mean size of the largest class seen: of much larger batches nothing is known */
} cost_line_t;

/* A batch of `events` (> 0) took `seconds`. Values that are not finite or negative are ignored. */
void batch_cost_observe(batch_cost_t *cost, int64_t events, double seconds);

/* Seconds for `events`; 0 while nothing has been seen. */
double batch_cost_seconds(const batch_cost_t *cost, int64_t events);

cost_line_t batch_cost_line(const batch_cost_t *cost);

#endif
