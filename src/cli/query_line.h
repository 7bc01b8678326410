/*
 * One query in one line of 79 columns, for status and top.
 */
#ifndef ADAPTIVESTREAM_CLI_QUERY_LINE_H
#define ADAPTIVESTREAM_CLI_QUERY_LINE_H

#include "protocol/observation.h"

#include <stddef.h>

enum { QUERY_LINE_SIZE = 512, QUERY_LINE_COLUMNS = 79, QUERY_LINE_LABEL = 16, SPARK_COUNT = 12 };

extern const char query_line_header[];

/* `rates`: the latest arrival rates, oldest first, for a small picture of a column each, as far as they fit into `columns`
 * behind the rest; none with count 0. */
void query_line(const observed_status_t *status, const double *rates, size_t count, size_t columns,
                char line[QUERY_LINE_SIZE]);

#endif
