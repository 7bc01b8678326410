#include "cli/estimate_print.h"

#include "common/wrapped.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 1024, NAME_SIZE = 32, PAGE_WIDTH = 100 };

static double per_hour(const estimate_t *estimate, int64_t batches)
{
    return (double)batches * 3600 / estimate->seconds;
}

static double change_percent(double value, double of)
{
    return of > 0 ? 100 * (value / of - 1) : 0;
}

/* "-38 %"; nothing where there is no change to speak of. */
static const char *change_text(double value, double of, char text[NAME_SIZE])
{
    const double percent = change_percent(value, of);
    snprintf(text, NAME_SIZE, fabs(percent) < 0.5 ? "" : "%+.0f %%", percent);
    return text;
}

static const char *long_time(double seconds, char text[NAME_SIZE])
{
    if (seconds >= 7200)
        snprintf(text, NAME_SIZE, "%.1f h", seconds / 3600);
    else if (seconds >= 120)
        snprintf(text, NAME_SIZE, "%.1f min", seconds / 60);
    else
        snprintf(text, NAME_SIZE, "%.0f s", seconds);
    return text;
}

static void print_facts(const estimate_input_t *input, const estimate_t *estimate)
{
    char time[NAME_SIZE];
    const job_facts_t *facts = &input->facts;
    if (input->reported) printf("Query %s, ", input->query);
    printf("%s: %" PRId64 " events in %s, %.4g a second", input->path, estimate->events,
           long_time(estimate->seconds, time), (double)estimate->events / estimate->seconds);
    /* A --bin that was forgotten changes all that follows, and shows nowhere else. */
    if (input->bin_ns > 0) printf("; --bin %g s", (double)input->bin_ns * 1e-9);
    printf("\n");
    printf("Trigger %g s%s", (double)estimate->trigger_ns * 1e-9,
           input->reported && facts->trigger_ns == estimate->trigger_ns ? ", as its triggers show" : "");
    printf("; a batch takes %.0f ms and %.3g us an event%s; %.0f %% of the time is in batches\n",
           input->model.fixed_s * 1e3, input->model.per_event_s * 1e6,
           input->reported && facts->model_known &&
                   memcmp(&facts->model, &input->model, sizeof facts->model) == 0
               ? ", as its batches show"
               : "",
           100 * estimate->busy);
    if (!input->reported) return;
    printf("The job itself made %" PRId64 " batches in %s, %.0f an hour\n", facts->batches,
           long_time(facts->seconds, time),
           facts->seconds > 0 ? (double)facts->batches * 3600 / facts->seconds : 0);
    if (facts->missing > 0)
        printf("%" PRId64 " batches are missing in the file, with their events\n", facts->missing);
    if (facts->behind > 0)
        printf("In %" PRId64 " batches a limit per trigger left events in the source: when those came is not "
               "known\n",
               facts->behind);
}

static void print_row(const estimate_t *estimate, const char *name, const contender_result_t *result)
{
    char change[NAME_SIZE];
    const contender_result_t *now = &estimate->now;
    printf("%-16s %8.2f s %-6s", name, result->mean_s, change_text(result->mean_s, now->mean_s, change));
    printf(" %8.2f s %-6s", result->p95_s, change_text(result->p95_s, now->p95_s, change));
    printf(" %8.2f s %-6s", result->p99_s, change_text(result->p99_s, now->p99_s, change));
    printf(" %9.0f", per_hour(estimate, result->batches));
    change_text((double)result->batches, (double)now->batches, change);
    printf("%s%s\n", *change ? " " : "", change);
}

static void print_goals(const estimate_t *estimate)
{
    char name[NAME_SIZE];
    printf("\n%-16s %10s %-6s %10s %-6s %10s %-6s %10s\n", "", "mean wait", "", "p95", "", "p99", "",
           "batches/h");
    print_row(estimate, "your trigger", &estimate->now);
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        snprintf(name, sizeof name, "goal %s", goal_names[goal]);
        print_row(estimate, name, &estimate->goals[goal]);
    }
    if (estimate->best_known) print_row(estimate, "the future known", &estimate->best);
}

static void print_curve(const estimate_t *estimate)
{
    char trigger[NAME_SIZE];
    printf("\nMean wait against batches an hour, goal %s:\n%-10s %9s %11s   %-14s %9s %11s\n",
           goal_names[estimate->goal], "budget", "batches/h", "mean wait", "fixed trigger", "batches/h",
           "mean wait");
    for (int i = 0; i < ESTIMATE_CURVE; i++) {
        const estimate_point_t *point = &estimate->curve[i];
        snprintf(trigger, sizeof trigger, "%g s", (double)point->fixed_trigger_ns * 1e-9);
        printf("%-10g %9.0f %9.2f s   %-14s %9.0f %9.2f s\n", point->budget,
               per_hour(estimate, point->adaptive.batches), point->adaptive.mean_s, trigger,
               per_hour(estimate, point->fixed.batches), point->fixed.mean_s);
    }
}

