#include "cli/train_report.h"

#include "common/flags.h"
#include "common/interrupt.h"
#include "forecast/kernels.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

typedef struct {
    char *buffer;
    size_t used, size;
    bool cut;
} text_t;

static void append(text_t *text, const char *piece)
{
    const int length = snprintf(text->buffer + text->used, text->size - text->used, "%s", piece);
    const size_t room = text->size - text->used - 1;
    text->cut |= (size_t)length > room;
    text->used += (size_t)length > room ? room : (size_t)length;
}

/* In single quotes where a shell might take it apart; a single quote itself has to leave them. */
static void append_word(text_t *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=+-";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        append(text, word);
        return;
    }
    append(text, "'");
    for (const char *c = word; *c != '\0'; c++)
        append(text, *c == '\'' ? "'\\''" : (const char[]){*c, '\0'});
    append(text, "'");
}

void train_command_line(int argc, char **argv, char *buffer, size_t size)
{
    text_t text = {.buffer = buffer, .size = size};
    append(&text, "adaptivestream");
    for (int i = 0; i < argc; i++) {
        append(&text, " ");
        append_word(&text, argv[i]);
    }
    if (text.cut) memcpy(buffer + size - sizeof "...", "...", sizeof "...");
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
            scores->all.windows, scores->transitions.windows);
    fprintf(file, "| test MAE | %.4f events/s |\n", scores->all.error);
    fprintf(file, "| test MAE in transitions | %.4f events/s |\n", scores->transitions.error);
    if (!scores->has_quantiles) return;
    fprintf(file, "| test pinball loss, quantiles 0.1 and 0.9 | %.4f, %.4f events/s |\n",
            scores->all.low_pinball, scores->all.high_pinball);
    fprintf(file, "| test truths below them | %.2f %%, %.2f %% |\n", 100 * scores->all.below_low,
            100 * scores->all.below_high);
}

/* The length of the longest run of backticks. */
static size_t backticks(const char *text)
{
    size_t longest = 0;
    for (const char *c = text; *c != '\0'; c++) {
        const size_t run = strspn(c, "`");
        if (run > longest) longest = run;
    }
    return longest;
}

static void write_fence(FILE *file, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fputc('`', file);
}

/* In a cell of a table a | ends it, even in code; code ends at as many backticks as it begins with (CommonMark 6.1). */
static void write_command(FILE *file, const char *command)
{
    const size_t inside = backticks(command), fence = inside + 1;
    fputs("| command | ", file);
    write_fence(file, fence);
    if (inside > 0) fputc(' ', file);
    for (const char *c = command; *c != '\0'; c++) {
        if (*c == '|') fputc('\\', file);
        fputc(*c, file);
    }
    if (inside > 0) fputc(' ', file);
    write_fence(file, fence);
    fputs(" |\n", file);
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
    write_command(file, report->command);
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

static bool can_write(const char *out_path, const char *suffix, char *error, size_t error_size)
{
    char path[PATH_SIZE];
    errno = ENAMETOOLONG;
    FILE *file = NULL;
    if ((size_t)snprintf(path, sizeof path, "%s%s", out_path, suffix) < sizeof path) {
        const bool there = access(path, F_OK) == 0;
        file = fopen(path, "ae");
        if (file && !there) remove(path);
    }
    if (file)
        fclose(file);
    else
        snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
    return file != NULL;
}

bool train_report_check(const train_report_t *report, char *error, size_t error_size)
{
    struct stat status;
    if (stat(report->out_path, &status) == 0 && S_ISDIR(status.st_mode)) {
        snprintf(error, error_size, "%s: cannot be written: %s", report->out_path, strerror(EISDIR));
        return false;
    }
    /* model_save() writes beside the model first. */
    return can_write(report->out_path, ".new", error, error_size) &&
           can_write(report->out_path, ".md", error, error_size);
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
