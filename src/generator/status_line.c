#include "generator/status_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_SIZE = 256 };

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t terminal_gap_ns = INT64_C(1000000000);
static const int64_t file_gap_ns = INT64_C(10000000000);

void status_format(const status_t *status, double rate_per_s, char *buffer, size_t size)
{
    int64_t left_s = (status->left_ns + second_ns - 1) / second_ns;
    snprintf(buffer, size,
             "sent %" PRIu64 " of about %.0f, %.0f/s (target %.0f/s), lag %" PRId64 " ms, failed %" PRIu64
             ", %" PRId64 ":%02" PRId64 " left",
             status->sent, status->expected, rate_per_s, status->target_per_s, status->lag_ms, status->failed,
             left_s / 60, left_s % 60);
}

void status_line_begin(status_line_t *line, bool quiet)
{
    bool terminal = isatty(STDERR_FILENO);
    *line = (status_line_t){
        .quiet = quiet,
        .terminal = terminal,
        .next_ns = terminal ? terminal_gap_ns : file_gap_ns,
    };
}

void status_line_update(status_line_t *line, int64_t now_ns, const status_t *status)
{
    if (line->quiet || now_ns < line->next_ns) return;
    int64_t gap_ns = line->terminal ? terminal_gap_ns : file_gap_ns;
    double rate_per_s = (double)(status->sent - line->last_sent) / ((double)(now_ns - line->last_ns) / 1e9);
    char text[LINE_SIZE];
    status_format(status, rate_per_s, text, sizeof text);
    /* \r and "erase to the end of the line" redraw in place. */
    if (line->terminal)
        fprintf(stderr, "\r%s\033[K", text);
    else
        fprintf(stderr, "%s\n", text);
    line->shown = line->terminal;
    line->last_ns = now_ns;
    line->last_sent = status->sent;
    line->next_ns = now_ns - now_ns % gap_ns + gap_ns;
}

void status_line_end(status_line_t *line)
{
    if (line->shown) fputc('\n', stderr);
    line->shown = false;
}
