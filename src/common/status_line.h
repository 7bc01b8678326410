/*
 * How a run is going, on stderr: once a second in place on a terminal, a line every 10 s elsewhere.
 *
 *     double rate_per_s;
 *     if (status_line_due(&line, now_ns, count, &rate_per_s)) status_line_show(&line, text);
 */
#ifndef ADAPTIVESTREAM_COMMON_STATUS_LINE_H
#define ADAPTIVESTREAM_COMMON_STATUS_LINE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool quiet;
    bool terminal;
    bool shown; /* an unfinished line stands on the terminal */
    int64_t next_ns;
    int64_t last_ns;
    uint64_t last_count;
} status_line_t;

void status_line_begin(status_line_t *line, bool quiet);

/* Whether it is time to show a line; `now_ns` counts from the start of the run. Then *rate_per_s is how fast
 * `count` has grown since the line before. */
bool status_line_due(status_line_t *line, int64_t now_ns, uint64_t count, double *rate_per_s);

void status_line_show(status_line_t *line, const char *text);

/* Finishes the line on a terminal. */
void status_line_end(status_line_t *line);

#endif
