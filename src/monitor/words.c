#include "monitor/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name, *meaning;
} word_t;

static const word_t reasons[] = {
    {"idle", "nothing was pending, so the job's own schedule was kept"},
    {"warmup", "too little of the traffic was known yet, so the job's own schedule was kept"},
    {"fixed", "the policy is fixed: the job's own schedule was kept"},
    {"guard", "the budget of batches was used up, so the job's own schedule was kept until it is paid back"},
    {"blind", "the source did not answer, so the job's own schedule was kept"},
    {"backlog", "a full batch was pending already: more waiting could not have made it larger"},
    {"max_wait", "the oldest event had waited as long as events may wait"},
    {"floor", "waiting had cost enough before, but batches could not have kept up any sooner"},
    {"price", "waiting had cost about as much as a batch, and was about to cost more than it would again"},
    {"bound", "waiting had cost more than a batch, at whatever rate events come"},
    {"cheap", "waiting was still cheaper than a batch"},
    {"plan", "pending events are not seen here: the planned interval was over"},
};

static const word_t states[] = {
    {"warmup", "learning the traffic, the job's own schedule is kept"},
    {"active", "deciding when triggers fire"},
    {"monitoring", "watching only: decisions are recorded, the job's own schedule is kept"},
    {"disabled", "left alone, as somebody has asked: nothing is asked or decided"},
    {"guarded", "the budget of batches is used up, the job's own schedule is kept"},
    {"blind", "the source does not answer, the job's own schedule is kept"},
    {"fallback", "the predictor is lost, the fallback interval is kept"},
    {"released", "left alone after repeated faults, the job runs as without the agent"},
    {"ended", "the query has ended"},
};

static const char *meaning_of(const word_t *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].name, name) == 0) return words[i].meaning;
    return "";
}

const char *words_reason(const char *reason)
{
    return meaning_of(reasons, sizeof reasons / sizeof *reasons, reason);
}

const char *words_state(const char *state)
{
    return meaning_of(states, sizeof states / sizeof *states, state);
}

void words_duration(double seconds, char *text, size_t size)
{
    if (!isfinite(seconds))
        snprintf(text, size, "an unknown time");
    else if (fabs(seconds) < 0.9995)
        snprintf(text, size, "%.0f ms", seconds * 1000);
    else if (fabs(seconds) < 100)
        snprintf(text, size, "%.3g s", seconds);
    else if (fabs(seconds) < 5400)
        snprintf(text, size, "%.0f min", seconds / 60);
    else
        snprintf(text, size, "%.1f h", seconds / 3600);
}

void words_append(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

#define say(text, ...) words_append(text, WORDS_SIZE, __VA_ARGS__)

/* "43 % less", "1 % more", "as long". */
static void say_ratio(char text[WORDS_SIZE], double ratio, const char *less, const char *more,
                      const char *same)
{
    double percent = (ratio - 1) * 100;
    if (fabs(percent) < 0.5)
        say(text, "%s", same);
    else if (percent > 200)
        say(text, "%.1f times %s", ratio, same);
    else
        say(text, "%.0f %% %s", fabs(percent), percent < 0 ? less : more);
}

void words_savings(const store_query_t *query, int64_t now_ms, char text[WORDS_SIZE])
{
    text[0] = '\0';
    savings_t savings = store_savings(query, now_ms, 3600 * 1000);
    char trigger[32], span[32];
    words_duration(query->status.config.trigger_s, trigger, sizeof trigger);
    words_duration((double)(now_ms - savings.start_ms) / 1000, span, sizeof span);
    if (isnan(savings.waits_ratio) || isnan(savings.batches_ratio) || savings.shadow_events < 1) {
        say(text, "No event's wait has been compared with your trigger yet.");
        return;
    }
    bool known = isfinite(query->status.config.trigger_s);
    say(text, "Events waited ");
    say_ratio(text, savings.waits_ratio, "less", "more", "as long");
    say(text, " at ");
    say_ratio(text, savings.batches_ratio, "fewer batches", "more batches", "as many batches");
    bool as = strcmp(text + strlen(text) - 15, "as many batches") == 0 ||
              (fabs(savings.waits_ratio - 1) < 0.005 && fabs(savings.batches_ratio - 1) < 0.005);
    say(text, " %s with your %s%strigger, last %s.", as ? "as" : "than", known ? trigger : "",
        known ? " " : "", now_ms - savings.start_ms > 3500 * 1000 ? "hour" : span);
}

void words_trigger(const logged_t *entry, char text[WORDS_SIZE])
{
    text[0] = '\0';
    const char *meaning = words_reason(entry->reason);
    char oldest[32];
    const observed_decision_t *decision = &entry->decision;
    say(text, "%lld event%s", (long long)entry->events, entry->events == 1 ? "" : "s");
    if (entry->has_decision && decision->oldest_s > 0) {
        words_duration(decision->oldest_s, oldest, sizeof oldest);
        say(text, ", the oldest after %s", oldest);
    }
    if (*meaning != '\0') say(text, ": %s", meaning);
    if (*meaning != '\0' && entry->has_decision && entry->cost > 0)
        say(text, " (at %.0f %% of its price)", entry->cost * 100);
    if (entry->end_ms != FIELD_UNKNOWN) {
        char took[32];
        words_duration((double)(entry->end_ms - entry->start_ms) / 1000, took, sizeof took);
        say(text, ". The batch took %s", took);
    }
    say(text, ".");
}
