/*
 * The files in which reports of progress are kept: plain or gzip, standard input, or the folder of a rolled event log.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_PROGRESS_FILES_H
#define ADAPTIVESTREAM_BENCHMARK_PROGRESS_FILES_H

#include "benchmark/progress_finder.h"

/* Calls *found for every report in `path`: a file, "-" for standard input, or a folder eventlog_v2_... with its files
 * events_1_..., events_2_... False when *found said so, or with one sentence in `error`, which is empty otherwise. */
bool progress_files_read(const char *path, progress_found_t *found, void *context, char *error,
                         size_t error_size);

#endif