static void print_theory(const estimate_t *estimate)
{
    printf("\nIn theory, for a rate that changes slowly, x %.2f of the wait at equal batches (rate in "
           "windows of "
           "%g s)",
           estimate->factor, estimate->window_s);
    if (estimate->factor < 0.99 * estimate->best_factor)
        printf(";\nhere it changes too fast for that: even with the future known it is x %.2f",
               estimate->best_factor);
    printf("\n");
}

void estimate_print_screen(const estimate_input_t *input, const estimate_t *estimate)
{
    char text[TEXT_SIZE];
    print_facts(input, estimate);
    /* Figures of so little traffic would only be taken for an answer. */
    if (estimate_verdict(estimate) != VERDICT_TOO_SHORT) {
        print_goals(estimate);
        print_curve(estimate);
        print_theory(estimate);
    }
    putchar('\n');
    wrapped_print(stdout, estimate_sentence(estimate, text, sizeof text), 0, 0, PAGE_WIDTH);
}

static json_t *json_of_result(const estimate_t *estimate, const contender_result_t *result)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:f}", "mean_s", result->mean_s, "p50_s", result->p50_s,
                     "p95_s", result->p95_s, "p99_s", result->p99_s, "max_s", result->max_s, "batches",
                     (json_int_t)result->batches, "batches_per_hour", per_hour(estimate, result->batches));
}

static json_t *json_of_facts(const estimate_input_t *input)
{
    const job_facts_t *facts = &input->facts;
    json_t *result =
        json_pack("{s:I, s:f, s:I, s:I, s:I, s:I, s:b}", "batches", (json_int_t)facts->batches, "seconds",
                  facts->seconds, "rows", (json_int_t)facts->rows, "rows_left_out",
                  (json_int_t)input->outcome.left_out, "missing_batches", (json_int_t)facts->missing,
                  "limited_batches", (json_int_t)facts->behind, "cost_learned", facts->model_known);
    /* NULL, and left out, when it is no UTF-8. */
    json_object_set_new(result, "query", json_pack("s", input->query));
    if (facts->trigger_ns > 0) {
        json_object_set_new(result, "trigger_s", json_real((double)facts->trigger_ns * 1e-9));
        json_object_set_new(result, "on_grid", json_real(facts->on_grid));
    }
    return result;
}

static json_t *json_of_curve(const estimate_t *estimate)
{
    json_t *curve = json_array();
    for (int i = 0; i < ESTIMATE_CURVE; i++) {
        const estimate_point_t *point = &estimate->curve[i];
        json_array_append_new(curve, json_pack("{s:f, s:o, s:f, s:o}", "budget", point->budget, "adaptive",
                                               json_of_result(estimate, &point->adaptive), "fixed_trigger_s",
                                               (double)point->fixed_trigger_ns * 1e-9, "fixed",
                                               json_of_result(estimate, &point->fixed)));
    }
    return curve;
}

void estimate_print_json(const estimate_input_t *input, const estimate_t *estimate)
{
    char text[TEXT_SIZE];
    json_t *goals = json_object();
    for (int goal = 0; goal < GOAL_COUNT; goal++) {
        json_t *one = json_of_result(estimate, &estimate->goals[goal]);
        json_object_set_new(one, "gain", json_real(estimate_gain(estimate, (goal_t)goal)));
        json_object_set_new(goals, goal_names[goal], one);
    }
    json_t *result = json_pack(
        "{s:s, s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "verdict",
        verdict_names[estimate_verdict(estimate)], "sentence", estimate_sentence(estimate, text, sizeof text),
        "goal", goal_names[estimate->goal], "events", (json_int_t)estimate->events, "seconds",
        estimate->seconds, "trigger_s", (double)estimate->trigger_ns * 1e-9, "batch_fixed_s",
        input->model.fixed_s, "batch_per_event_s", input->model.per_event_s, "busy", estimate->busy,
        "overrun", estimate->overrun, "theoretical_factor", estimate->factor, "window_s", estimate->window_s);
    if (estimate->best_known) json_object_set_new(result, "best_factor", json_real(estimate->best_factor));
    json_object_set_new(result, "source", json_pack("s", input->path));
    if (input->bin_ns > 0) json_object_set_new(result, "bin_s", json_real((double)input->bin_ns * 1e-9));
    if (input->reported) json_object_set_new(result, "job", json_of_facts(input));
    json_object_set_new(result, "now", json_of_result(estimate, &estimate->now));
    json_object_set_new(result, "goals", goals);
    if (estimate->best_known) json_object_set_new(result, "best", json_of_result(estimate, &estimate->best));
    json_object_set_new(result, "curve", json_of_curve(estimate));
    json_dumpf(result, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(result);
}
