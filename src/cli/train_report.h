/*
 * What train tells: how it is going, on stderr; what came out, on stdout; and the model's card.
 */
#ifndef ADAPTIVESTREAM_CLI_TRAIN_REPORT_H
#define ADAPTIVESTREAM_CLI_TRAIN_REPORT_H

#include "forecast/evaluate.h"
#include "forecast/model.h"
#include "forecast/train.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRAIN_COMMAND_SIZE = 4096 };

typedef struct {
    const char *command; /* as it was typed */
    const char *out_path;
    size_t judged;          /* windows that epochs are judged by */
    const char *test_lines; /* NULL when there are none */
    evaluation_t scores;    /* of them */
} train_report_t;

typedef struct {
    bool quiet, terminal;
    uint32_t epochs;
    int64_t start_ns, shown_ns, epoch_ns; /* of the clock; when the last epoch ended */
    double seconds_per_epoch;
} train_progress_line_t;

/* argv as one could type it again in a shell; ends with "..." where it is too long. */
void train_command_line(int argc, char **argv, char *buffer, size_t size);

/* A line an epoch; on a terminal also one that is redrawn, with the batches. `epochs`: at most. */
void train_progress_begin(train_progress_line_t *line, bool quiet, uint32_t epochs);

/* A train_watch_t, whose context is the line; false after Ctrl-C. */
bool train_progress_watch(void *context, const train_progress_t *progress);

void train_progress_end(train_progress_line_t *line);

/* Whether model and card could be written, to be asked before the hours of a training; leaves everything as it was. */
bool train_report_check(const train_report_t *report, char *error, size_t error_size);

/* Writes OUT.md: data, seed, command, scores. */
bool train_card_write(const train_report_t *report, const model_t *model, char *error, size_t error_size);

/* One line on stdout; the exit code of the program. */
int train_summary_print(const train_report_t *report, const model_t *model, train_end_t end);

#endif
