/*
 * Reads what a query reports of itself: Spark's StreamingQueryProgress as JSON, one object a line.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_H

#include "benchmark/waits.h"

/* Reads the batches that took rows of `topic`, in the order of the file. Skipped: batches without rows, lines
 * without text, a last line that is torn off (the writer was killed). A batch reported twice (Spark repeats
 * the last one while it is idle) counts once.
 *
 * On failure `error` holds one sentence that names file:line, and *batches is empty. Release with
 * batches_free(). */
bool progress_read(const char *path, const char *topic, batches_t *batches, char *error, size_t error_size);

#endif
