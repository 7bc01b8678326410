#include "benchmark/replay_run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JOURNAL_VERSION = 1, WHAT_SIZE = REPLAY_MESSAGE_SIZE / 2 };

/* Arguments of all calls. */
typedef struct {
    int64_t now_ns, own_ns, start_ns, end_ns, origin_ns;
    int64_t taken, total, available, events;
    double rate_per_s, confidence;
    bool blind;
} arguments_t;

#define ARGUMENT(name, kind, low, high)                                                                      \
    {                                                                                                        \
        .key = #name, .type = kind, .offset = offsetof(arguments_t, name), .minimum = low, .maximum = high   \
    }
/* As in journal_fields.c: what lies beyond could overflow the governor's sums. */
#define TIME(name)  ARGUMENT(name, JOURNAL_INTEGER, -0x1p61, 0x1p61)
#define COUNT(name) ARGUMENT(name, JOURNAL_INTEGER, 0, 0x1p53)
#define REAL(name)  ARGUMENT(name, JOURNAL_REAL, -HUGE_VAL, HUGE_VAL)

static const journal_field_t start_arguments[] = {TIME(now_ns), COUNT(taken), COUNT(total)};
static const journal_field_t limit_arguments[] = {COUNT(events)};
static const journal_field_t align_arguments[] = {TIME(origin_ns)};
static const journal_field_t forecast_arguments[] = {REAL(rate_per_s), REAL(confidence)};
static const journal_field_t restart_arguments[] = {TIME(now_ns), COUNT(total)};
static const journal_field_t trigger_arguments[] = {TIME(start_ns), TIME(end_ns), COUNT(available)};
static const journal_field_t decision_arguments[] = {TIME(now_ns), TIME(own_ns),
                                                     ARGUMENT(blind, JOURNAL_BOOLEAN, 0, 0)};
static const journal_field_t probe_arguments[] = {COUNT(total)};
static const journal_table_t probe_table = {probe_arguments, 1};

/* One line being repeated. */
typedef struct {
    replay_run_t *run;
    governor_t *governor;
    const json_t *line;
    size_t number;
    arguments_t arguments;
    char *what;
} step_t;

static fields_verdict_t compare(step_t *step, const journal_table_t *table, const void *source)
{
    fields_difference_t difference;
    fields_verdict_t verdict = journal_compare(table, step->line, source, &difference, step->what, WHAT_SIZE);
    if (verdict == FIELDS_DIFFER && step->run->difference_line == 0) {
        step->run->difference_line = step->number;
        step->run->difference = difference;
    }
    return verdict;
}

static replay_step_t repeat_limit(step_t *step)
{
    governor_set_source_limit(step->governor, step->arguments.events);
    return REPLAY_GOES_ON;
}

static replay_step_t repeat_align(step_t *step)
{
    governor_align(step->governor, step->arguments.origin_ns);
    return REPLAY_GOES_ON;
}

/* The changes of a forecast's line, which has four, or none at all. */
static bool read_changes(const json_t *array, double changes[RATE_AVERAGES])
{
    if (json_array_size(array) != RATE_AVERAGES) return false;
    for (size_t i = 0; i < RATE_AVERAGES; i++) {
        const json_t *change = json_array_get(array, i);
        if (!json_is_number(change)) return false;
        changes[i] = json_number_value(change);
    }
    return true;
}

static replay_step_t repeat_forecast(step_t *step)
{
    double changes[RATE_AVERAGES];
    const json_t *array = json_object_get(step->line, "changes");
    if (array && !read_changes(array, changes)) {
        snprintf(step->what, WHAT_SIZE, "changes: an array of %d numbers is expected", RATE_AVERAGES);
        return REPLAY_IS_MALFORMED;
    }
    governor_set_advice(step->governor, step->arguments.rate_per_s, step->arguments.confidence,
                        array ? changes : NULL);
    return REPLAY_GOES_ON;
}

static replay_step_t repeat_restart(step_t *step)
{
    const arguments_t *arguments = &step->arguments;
    governor_start(step->governor, arguments->now_ns, arguments->total, arguments->total);
    return REPLAY_GOES_ON;
}

static replay_step_t repeat_trigger(step_t *step)
{
    const arguments_t *arguments = &step->arguments;
    governor_trigger(step->governor, arguments->start_ns, arguments->end_ns, arguments->available);
    return REPLAY_GOES_ON;
}

static replay_step_t repeat_decision(step_t *step)
{
    const arguments_t *arguments = &step->arguments;
    replay_run_t *run = step->run;
    if (json_object_get(step->line, "total")) {
        arguments_t probe;
        if (!journal_read(&probe_table, step->line, &probe, step->what, WHAT_SIZE))
            return REPLAY_IS_MALFORMED;
        governor_probe(step->governor, arguments->now_ns, probe.total);
        run->probes++;
        run->calls++;
    }
    governor_stats_t stats;
    decision_t decision =
        governor_decide(step->governor, arguments->now_ns, arguments->own_ns, arguments->blind);
    governor_stats(step->governor, &stats);
    fields_verdict_t said = compare(step, &journal_decision_fields, &decision);
    if (said == FIELDS_WRONG) return REPLAY_IS_MALFORMED;
    fields_verdict_t counted = compare(step, &journal_counter_fields, &stats);
    if (counted == FIELDS_WRONG) return REPLAY_IS_MALFORMED;
    run->decisions++;
    run->differing += said == FIELDS_DIFFER || counted == FIELDS_DIFFER;
    return REPLAY_GOES_ON;
}

