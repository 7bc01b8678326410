/*
 * adaptivestream evaluate: how well do forecasters forecast this traffic?
 */
#include "forecast/evaluate.h"

#include "cli/commands.h"
#include "cli/data_flags.h"
#include "cli/evaluate_plot.h"
#include "cli/noise_floor.h"
#include "common/flags.h"
#include "common/parse.h"
#include "forecast/model_file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, OWN_FLAGS = 6 };

static struct {
    const char *model_path, *lines, *forecasters, *svg_path;
    double ema_weight;
    bool json;
    data_flags_t data;
} settings;

typedef struct {
    forecaster_kind_t kinds[FORECASTER_KINDS];
    evaluation_t results[FORECASTER_KINDS];
    double *errors_per_s[FORECASTER_KINDS]; /* of every window, for --svg; owned */
    size_t count;
    model_t model;
    noise_floor_t noise_floor;
} table_t;

static const flag_t own_flags[OWN_FLAGS] = {
    {.name = "--model",
     .type = FLAG_TEXT,
     .value = &settings.model_path,
     .argument = "FILE",
     .help = "of forecaster lstm, which is left out without it"},
    {.name = "--forecaster",
     .type = FLAG_TEXT,
     .value = &settings.forecasters,
     .argument = "LIST",
     .help = "what to compare, of last,ema,holt,ridge,lstm (default all)"},
    {.name = "--lines",
     .type = FLAG_TEXT,
     .value = &settings.lines,
     .argument = "FROM-TO",
     .help = "lines of --series that count, as 128-150; ridge has seen those before them (default all)"},
    {.name = "--ema-weight",
     .type = FLAG_NUMBER,
     .value = &settings.ema_weight,
     .argument = "WEIGHT",
     .preset = "0.7",
     .minimum = 0,
     .maximum = 1,
     .help = "of forecaster ema, on the newest second"},
    {.name = "--svg",
     .type = FLAG_TEXT,
     .value = &settings.svg_path,
     .argument = "FILE",
     .help = "draw which share of the seconds is forecast worse than by so much"},
    {.name = "--json", .type = FLAG_SWITCH, .value = &settings.json, .help = "print JSON"},
};

static bool select_one(const flags_t *flags, const char *name, table_t *table)
{
    for (size_t i = 0; i < FORECASTER_KINDS; i++) {
        if (strcmp(name, forecaster_kind_names[i]) != 0) continue;
        for (size_t k = 0; k < table->count; k++)
            if (table->kinds[k] == (forecaster_kind_t)i) return true;
        table->kinds[table->count++] = (forecaster_kind_t)i;
        return true;
    }
    const char *nearest = nearest_name(name, forecaster_kind_names, FORECASTER_KINDS);
    flags_usage_error(flags, "--forecaster: '%s' is unknown%s%s; known are last, ema, holt, ridge, lstm",
                      name, nearest ? "; did you mean " : "", nearest ? nearest : "");
    return false;
}

/* The forecasters of --forecaster; without it all that can be had. */
static bool select_forecasters(const flags_t *flags, table_t *table)
{
    char name[32];
    for (const char *at = settings.forecasters; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        const size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), at);
        if (!select_one(flags, name, table)) return false;
    }
    if (!settings.forecasters)
        for (size_t i = 0; i < FORECASTER_KINDS; i++)
            if (i != FORECASTER_LSTM || settings.model_path)
                table->kinds[table->count++] = (forecaster_kind_t)i;
    for (size_t i = 0; i < table->count; i++) {
        if (table->kinds[i] != FORECASTER_LSTM || settings.model_path) continue;
        flags_usage_error(flags, "--forecaster lstm needs --model, as models/default.model");
        return false;
    }
    return true;
}

static bool load_model(const flags_t *flags, model_t *model)
{
    char error[ERROR_SIZE];
    if (!settings.model_path) return true;
    if (!model_load(settings.model_path, model, error, sizeof error)) {
        fprintf(stderr, "adaptivestream %s: %s\n", flags->command, error);
        return false;
    }
    if (model->shape.history == MODEL_HISTORY) return true;
    fprintf(stderr, "adaptivestream %s: %s: history is %u seconds; forecasters have %d\n", flags->command,
            settings.model_path, model->shape.history, MODEL_HISTORY);
    return false;
}

enum { PARTS = 4 };

/* The lines of the file before `from`, which are only observed; those that count; generated series; traces. */
static bool windows_of_parts(const data_t *data, size_t from, size_t to, windows_t parts[PARTS])
{
    memset(parts, 0, PARTS * sizeof *parts);
    return windows_of(&data->file, 0, from, MODEL_HISTORY, &parts[0]) &&
           windows_of(&data->file, from, to, MODEL_HISTORY, &parts[1]) &&
           windows_of(&data->generated, 0, data->generated.count, MODEL_HISTORY, &parts[2]) &&
           windows_of(&data->traces, 0, data->traces.count, MODEL_HISTORY, &parts[3]);
}

