/*
 * A listening socket on the loopback interface, and on nothing else.
 */
#ifndef ADAPTIVESTREAM_MONITOR_LISTEN_H
#define ADAPTIVESTREAM_MONITOR_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

/* `address`: HOST or HOST:PORT, HOST being 127.0.0.1 (or another of 127.*), localhost or [::1]; port 0 is a free one. Close-on-exec
 * and non-blocking. `given_as`: how the user calls the option before its value, for errors: "dashboard=". `bound`: where it listens.
 * Returns -1 with one sentence in `error`. */
int listen_on(const char *given_as, const char *address, bool any_port, char *bound, size_t bound_size,
              char *error, size_t error_size);

#endif
