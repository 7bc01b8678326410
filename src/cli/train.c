/*
 * adaptivestream train: a model for forecaster lstm, from synthetic and recorded traffic.
 */
#include "forecast/train.h"

#include "cli/commands.h"
#include "cli/data_flags.h"
#include "cli/train_report.h"
#include "common/flags.h"
#include "common/interrupt.h"
#include "forecast/evaluate.h"
#include "forecast/model_file.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, OWN_FLAGS = 14, INITIAL_STREAM = 20 };

/* Of what has no lines of its own for validation. */
static const double validated_share = 0.15;

static struct {
    const char *out_path, *lines, *validate_lines, *test_lines;
    int64_t epochs, batch, patience, halve_after, units, layers;
    double learning_rate, huber_delta;
    bool no_quantiles, quiet;
    data_flags_t data;
} settings;

static const flag_t own_flags[OWN_FLAGS] = {
    {.name = "--out",
     .type = FLAG_TEXT,
     .value = &settings.out_path,
     .argument = "FILE",
     .help = "the model; its card goes to FILE.md"},
    {.name = "--lines",
     .type = FLAG_TEXT,
     .value = &settings.lines,
     .argument = "FROM-TO",
     .help = "lines of --series to learn from, as 1-105"},
    {.name = "--validate-lines",
     .type = FLAG_TEXT,
     .value = &settings.validate_lines,
     .argument = "FROM-TO",
     .help = "lines of --series to judge epochs by; without it the last 15 % of all"},
    {.name = "--test-lines",
     .type = FLAG_TEXT,
     .value = &settings.test_lines,
     .argument = "FROM-TO",
     .help = "lines of --series that nothing is learnt or chosen by: their scores go to the card"},
    {.name = "--epochs",
     .type = FLAG_INTEGER,
     .value = &settings.epochs,
     .argument = "COUNT",
     .preset = "90",
     .minimum = 1,
     .maximum = 1e5,
     .help = "at most"},
    {.name = "--patience",
     .type = FLAG_INTEGER,
     .value = &settings.patience,
     .argument = "EPOCHS",
     .preset = "15",
     .minimum = 1,
     .maximum = 1e5,
     .help = "end after so many without a better one"},
    {.name = "--halve-after",
     .type = FLAG_INTEGER,
     .value = &settings.halve_after,
     .argument = "EPOCHS",
     .preset = "5",
     .minimum = 0,
     .maximum = 1e5,
     .help = "halve the learning rate after so many without a better one; 0: never"},
    {.name = "--batch",
     .type = FLAG_INTEGER,
     .value = &settings.batch,
     .argument = "WINDOWS",
     .preset = "256",
     .minimum = 1,
     .maximum = 4096,
     .help = "windows a step"},
    {.name = "--learning-rate",
     .type = FLAG_NUMBER,
     .value = &settings.learning_rate,
     .argument = "RATE",
     .preset = "0.001",
     .minimum = 1e-7,
     .maximum = 1,
     .help = "of Adam"},
    {.name = "--huber-delta",
     .type = FLAG_NUMBER,
     .value = &settings.huber_delta,
     .argument = "DELTA",
     .preset = "1",
     .minimum = 1e-3,
     .maximum = 100,
     .help = "of Huber's loss, in standard deviations of a window"},
    {.name = "--units",
     .type = FLAG_INTEGER,
     .value = &settings.units,
     .argument = "COUNT",
     .preset = "64",
     .minimum = 16,
     .maximum = MODEL_UNITS_MAXIMUM,
     .help = "cells a layer, a multiple of 16"},
    {.name = "--layers",
     .type = FLAG_INTEGER,
     .value = &settings.layers,
     .argument = "COUNT",
     .preset = "2",
     .minimum = 1,
     .maximum = MODEL_LAYERS_MAXIMUM,
     .help = "layers of them"},
    {.name = "--no-quantiles",
     .type = FLAG_SWITCH,
     .value = &settings.no_quantiles,
     .help = "forecast the rate alone, without its quantiles 0.1 and 0.9"},
    {.name = "--quiet", .type = FLAG_SWITCH, .value = &settings.quiet, .help = "no progress on stderr"},
};

/* What is learnt from, what epochs are judged by, and what neither has to do with. */
typedef struct {
    series_set_t learnt, judged, tested;
} split_t;

typedef struct {
    windows_t learnt, judged, tested;
} split_windows_t;

static bool add_range(series_set_t *to, const series_set_t *set, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (!series_add(to, set->items[i].rates_per_s, set->items[i].count)) return false;
    return true;
}