/* Those that count one behind the other. */
static bool join(windows_t *scored, const windows_t parts[PARTS])
{
    size_t at = 0;
    *scored = (windows_t){.history = MODEL_HISTORY};
    for (size_t i = 1; i < PARTS; i++)
        scored->count += parts[i].count;
    scored->items = malloc((scored->count > 0 ? scored->count : 1) * sizeof *scored->items);
    if (!scored->items) return false;
    for (size_t i = 1; i < PARTS; i++) {
        memcpy(scored->items + at, parts[i].items, parts[i].count * sizeof *scored->items);
        at += parts[i].count;
    }
    return true;
}

static bool run_one(table_t *table, size_t i, const windows_t *before, const windows_t *scored)
{
    forecaster_t *forecaster = forecaster_create(table->kinds[i], &table->model);
    if (!forecaster) return false;
    forecaster_set_ema_weight(forecaster, settings.ema_weight);
    evaluate_forecaster(forecaster, before, false);
    table->results[i] = evaluate_forecaster_errors(forecaster, scored, table->errors_per_s[i]);
    forecaster_destroy(forecaster);
    return true;
}

static bool run(table_t *table, const windows_t *before, const windows_t *scored)
{
    for (size_t i = 0; i < table->count; i++) {
        if (settings.svg_path) {
            table->errors_per_s[i] = malloc(scored->count * sizeof(double));
            if (!table->errors_per_s[i]) return false;
        }
        if (!run_one(table, i, before, scored)) return false;
    }
    return true;
}

static void print_scores(const char *name, const scores_t *scores, bool has_quantiles)
{
    printf("%-8s %9.4g %9.3g %7.1f %% %11.4g %9.4g", name, scores->error, scores->bias, 100 * scores->below,
           scores->low_pinball, scores->high_pinball);
    if (has_quantiles) printf(" %6.1f %% %5.1f %%", 100 * scores->below_low, 100 * scores->below_high);
    printf("\n");
}

/* All windows, or the transitions among them. */
static void print_block(const table_t *table, bool transitions)
{
    printf("\n%-8s %9s %9s %9s %11s %9s %8s %7s\n", transitions ? "in trans." : "", "MAE", "bias", "below it",
           "pinball 0.1", "0.9", "< 0.1", "< 0.9");
    for (size_t i = 0; i < table->count; i++) {
        const evaluation_t *result = &table->results[i];
        print_scores(forecaster_kind_names[table->kinds[i]],
                     transitions ? &result->transitions : &result->all, result->has_quantiles);
    }
    const noise_floor_t *left = &table->noise_floor;
    if (left->beginnings_known)
        printf("%-8s %9.4g\n", "(shape)",
               transitions ? left->unforeseen_transition_error : left->unforeseen_error);
    if (left->known) printf("%-8s %9.4g\n", "(noise)", transitions ? left->transition_error : left->error);
}

static void print_table(const table_t *table)
{
    const evaluation_t *first = &table->results[0];
    printf("%zu windows of %d s, %zu of them transitions; errors in events/s of the next second\n",
           first->all.windows, MODEL_HISTORY, first->transitions.windows);
    print_block(table, false);
    if (first->transitions.windows > 0) print_block(table, true);
    printf("\nbelow it, < 0.1, < 0.9: share of the truths below the forecast and below its quantiles\n"
           "0.1 and 0.9. Without quantiles the pinball loss is that of the forecast itself.\n");
    if (table->noise_floor.known)
        printf("(noise): the error of a forecast that knew all but the noise; none can be better.\n");
    if (table->noise_floor.beginnings_known)
        printf("(shape): the same, but for when the next burst begins, which nobody can know.\n");
    if (!settings.forecasters && !settings.model_path)
        printf("lstm is left out: it needs a model, as --model models/default.model\n");
}

static json_t *json_of_quantiles(const scores_t *scores)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "pinball_0.1", scores->low_pinball, "pinball_0.9",
                     scores->high_pinball, "below_0.1", scores->below_low, "below_0.9", scores->below_high);
}

