/* The two clocks of the agent: a steady one for decisions, the wall clock because Spark's schedule lives on
 * it. */
#ifndef ADAPTIVESTREAM_AGENT_CLOCK_H
#define ADAPTIVESTREAM_AGENT_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { NS_PER_MS = 1000000 };

static inline int64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* So long from now, for pthread_mutex_timedlock(). */
static inline struct timespec clock_deadline(int64_t patience_ns)
{
    const int64_t deadline_ns = clock_read_ns(CLOCK_REALTIME) + patience_ns;
    return (struct timespec){deadline_ns / 1000000000, deadline_ns % 1000000000};
}

/* As System.currentTimeMillis(): whole milliseconds, rounded down. */
static inline int64_t clock_wall_ms(void)
{
    return clock_read_ns(CLOCK_REALTIME) / NS_PER_MS;
}

/* Where the wall clock's epoch lies on the monotonic axis, ns; usually negative. Moves when the wall clock is
 * set. The tightest of three readings: a thread that loses its processor between two of them would see a step. */
static inline int64_t clock_epoch_ns(void)
{
    int64_t epoch = 0, narrowest = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t before = clock_monotonic_ns();
        int64_t wall = clock_read_ns(CLOCK_REALTIME);
        int64_t width = clock_monotonic_ns() - before;
        if (width >= narrowest) continue;
        narrowest = width;
        epoch = before + width / 2 - wall;
    }
    return epoch;
}

#endif
