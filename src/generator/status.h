/*
 * How a run of the generator is going, as text.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_STATUS_H
#define ADAPTIVESTREAM_GENERATOR_STATUS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t sent;
    double expected;     /* events of the whole run */
    double target_per_s; /* present target rate */
    int64_t lag_ms;      /* how late the next event is */
    uint64_t failed;
    int64_t left_ns;
} status_t;

/* One line of text without its end; `rate_per_s` is what was sent lately. */
void status_format(const status_t *status, double rate_per_s, char *buffer, size_t size);

#endif
