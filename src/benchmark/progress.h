/*
 * Which offsets of a topic each batch of a query took, from what Spark reports of the query's progress.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_H

#include "benchmark/waits.h"

/* Reads the batches that took rows of `topic`, in the order of the reports; `path` is what progress_files_read() reads. `query`:
 * name or id; NULL where no other query in it reads the topic. Batches without rows are skipped, and one that is reported
 * twice (Spark repeats the last one while it is idle) counts once.
 *
 * On failure `error` holds one sentence that names the file, and *batches is empty. Release with batches_free(). */
bool progress_read(const char *path, const char *topic, const char *query, batches_t *batches, char *error,
                   size_t error_size);

#endif
