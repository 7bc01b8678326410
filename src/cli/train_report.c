#include "cli/train_report.h"

#include "cli/flags.h"
#include "common/interrupt.h"
#include "forecast/kernels.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static const int64_t second_ns = INT64_C(1000000000), redraw_ns = INT64_C(200000000);

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

void train_command_line(int argc, char **argv, char *buffer, size_t size)
{
    size_t used = (size_t)snprintf(buffer, size, "adaptivestream");
    for (int i = 0; i < argc && used < size; i++) {
        /* Quoted where a shell would take it apart. */
        const bool plain = strcspn(argv[i], " '\"$&;<>|*?()`\\\n") == strlen(argv[i]) && argv[i][0] != '\0';
        used += (size_t)snprintf(buffer + used, size - used, plain ? " %s" : " '%s'", argv[i]);
    }
}

void train_progress_begin(train_progress_line_t *line, bool quiet, uint32_t epochs)
{
    const int64_t now_ns = clock_ns();
    *line = (train_progress_line_t){.quiet = quiet,
                                    .terminal = isatty(STDERR_FILENO),
                                    .epochs = epochs,
                                    .start_ns = now_ns,
                                    .epoch_ns = now_ns};
}

static void print_left(double seconds)
{
    const int64_t left = (int64_t)(seconds + 0.5);
    fprintf(stderr, ", at most %" PRId64 ":%02" PRId64 " left", left / 60, left % 60);
}

static void show_epoch(train_progress_line_t *line, const train_progress_t *progress)
{
    const int64_t now_ns = clock_ns();
    line->seconds_per_epoch = (double)(now_ns - line->start_ns) * 1e-9 / progress->epoch;
    fprintf(stderr, "%sepoch %u: loss %.4f, validation %.4f, MAE %.2f/s%s, %.1f s",
            line->terminal ? "\r\033[K" : "", progress->epoch, progress->training_loss,
            progress->validation_loss, progress->validation_error, progress->best ? " (best)" : "",
            (double)(now_ns - line->epoch_ns) * 1e-9);
    print_left((line->epochs - progress->epoch) * line->seconds_per_epoch);
    fprintf(stderr, "\n");
    line->epoch_ns = now_ns;
}

static void show_batches(train_progress_line_t *line, const train_progress_t *progress)
{
    const int64_t now_ns = clock_ns();
    if (!line->terminal || now_ns - line->shown_ns < redraw_ns) return;
    line->shown_ns = now_ns;
    const double share = (double)progress->batches_done / (double)progress->batches;
    const double done = progress->epoch - 1 + share;
    fprintf(stderr, "\repoch %u: %.0f %%, loss %.4f", progress->epoch, 100 * share, progress->training_loss);
    print_left((line->epochs - done) * (double)(now_ns - line->start_ns) * 1e-9 / done);
    fprintf(stderr, "\033[K");
}

bool train_progress_watch(void *context, const train_progress_t *progress)
{
    train_progress_line_t *line = context;
    if (!line->quiet) {
        if (progress->epoch_done)
            show_epoch(line, progress);
        else
            show_batches(line, progress);
    }
    return interrupt_count() == 0;
}

void train_progress_end(train_progress_line_t *line)
{
    if (line->terminal && !line->quiet) fprintf(stderr, "\r\033[K");
}

static void write_scores(FILE *file, const train_report_t *report)
{
    const evaluation_t *scores = &report->scores;
    fprintf(file, "| test lines %s | %zu windows, %zu of them transitions |\n", report->test_lines,
            scores->windows, scores->transitions);
    fprintf(file, "| test MAE | %.4f events/s |\n", scores->error);
    fprintf(file, "| test MAE in transitions | %.4f events/s |\n", scores->transition_error);
    if (!scores->has_quantiles) return;
    fprintf(file, "| test pinball loss, quantiles 0.1 and 0.9 | %.4f, %.4f events/s |\n", scores->low_pinball,
            scores->high_pinball);
    fprintf(file, "| test truths below them | %.2f %%, %.2f %% |\n", 100 * scores->below_low,
            100 * scores->below_high);
}

static void write_card(FILE *file, const train_report_t *report, const model_t *model)
{
    const model_shape_t *shape = &model->shape;
    const model_training_t *training = &model->training;
    const char *name = strrchr(report->out_path, '/');
    fprintf(file, "# %s\n\n", name ? name + 1 : report->out_path);
    fprintf(file,
            "A forecaster of the arrival rate of the next second: LSTM, %u layers of %u units, the last %u "
            "seconds,\n",
            shape->layers, shape->units, shape->history);
    fprintf(file, "%zu parameters. Outputs: the rate", model_parameter_count(shape));
    for (size_t i = 1; i < shape->outputs; i++)
        fprintf(file, ", its quantile %g", (double)model->outputs[i].level);
    fprintf(file, ".\n\n| | |\n|---|---|\n");
    fprintf(file, "| command | `%s` |\n", report->command);
    fprintf(file, "| seed | %" PRIu64 " |\n", training->seed);
    fprintf(file, "| learnt from | %" PRIu64 " windows, batches of %u |\n", training->windows,
            training->batch);
    fprintf(file, "| judged by | %zu other windows |\n", report->judged);
    fprintf(file, "| kept | epoch %u |\n", training->epochs);
    fprintf(file, "| validation loss | %.6f |\n", training->validation_loss);
    fprintf(file, "| validation MAE | %.4f events/s |\n", training->validation_error);
    if (report->test_lines) write_scores(file, report);
    fprintf(file, "| kernels | %s: others of the same command differ in the last digits |\n",
            kernels_best()->name);
    fprintf(file, "| version | %s |\n", ADAPTIVESTREAM_VERSION);
}

bool train_card_write(const train_report_t *report, const model_t *model, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    errno = 0;
    FILE *file = NULL;
    if ((size_t)snprintf(path, sizeof path, "%s.md", report->out_path) < sizeof path)
        file = fopen(path, "we");
    if (file) write_card(file, report, model);
    const bool good = file && ferror(file) == 0;
    if ((!file || fclose(file) == 0) && good) return true;
    snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
    return false;
}

int train_summary_print(const train_report_t *report, const model_t *model, train_end_t end)
{
    const char *why = end == TRAIN_STOPPED    ? "stopped; "
                      : end == TRAIN_DIVERGED ? "the loss became infinite; "
                                              : "";
    printf("%s: %sepoch %u kept, validation loss %.4f, MAE %.2f events/s; card in %s.md\n", report->out_path,
           why, model->training.epochs, model->training.validation_loss, model->training.validation_error,
           report->out_path);
    return EXIT_OK;
}
