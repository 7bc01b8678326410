#include "cli/estimate_input.h"

#include "benchmark/comparison.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ERROR_SIZE = 1024, LISTED_MAXIMUM = 20 };

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("adaptivestream estimate: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static void list_queries(const progress_history_t *history)
{
    for (size_t i = 0; i < history->count && i < LISTED_MAXIMUM; i++) {
        const reported_query_t *query = &history->queries[i];
        if (strcmp(query->name, query->id) == 0)
            fprintf(stderr, "  %s (no name): %" PRId64 " events\n", query->id, query->rows);
        else
            fprintf(stderr, "  %s (id %s): %" PRId64 " events\n", query->name, query->id, query->rows);
    }
    if (history->count > LISTED_MAXIMUM) fprintf(stderr, "  and %zu more\n", history->count - LISTED_MAXIMUM);
}

static const reported_query_t *choose_query(const estimate_source_t *source, const estimate_input_t *input,
                                            const progress_history_t *history)
{
    const reported_query_t *query = NULL;
    if (source->query) {
        query = progress_history_find(history, source->query);
        if (!query) complain("%s has no query '%s', but:", input->path, source->query);
        if (query && strcmp(query->id, source->query) != 0 &&
            progress_history_named(history, source->query) > 1) {
            complain("%s has %zu queries named '%s'; choose one by its id:", input->path,
                     progress_history_named(history, source->query), source->query);
            query = NULL;
        }
    } else if (history->count == 1) {
        query = &history->queries[0];
    } else {
        complain("%s has %zu queries; choose one by --query:", input->path, history->count);
    }
    if (!query) list_queries(history);
    return query;
}

static bool use_query(const estimate_source_t *source, const reported_query_t *query, estimate_input_t *input,
                      int *exit_code)
{
    input->reported = true;
    snprintf(input->query, sizeof input->query, "%s", query->name);
    input->facts = progress_facts(query);
    if (!source->trigger_given) input->trigger_ns = input->facts.trigger_ns;
    if (!source->cost_given && input->facts.model_known) input->model = input->facts.model;
    if (input->trigger_ns == 0) {
        complain(
            "%s: the triggers of query %s lie on no grid: it has no trigger interval, or there are too few "
            "of them; name the interval to compare with, as --trigger 2s",
            input->path, query->name);
        *exit_code = EXIT_USAGE;
        return false;
    }
    const int64_t slot_ns = comparison_slot_ns(input->trigger_ns);
    if (progress_slots_of(query, &input->facts, input->trigger_ns, slot_ns, source->traffic.limit_ns,
                          &input->slots, &input->outcome))
        return true;
    complain("%s: %.0f s are too long for slots of %g s; --limit looks at the beginning only", input->path,
             input->facts.seconds, (double)slot_ns * 1e-9);
    return false;
}

static bool load_progress(const estimate_source_t *source, estimate_input_t *input, int *exit_code)
{
    char error[ERROR_SIZE];
    progress_history_t history;
    if (!progress_history_read(source->progress_path, &history, error, sizeof error)) {
        complain("%s", error);
        return false;
    }
    const reported_query_t *query = choose_query(source, input, &history);
    if (!query) *exit_code = EXIT_USAGE;
    const bool good = query && use_query(source, query, input, exit_code);
    progress_history_free(&history);
    return good;
}

static bool load_trace(const estimate_source_t *source, estimate_input_t *input)
{
    char error[ERROR_SIZE];
    if (traffic_load(source->trace_path, &source->traffic, &input->slots, error, sizeof error)) return true;
    complain("%s", error);
    return false;
}

bool estimate_input_load(const estimate_source_t *source, estimate_input_t *input, int *exit_code)
{
    *exit_code = EXIT_FAILED;
    const char *path = source->progress_path ? source->progress_path : source->trace_path;
    *input = (estimate_input_t){.path = strcmp(path, "-") == 0 ? "standard input" : path,
                                .trigger_ns = source->traffic.trigger_ns,
                                .model = source->traffic.model,
                                .bin_ns = source->progress_path ? 0 : source->traffic.bin_ns};
    bool good = source->progress_path ? load_progress(source, input, exit_code) : load_trace(source, input);
    if (good && input->slots.events == 0) {
        complain("%s: no events in it%s", input->path,
                 input->outcome.left_out > 0
                     ? " but those of the first batch, and nothing tells how long they had gathered"
                     : "");
        good = false;
    }
    if (!good) estimate_input_free(input);
    return good;
}

void estimate_input_free(estimate_input_t *input)
{
    slots_free(&input->slots);
    *input = (estimate_input_t){0};
}
