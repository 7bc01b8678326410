/*
 * adaptivestream evaluate: how well do forecasters forecast this traffic?
 */
#include "forecast/evaluate.h"

#include "cli/commands.h"
#include "cli/data_flags.h"
#include "common/flags.h"
#include "common/parse.h"
#include "forecast/model_file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, OWN_FLAGS = 4 };

static struct {
    const char *model_path, *lines, *forecasters;
    bool json;
    data_flags_t data;
} settings;

typedef struct {
    forecaster_kind_t kinds[FORECASTER_KINDS];
    evaluation_t results[FORECASTER_KINDS];
    size_t count;
    model_t model;
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

static bool run(table_t *table, const windows_t *before, const windows_t *scored)
{
    for (size_t i = 0; i < table->count; i++) {
        forecaster_t *forecaster = forecaster_create(table->kinds[i], &table->model);
        if (!forecaster) return false;
        evaluate_forecaster(forecaster, before, false);
        table->results[i] = evaluate_forecaster(forecaster, scored, true);
        forecaster_destroy(forecaster);
    }
    return true;
}

static void print_table(const table_t *table)
{
    const evaluation_t *first = &table->results[0];
    printf("%zu windows of %d s, %zu of them transitions; errors in events/s of the next second\n\n",
           first->windows, MODEL_HISTORY, first->transitions);
    printf("%-8s %10s %12s %8s   %s\n", "", "MAE", "transitions", "bias",
           "pinball 0.1, 0.9; truths below them");
    for (size_t i = 0; i < table->count; i++) {
        const evaluation_t *result = &table->results[i];
        printf("%-8s %10.4g %12.4g %8.3g", forecaster_kind_names[table->kinds[i]], result->error,
               result->transition_error, result->bias);
        if (result->has_quantiles)
            printf("   %.4g, %.4g; %.1f %%, %.1f %%", result->low_pinball, result->high_pinball,
                   100 * result->below_low, 100 * result->below_high);
        printf("\n");
    }
    if (!settings.forecasters && !settings.model_path)
        printf("\nlstm is left out: it needs a model, as --model models/default.model\n");
}

static void print_json(const table_t *table)
{
    json_t *forecasters = json_object();
    for (size_t i = 0; i < table->count; i++) {
        const evaluation_t *result = &table->results[i];
        json_t *object = json_pack("{s:f, s:f, s:f}", "mae", result->error, "mae_transitions",
                                   result->transition_error, "bias", result->bias);
        if (result->has_quantiles)
            json_object_set_new(object, "quantiles",
                                json_pack("{s:f, s:f, s:f, s:f}", "pinball_0.1", result->low_pinball,
                                          "pinball_0.9", result->high_pinball, "below_0.1", result->below_low,
                                          "below_0.9", result->below_high));
        json_object_set_new(forecasters, forecaster_kind_names[table->kinds[i]], object);
    }
    json_t *result =
        json_pack("{s:I, s:I, s:o}", "windows", (json_int_t)table->results[0].windows, "transitions",
                  (json_int_t)table->results[0].transitions, "forecasters", forecasters);
    json_dumpf(result, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(result);
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
    } else if (loaded && run(table, &parts[0], &scored)) {
        if (settings.json)
            print_json(table);
        else
            print_table(table);
        exit_code = EXIT_OK;
    } else {
        fprintf(stderr, "adaptivestream evaluate: not enough memory\n");
    }
    for (size_t i = 0; i < PARTS; i++)
        windows_free(&parts[i]);
    windows_free(&scored);
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
