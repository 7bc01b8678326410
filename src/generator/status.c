#include "generator/status.h"

#include <inttypes.h>
#include <stdio.h>

static const int64_t second_ns = INT64_C(1000000000);

void status_format(const status_t *status, double rate_per_s, char *buffer, size_t size)
{
    int64_t left_s = (status->left_ns + second_ns - 1) / second_ns;
    snprintf(buffer, size,
             "sent %" PRIu64 " of about %.0f, %.0f/s (target %.0f/s), lag %" PRId64 " ms, failed %" PRIu64
             ", %" PRId64 ":%02" PRId64 " left",
             status->sent, status->expected, rate_per_s, status->target_per_s, status->lag_ms, status->failed,
             left_s / 60, left_s % 60);
}
