#include "common/status_line.h"

#include <stdio.h>
#include <unistd.h>

static const int64_t terminal_gap_ns = INT64_C(1000000000);
static const int64_t file_gap_ns = INT64_C(10000000000);

void status_line_begin(status_line_t *line, bool quiet)
{
    bool terminal = isatty(STDERR_FILENO);
    *line = (status_line_t){
        .quiet = quiet,
        .terminal = terminal,
        .next_ns = terminal ? terminal_gap_ns : file_gap_ns,
    };
}

bool status_line_due(status_line_t *line, int64_t now_ns, uint64_t count, double *rate_per_s)
{
    if (line->quiet || now_ns < line->next_ns) return false;
    int64_t gap_ns = line->terminal ? terminal_gap_ns : file_gap_ns;
    *rate_per_s = (double)(count - line->last_count) / ((double)(now_ns - line->last_ns) / 1e9);
    line->last_ns = now_ns;
    line->last_count = count;
    line->next_ns = now_ns - now_ns % gap_ns + gap_ns;
    return true;
}

void status_line_show(status_line_t *line, const char *text)
{
    /* \r and "erase to the end of the line" redraw in place. */
    if (line->terminal)
        fprintf(stderr, "\r%s\033[K", text);
    else
        fprintf(stderr, "%s\n", text);
    line->shown = line->terminal;
}

void status_line_end(status_line_t *line)
{
    if (line->shown) fputc('\n', stderr);
    line->shown = false;
}
