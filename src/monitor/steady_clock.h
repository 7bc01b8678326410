/*
 * A clock that does not jump, of the process that forecasts and shows: the predictor's and the dashboard's.
 */
#ifndef ADAPTIVESTREAM_MONITOR_STEADY_CLOCK_H
#define ADAPTIVESTREAM_MONITOR_STEADY_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t steady_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int64_t steady_clock_ms(void)
{
    return steady_clock_ns() / 1000000;
}

#endif
