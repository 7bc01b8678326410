/*
 * How a run is going, on stderr: once a second in place on a terminal, a line every 10 s elsewhere.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_STATUS_LINE_H
#define ADAPTIVESTREAM_GENERATOR_STATUS_LINE_H

#include <stdbool.h>
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

typedef struct {
    bool quiet;
    bool terminal;
    bool shown; /* an unfinished line stands on the terminal */
    int64_t next_ns;
    int64_t last_ns;
    uint64_t last_sent;
} status_line_t;

void status_line_begin(status_line_t *line, bool quiet);

/* Prints when it is time; `now_ns` counts from the start of the run. */
void status_line_update(status_line_t *line, int64_t now_ns, const status_t *status);

/* Finishes the line on a terminal. */
void status_line_end(status_line_t *line);

/* One line of text without its end; `rate_per_s` is what was sent lately. */
void status_format(const status_t *status, double rate_per_s, char *buffer, size_t size);

#endif