/* The last series of a set are for judging, at least one. */
static bool split_set(split_t *split, const series_set_t *set)
{
    size_t judged = (size_t)((double)set->count * validated_share + 0.5);
    if (judged == 0 && set->count > 1) judged = 1;
    return add_range(&split->learnt, set, 0, set->count - judged) &&
           add_range(&split->judged, set, set->count - judged, set->count);
}

/* The end of each of a few long series. */
static bool split_in_time(split_t *split, const series_set_t *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const series_t *series = &set->items[i];
        const size_t learnt = (size_t)((double)series->count * (1 - validated_share));
        if (!series_add(&split->learnt, series->rates_per_s, learnt) ||
            !series_add(&split->judged, series->rates_per_s + learnt, series->count - learnt))
            return false;
    }
    return true;
}

static bool overlap(size_t from, size_t to, size_t other_from, size_t other_to)
{
    return from < other_to && other_from < to;
}

/* Returns EXIT_OK or an exit code after saying why. */
static int split_data(const flags_t *flags, const data_t *data, split_t *split)
{
    const size_t count = data->file.count;
    size_t from = 0, to = count, judged_from = 0, judged_to = 0, tested_from = 0, tested_to = 0;
    if ((settings.lines || settings.validate_lines || settings.test_lines) && !settings.data.series_path)
        return flags_usage_error(flags, "--lines, --validate-lines and --test-lines need --series");
    if (!data_lines(flags, "--lines", settings.lines, count, &from, &to) ||
        !data_lines(flags, "--validate-lines", settings.validate_lines, count, &judged_from, &judged_to) ||
        !data_lines(flags, "--test-lines", settings.test_lines, count, &tested_from, &tested_to))
        return EXIT_USAGE;
    if (overlap(from, to, judged_from, judged_to) || overlap(from, to, tested_from, tested_to) ||
        overlap(judged_from, judged_to, tested_from, tested_to))
        return flags_usage_error(
            flags, "--lines, --validate-lines and --test-lines overlap (--lines is all by default)");
    bool good = add_range(&split->tested, &data->file, tested_from, tested_to);
    if (settings.validate_lines) {
        /* What is generated besides is all for learning, so that epochs are judged by the given lines alone. */
        good = good && add_range(&split->learnt, &data->file, from, to) &&
               add_range(&split->judged, &data->file, judged_from, judged_to) &&
               add_range(&split->learnt, &data->generated, 0, data->generated.count) &&
               add_range(&split->learnt, &data->traces, 0, data->traces.count);
    } else {
        const series_set_t lines = {.items = count > 0 ? data->file.items + from : NULL, .count = to - from};
        good = good && (lines.count > 1 ? split_set(split, &lines) : split_in_time(split, &lines)) &&
               split_set(split, &data->generated) && split_in_time(split, &data->traces);
    }
    if (!good) fprintf(stderr, "adaptivestream train: not enough memory\n");
    return good ? EXIT_OK : EXIT_FAILED;
}

/* The scores of the test lines, for the card. */
static bool test(const model_t *model, const windows_t *tested, evaluation_t *scores)
{
    forecaster_t *forecaster = forecaster_create(FORECASTER_LSTM, model);
    if (!forecaster) return false;
    *scores = evaluate_forecaster(forecaster, tested, true);
    forecaster_destroy(forecaster);
    return true;
}

/* Writes the model and its card, where there is anything to keep. */
static int keep(train_report_t *report, const model_t *model, train_end_t end, const windows_t *tested)
{
    char error[ERROR_SIZE] = "not enough memory";
    int exit_code = EXIT_FAILED;
    if (end == TRAIN_NO_MEMORY)
        fprintf(stderr, "adaptivestream train: not enough memory; fewer --units or --layers need less\n");
    else if (model->training.epochs == 0)
        fprintf(stderr, "adaptivestream train: %s before the end of the first epoch: nothing is written\n",
                end == TRAIN_DIVERGED ? "the loss became infinite (a lower --learning-rate may help)"
                                      : "stopped");
    else if (!test(model, tested, &report->scores) ||
             !model_save(report->out_path, model, error, sizeof error) ||
             !train_card_write(report, model, error, sizeof error))
        fprintf(stderr, "adaptivestream train: %s\n", error);
    else
        exit_code = train_summary_print(report, model, end);
    return end == TRAIN_STOPPED ? interrupt_exit_code() : exit_code;
}

