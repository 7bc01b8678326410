/*
 * Arrivals counted in bins while they come, from readings of a running total at known times.
 *
 * Bins end at whole multiples of their width since the epoch. Between two readings arrivals are taken to be
 * evenly spread: how many a bin gets of them is its share of the time between. So a reading right after a bin's
 * end counts the bin as it was, a late one shares out what came meanwhile, and the first i bins together always
 * hold the nearest whole number of their share. A bin of which either end was not read within a quarter of
 * its width after it is said to be filled.
 */
#ifndef ADAPTIVESTREAM_TRAFFIC_RECORDING_H
#define ADAPTIVESTREAM_TRAFFIC_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t bin_ns;
    int64_t end_ns;  /* of the last bin that was handed out; a multiple of bin_ns */
    int64_t read_ns; /* time of the last reading; less than a bin after end_ns */
    int64_t pending; /* events that came before read_ns and are in no bin yet */
    bool end_read;   /* end_ns was read in time */
    /* The reading whose bins are being handed out; 0 between readings. */
    int64_t now_ns;
    int64_t arrived;
    int64_t given; /* of `arrived`, to bins */
} recording_t;

typedef struct {
    int64_t count;
    bool filled;
} recorded_bin_t;

/* The first reading, at a time since the epoch: bins begin at the last multiple of bin_ns before it. */
void recording_begin(recording_t *recording, int64_t bin_ns, int64_t time_ns);

/* A further reading: `arrived` events came since the one before. A time before that one's, as after a clock was
 * set back, counts as the same. Then recording_next() until it returns false. */
void recording_add(recording_t *recording, int64_t time_ns, int64_t arrived);

/* How many bins recording_next() has still to hand out. */
int64_t recording_due(const recording_t *recording);

/* The next bin that has ended; false when there is none before the next reading. */
bool recording_next(recording_t *recording, recorded_bin_t *bin);

#endif