/* Lines that are missing altogether show in how many decisions and probes the agent has counted. */
static const journal_field_t numbers[] = {
    {.key = "decisions", .type = JOURNAL_INTEGER, .offset = offsetof(replay_run_t, decisions)},
    {.key = "probes", .type = JOURNAL_INTEGER, .offset = offsetof(replay_run_t, probes)},
};
static const journal_table_t numbers_table = {numbers, sizeof numbers / sizeof *numbers};

static replay_step_t compare_summary(step_t *step)
{
    governor_stats_t stats;
    governor_stats(step->governor, &stats);
    const struct {
        const journal_table_t *table;
        const void *source;
    } parts[] = {
        {&journal_wait_fields, &stats}, {&journal_total_fields, &stats}, {&numbers_table, step->run}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        fields_verdict_t verdict = compare(step, parts[i].table, parts[i].source);
        if (verdict == FIELDS_WRONG) return REPLAY_IS_MALFORMED;
        if (verdict == FIELDS_DIFFER) step->run->summary_differs = true;
    }
    return REPLAY_IS_OVER;
}

struct replay_event {
    const char *name;
    journal_table_t arguments;
    replay_step_t (*repeat)(step_t *step); /* NULL: a start, or a note */
    bool is_note;
};

#define ARGUMENTS(list)                                                                                      \
    {                                                                                                        \
        list, sizeof(list) / sizeof(list)[0]                                                                 \
    }

static const replay_event_t events[] = {
    {"start", ARGUMENTS(start_arguments), NULL, false},
    {"limit", ARGUMENTS(limit_arguments), repeat_limit, false},
    {"align", ARGUMENTS(align_arguments), repeat_align, false},
    {"forecast", ARGUMENTS(forecast_arguments), repeat_forecast, false},
    {"restart", ARGUMENTS(restart_arguments), repeat_restart, false},
    {"trigger", ARGUMENTS(trigger_arguments), repeat_trigger, false},
    {"decision", ARGUMENTS(decision_arguments), repeat_decision, false},
    {"summary", {NULL, 0}, compare_summary, false},
    {"change", {NULL, 0}, NULL, true},
    {"continue", {NULL, 0}, NULL, true},
};

const replay_event_t *replay_event_of(const json_t *line, char *what)
{
    const json_t *version = json_object_get(line, "v");
    const char *name = json_string_value(json_object_get(line, "event"));
    if (!json_is_integer(version) || !name || !json_is_string(json_object_get(line, "run"))) {
        snprintf(what, WHAT_SIZE, "not a line of the agent's journal: v, event and run are expected");
        return NULL;
    }
    if (json_integer_value(version) != JOURNAL_VERSION) {
        snprintf(what, WHAT_SIZE, "version %lld of the journal; this program reads %d",
                 (long long)json_integer_value(version), JOURNAL_VERSION);
        return NULL;
    }
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcmp(events[i].name, name) == 0) return &events[i];
    snprintf(what, WHAT_SIZE, "event \"%.32s\" is not known; was a newer agent at work?", name);
    return NULL;
}

bool replay_event_is_start(const replay_event_t *event)
{
    return !event->repeat && !event->is_note;
}

bool replay_event_is_note(const replay_event_t *event)
{
    return event->is_note;
}

replay_step_t replay_begin(replay_run_t *run, governor_t **governor, const json_t *line, char *what)
{
    const journal_table_t table = ARGUMENTS(start_arguments);
    governor_config_t config = {0};
    arguments_t arguments;
    *governor = NULL;
    if (!journal_read(&journal_configuration_fields, line, &config, what, WHAT_SIZE) ||
        !journal_read(&table, line, &arguments, what, WHAT_SIZE))
        return REPLAY_IS_MALFORMED;
    errno = 0;
    *governor = governor_create(&config);
    if (!*governor && errno == ENOMEM) return REPLAY_NO_MEMORY;
    if (!*governor) {
        snprintf(what, WHAT_SIZE, "no governor can have this configuration; is a number out of range?");
        return REPLAY_IS_MALFORMED;
    }
    governor_start(*governor, arguments.now_ns, arguments.taken, arguments.total);
    run->calls++;
    return REPLAY_GOES_ON;
}

replay_step_t replay_follow(replay_run_t *run, governor_t *governor, const replay_event_t *event,
                            const json_t *line, size_t number, char *what)
{
    if (event->is_note) return REPLAY_GOES_ON;
    step_t step = {.run = run, .governor = governor, .line = line, .number = number, .what = what};
    if (!journal_read(&event->arguments, line, &step.arguments, what, WHAT_SIZE)) return REPLAY_IS_MALFORMED;
    replay_step_t result = event->repeat(&step);
    run->calls += result == REPLAY_GOES_ON;
    return result;
}