static int train(train_report_t *report, const split_windows_t *windows)
{
    model_shape_t shape = model_default_shape;
    shape.units = (uint32_t)settings.units;
    shape.layers = (uint32_t)settings.layers;
    if (settings.no_quantiles) shape.outputs = 1;
    model_t model;
    if (!model_create(&model, &shape, model_default_outputs)) {
        fprintf(stderr, "adaptivestream train: not enough memory\n");
        return EXIT_FAILED;
    }
    random_t random;
    random_seed(&random, (uint64_t)settings.data.seed, INITIAL_STREAM);
    model_randomise(&model, &random);
    const train_settings_t training = {.seed = (uint64_t)settings.data.seed,
                                       .epochs = (uint32_t)settings.epochs,
                                       .batch = (uint32_t)settings.batch,
                                       .patience = (uint32_t)settings.patience,
                                       .halve_after = (uint32_t)settings.halve_after,
                                       .learning_rate = settings.learning_rate,
                                       .huber_delta = settings.huber_delta};
    interrupt_install();
    train_progress_line_t line;
    train_progress_begin(&line, settings.quiet, training.epochs);
    const train_end_t end =
        train_model(&model, &windows->learnt, &windows->judged, &training, train_progress_watch, &line);
    train_progress_end(&line);
    const int exit_code = keep(report, &model, end, &windows->tested);
    model_free(&model);
    return exit_code;
}

static bool windows_of_all(const split_t *split, split_windows_t *windows)
{
    if (!windows_of(&split->learnt, 0, split->learnt.count, MODEL_HISTORY, &windows->learnt) ||
        !windows_of(&split->judged, 0, split->judged.count, MODEL_HISTORY, &windows->judged) ||
        !windows_of(&split->tested, 0, split->tested.count, MODEL_HISTORY, &windows->tested))
        return false;
    windows_drop_silent(&windows->learnt);
    windows_drop_silent(&windows->judged);
    return true; /* those for the test stay all: evaluate takes them too */
}

static int train_on(train_report_t *report, const split_t *split)
{
    split_windows_t windows = {0};
    int exit_code = EXIT_FAILED;
    if (!windows_of_all(split, &windows)) {
        fprintf(stderr, "adaptivestream train: not enough memory\n");
    } else if (windows.learnt.count == 0 || windows.judged.count == 0) {
        fprintf(
            stderr,
            "adaptivestream train: too few series of more than %d seconds that have arrivals: %zu windows "
            "to learn from, %zu to judge epochs by\n",
            MODEL_HISTORY, windows.learnt.count, windows.judged.count);
    } else if (settings.test_lines && windows.tested.count == 0) {
        fprintf(stderr, "adaptivestream train: --test-lines %s: no series is longer than %d seconds\n",
                settings.test_lines, MODEL_HISTORY);
    } else {
        report->judged = windows.judged.count;
        exit_code = train(report, &windows);
    }
    windows_free(&windows.learnt);
    windows_free(&windows.judged);
    windows_free(&windows.tested);
    return exit_code;
}

static int load_and_train(const flags_t *flags, train_report_t *report)
{
    data_t data;
    split_t split = {0};
    int exit_code = data_load(flags, &settings.data, &data);
    if (exit_code == EXIT_OK) exit_code = split_data(flags, &data, &split);
    data_free(&data);
    if (exit_code == EXIT_OK) exit_code = train_on(report, &split);
    series_set_free(&split.learnt);
    series_set_free(&split.judged);
    series_set_free(&split.tested);
    return exit_code;
}

int command_train(int argc, char **argv)
{
    flag_t flag_table[OWN_FLAGS + DATA_FLAGS];
    memcpy(flag_table, own_flags, OWN_FLAGS * sizeof own_flags[0]);
    data_flags_add(flag_table + OWN_FLAGS, &settings.data);
    flags_t flags = {
        .command = "train",
        .summary =
            "Trains a network that forecasts the arrivals of the next second from those of the 30 before. "
            "The same\n"
            "command gives the same file on the same type of processor. Ctrl-C keeps the best epoch so "
            "far\n(and exits with 130).",
        .table = flag_table,
        .count = OWN_FLAGS + DATA_FLAGS,
    };
    int exit_code;
    char command[TRAIN_COMMAND_SIZE];
    train_command_line(argc, argv, command, sizeof command);
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!settings.out_path) return flags_usage_error(&flags, "--out is missing");
    if (settings.units % KERNELS_LANES != 0)
        return flags_usage_error(&flags, "--units %d: allowed is a multiple of %d", (int)settings.units,
                                 KERNELS_LANES);
    train_report_t report = {
        .command = command, .out_path = settings.out_path, .test_lines = settings.test_lines};
    char error[ERROR_SIZE];
    if (!train_report_check(&report, error, sizeof error)) {
        fprintf(stderr, "adaptivestream train: %s\n", error);
        return EXIT_FAILED;
    }
    return load_and_train(&flags, &report);
}
