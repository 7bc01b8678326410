#include "cli/traffic_flags.h"

#include "benchmark/comparison.h"
#include "cli/trace_flags.h"
#include "common/parse.h"
#include "traffic/trace.h"

#include <stdio.h>
#include <string.h>

void traffic_flags_add(flag_t table[TRAFFIC_FLAGS], traffic_flags_t *settings)
{
    const flag_t flags[TRAFFIC_FLAGS] = {
        TRACE_BIN_FLAG(settings->bin_ns, NULL),
        {.name = "--scale",
         .type = FLAG_NUMBER,
         .value = &settings->scale,
         .argument = "FACTOR",
         .preset = "1",
         .minimum = 1e-6,
         .maximum = 1e6,
         .help = "multiply the trace's counts"},
        {.name = "--speed",
         .type = FLAG_NUMBER,
         .value = &settings->speed,
         .argument = "FACTOR",
         .preset = "1",
         .minimum = 1e-3,
         .maximum = 1e6,
         .help = "run the trace this many times faster"},
        {.name = "--limit",
         .type = FLAG_DURATION,
         .value = &settings->limit_ns,
         .argument = "DURATION",
         .preset = "0",
         .minimum = 0,
         .maximum = 1e9,
         .help = "look at the beginning of the trace only; 0: at all of it"},
        {.name = "--seed",
         .type = FLAG_INTEGER,
         .value = &settings->seed,
         .argument = "NUMBER",
         .preset = "1",
         .minimum = 0,
         .maximum = 1e15,
         .help = "of the random times of events inside bins wider than a slot"},
        {.name = "--trigger",
         .type = FLAG_DURATION,
         .value = &settings->trigger_ns,
         .argument = "DURATION",
         .preset = "2s",
         .minimum = 0.1,
         .maximum = 86400,
         .help = "trigger interval of the job"},
        {.name = "--batch-cost",
         .type = FLAG_TEXT,
         .value = &settings->batch_cost,
         .argument = "TIME[+TIME]",
         .preset = "250ms+20us",
         .help = "time of a batch and of each of its events"},
    };
    memcpy(table, flags, sizeof flags);
}

bool parse_batch_cost(const char *text, batch_model_t *model)
{
    char fixed[64];
    const char *plus = strchr(text, '+');
    const size_t length = plus ? (size_t)(plus - text) : strlen(text);
    int64_t fixed_ns, per_event_ns = 0;
    if (length >= sizeof fixed) return false;
    memcpy(fixed, text, length);
    fixed[length] = '\0';
    if (!parse_duration_ns(fixed, &fixed_ns) || (plus && !parse_duration_ns(plus + 1, &per_event_ns)))
        return false;
    const int64_t second_ns = 1000000000;
    if (fixed_ns > 3600 * second_ns || per_event_ns > second_ns) return false;
    *model = (batch_model_t){.fixed_s = (double)fixed_ns * 1e-9, .per_event_s = (double)per_event_ns * 1e-9};
    return true;
}

bool traffic_flags_check(const flags_t *flags, traffic_flags_t *settings, int *exit_code)
{
    if (parse_batch_cost(settings->batch_cost, &settings->model)) return true;
    *exit_code = flags_usage_error(flags,
                                   "--batch-cost: '%s' is not the time of a batch, up to 1 h, with or "
                                   "without that of an event, up to 1 s, as 250ms+20us",
                                   settings->batch_cost);
    return false;
}

bool traffic_load(const char *path, const traffic_flags_t *settings, slots_t *slots, char *error,
                  size_t error_size)
{
    trace_t trace;
    *slots = (slots_t){0};
    if (!trace_load(path, settings->bin_ns, &trace, error, error_size)) return false;
    bool ok = trace_rescale(&trace, settings->scale, settings->speed, error, error_size);
    if (ok && !slots_of_trace(&trace, comparison_slot_ns(settings->trigger_ns), settings->limit_ns,
                              (uint64_t)settings->seed, slots)) {
        snprintf(error, error_size, "%s: not enough memory for its slots; --limit shortens it", path);
        ok = false;
    }
    trace_free(&trace);
    return ok;
}