static json_t *json_of_forecaster(const evaluation_t *result)
{
    const scores_t *all = &result->all, *transitions = &result->transitions;
    json_t *object = json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "mae", all->error, "mae_transitions",
                               transitions->error, "bias", all->bias, "bias_transitions", transitions->bias,
                               "below", all->below, "below_transitions", transitions->below);
    json_t *point = json_pack("{s:f, s:f}", "0.1", all->low_pinball, "0.9", all->high_pinball);
    json_object_set_new(object, "pinball", point);
    point = json_pack("{s:f, s:f}", "0.1", transitions->low_pinball, "0.9", transitions->high_pinball);
    json_object_set_new(object, "pinball_transitions", point);
    if (result->has_quantiles) {
        json_object_set_new(object, "quantiles", json_of_quantiles(all));
        json_object_set_new(object, "quantiles_transitions", json_of_quantiles(transitions));
    }
    return object;
}

static void print_json(const table_t *table)
{
    json_t *forecasters = json_object();
    for (size_t i = 0; i < table->count; i++)
        json_object_set_new(forecasters, forecaster_kind_names[table->kinds[i]],
                            json_of_forecaster(&table->results[i]));
    json_t *result = json_pack("{s:I, s:I, s:f, s:o}", "windows", (json_int_t)table->results[0].all.windows,
                               "transitions", (json_int_t)table->results[0].transitions.windows, "ema_weight",
                               settings.ema_weight, "forecasters", forecasters);
    const noise_floor_t *left = &table->noise_floor;
    if (left->known)
        json_object_set_new(
            result, "noise_floor",
            json_pack("{s:f, s:f}", "mae", left->error, "mae_transitions", left->transition_error));
    if (left->beginnings_known)
        json_object_set_new(result, "shape_floor",
                            json_pack("{s:f, s:f}", "mae", left->unforeseen_error, "mae_transitions",
                                      left->unforeseen_transition_error));
    json_dumpf(result, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(result);
}

static bool draw(const table_t *table)
{
    evaluate_curve_t curves[FORECASTER_KINDS];
    char error[ERROR_SIZE];
    if (!settings.svg_path) return true;
    for (size_t i = 0; i < table->count; i++)
        curves[i] = (evaluate_curve_t){.name = forecaster_kind_names[table->kinds[i]],
                                       .errors_per_s = table->errors_per_s[i],
                                       .count = table->results[i].all.windows};
    if (evaluate_plot(settings.svg_path, curves, table->count, error, sizeof error)) return true;
    fprintf(stderr, "adaptivestream evaluate: %s\n", error);
    return false;
}

static int evaluate(const flags_t *flags, const data_t *data, table_t *table)
{
    size_t from = 0, to = data->file.count;
    if (settings.lines && !settings.data.series_path)
        return flags_usage_error(flags, "--lines needs --series");
    if (!data_lines(flags, "--lines", settings.lines, data->file.count, &from, &to)) return EXIT_USAGE;
    windows_t parts[PARTS], scored = {0};
    int exit_code = EXIT_FAILED;
    const bool loaded = windows_of_parts(data, from, to, parts) && join(&scored, parts);
    if (loaded && scored.count == 0) {
        fprintf(stderr, "adaptivestream evaluate: no series is longer than %d seconds\n", MODEL_HISTORY);
    } else if (loaded && run(table, &parts[0], &scored) &&
               noise_floor_of(&settings.data, data, &table->noise_floor)) {
        if (settings.json)
            print_json(table);
        else
            print_table(table);
        exit_code = draw(table) ? EXIT_OK : EXIT_FAILED;
    } else {
        fprintf(stderr, "adaptivestream evaluate: not enough memory\n");
    }
    for (size_t i = 0; i < PARTS; i++)
        windows_free(&parts[i]);
    windows_free(&scored);
    for (size_t i = 0; i < table->count; i++)
        free(table->errors_per_s[i]);
    return exit_code;
}

int command_evaluate(int argc, char **argv)
{
    flag_t flag_table[OWN_FLAGS + DATA_FLAGS];
    memcpy(flag_table, own_flags, OWN_FLAGS * sizeof own_flags[0]);
    data_flags_add(flag_table + OWN_FLAGS, &settings.data);
    flags_t flags = {
        .command = "evaluate",
        .summary = "Lets forecasters forecast every second of some traffic from the 30 before it, and says "
                   "by how much\n"
                   "they are wrong: over all seconds, and in transitions (where the rate changes by more "
                   "than a fifth\n"
                   "within six seconds).",
        .table = flag_table,
        .count = OWN_FLAGS + DATA_FLAGS,
    };
    int exit_code;
    table_t table = {0};
    data_t data = {0};
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!select_forecasters(&flags, &table)) return EXIT_USAGE;
    if (!load_model(&flags, &table.model)) return EXIT_FAILED;
    exit_code = data_load(&flags, &settings.data, &data);
    if (exit_code == EXIT_OK) exit_code = evaluate(&flags, &data, &table);
    data_free(&data);
    model_free(&table.model);
    return exit_code;
}
