/*
 * How `adaptivestream estimate` shows its result.
 */
#ifndef ADAPTIVESTREAM_CLI_ESTIMATE_PRINT_H
#define ADAPTIVESTREAM_CLI_ESTIMATE_PRINT_H

#include "benchmark/estimate.h"
#include "cli/estimate_input.h"

void estimate_print_screen(const estimate_input_t *input, const estimate_t *estimate);
void estimate_print_json(const estimate_input_t *input, const estimate_t *estimate);

/* The curve as a chart. On failure `error` holds one sentence that names the file. */
bool estimate_plot(const char *path, const estimate_t *estimate, char *error, size_t error_size);

#endif
