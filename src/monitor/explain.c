#include "monitor/explain.h"

#include "monitor/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define say(text, ...) words_append(text, EXPLAIN_SIZE, __VA_ARGS__)

void explain_time(int64_t time_ms, char *text, size_t size)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    char whole[32] = "?";
    if (gmtime_r(&seconds, &parts) != NULL) strftime(whole, sizeof whole, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(text, size, "%s.%03d UTC", whole, (int)(time_ms % 1000));
}

static bool is(const char *reason, const char *name)
{
    return strcmp(reason, name) == 0;
}

/* A trigger so near to a point of the job's own grid came together with it, as far as clocks and looks tell. */
enum { TOGETHER_MS = 25 };

/* When the job's own trigger would have fired last before `time_ms`, and next after it; what is TOGETHER_MS away is neither. False
 * when its grid is not known. */
typedef struct {
    int64_t before_ms, after_ms;
    bool together;
} own_schedule_t;

static bool own_schedule_about(const observed_config_t *config, int64_t time_ms, own_schedule_t *own)
{
    if (!(config->trigger_s >= 0.001 && config->trigger_s <= 86400)) return false;
    int64_t width_ms = (int64_t)(config->trigger_s * 1000 + 0.5);
    int64_t origin_ms = config->origin_ms == FIELD_UNKNOWN ? 0 : config->origin_ms % width_ms;
    int64_t into_ms = ((time_ms - origin_ms) % width_ms + width_ms) % width_ms;
    const int64_t last_ms = time_ms - into_ms;
    const bool at_last = into_ms <= TOGETHER_MS, at_next = width_ms - into_ms <= TOGETHER_MS;
    *own = (own_schedule_t){.before_ms = at_last ? last_ms - width_ms : last_ms,
                            .after_ms = at_next ? last_ms + 2 * width_ms : last_ms + width_ms,
                            .together = at_last || at_next};
    return true;
}

static void say_pending(char text[EXPLAIN_SIZE], double cost, const observed_decision_t *decision)
{
    char oldest[32];
    if (decision->pending == FIELD_UNKNOWN || decision->pending < 0) return;
    if (decision->pending == 0) {
        say(text, " No event was pending.");
        return;
    }
    say(text, " %" PRId64 " event%s pending", decision->pending, decision->pending == 1 ? " was" : "s were");
    if (decision->oldest_s >= 0) {
        words_duration(decision->oldest_s, oldest, sizeof oldest);
        say(text, ", the oldest for up to %s", oldest);
    }
    say(text, ".");
    if (cost >= 0) say(text, " Their waiting so far had cost %.0f %% of a batch.", cost * 100);
    if (decision->rate >= 0)
        say(text, " It counted with %.4g events/s%s.", decision->rate,
            decision->confidence > 0 ? ", which the forecast has a say in" : "");
}

/* What the job's own trigger would have done with the events that were pending when one fired at time_ms; `oldest_s`: for how long
 * at most, nan when it is not known. */
static void say_alternative(char text[EXPLAIN_SIZE], const observed_status_t *status, int64_t time_ms,
                            int64_t events, double oldest_s)
{
    own_schedule_t own;
    char before[32], later[32], sum[32], trigger[32];
    if (events <= 0 || !own_schedule_about(&status->config, time_ms, &own)) return;
    const double before_s = (double)(time_ms - own.before_ms) / 1000;
    const double later_s = (double)(own.after_ms - time_ms) / 1000;
    words_duration(before_s, before, sizeof before);
    words_duration(later_s, later, sizeof later);
    words_duration(later_s * (double)events, sum, sizeof sum);
    words_duration(status->config.trigger_s, trigger, sizeof trigger);
    say(text, " Your %s trigger would have fired ", trigger);
    if (oldest_s > before_s)
        say(text, "%s before, for those of them that had come by then, and again ", before);
    say(text, "%s%s", own.together ? "at the same time" : later, own.together ? "" : " later");
    if (oldest_s > before_s)
        say(text, " for the others");
    else if (oldest_s >= 0 && !own.together)
        say(text, ": these events would have waited %s more in sum, and others would have joined them", sum);
    say(text, ".");
}

static void say_meaning(char text[EXPLAIN_SIZE], const char *reason, bool fired)
{
    const char *meaning = words_reason(reason);
    if (is(reason, "plan") && !fired)
        meaning = "pending events are not looked at here, the planned interval is waited for";
    say(text, " %s: ", fired ? "So it fired" : "So it went on waiting");
    if (*meaning != '\0')
        say(text, "%s.", meaning);
    else
        say(text, "reason \"%s\".", reason);
}

/* What would have come of firing where it did not. */
static void say_not_fired(char text[EXPLAIN_SIZE], const observed_decision_t *decision)
{
    char interval[32];
    if (!is(decision->reason, "cheap") || !(decision->interval_s > 0)) return;
    words_duration(decision->interval_s, interval, sizeof interval);
    say(text,
        " Firing would have ended their wait at the cost of a batch of few events; at this rate a batch pays "
        "about every %s.",
        interval);
}

void explain_decision(const observed_status_t *status, char text[EXPLAIN_SIZE])
{
    const observed_decision_t *decision = &status->decision;
    char at[48];
    text[0] = '\0';
    if (!status->has_decision || decision->time_ms == FIELD_UNKNOWN) {
        say(text, "%s: nothing has been decided yet.", status->query);
        return;
    }
    explain_time(decision->time_ms, at, sizeof at);
    say(text, "%s, %s:", status->query, at);
    say_pending(text, store_cost(status, decision->waiting, decision->price), decision);
    say_meaning(text, decision->reason, decision->fire);
    if (decision->fire)
        say_alternative(text, status, decision->time_ms, decision->pending, decision->oldest_s);
    else
        say_not_fired(text, decision);
}

void explain_trigger(const observed_status_t *status, const logged_t *trigger, char text[EXPLAIN_SIZE])
{
    char at[48], took[32];
    text[0] = '\0';
    explain_time(trigger->start_ms, at, sizeof at);
    say(text, "%s, %s:", status->query, at);
    if (trigger->has_decision)
        say_pending(text, trigger->cost, &trigger->decision); /* under the goal of that time */
    else
        say(text, " %" PRId64 " event%s pending.", trigger->events, trigger->events == 1 ? " was" : "s were");
    say_meaning(text, trigger->reason, true);
    double oldest_s = trigger->decision.oldest_s;
    if (trigger->has_decision)
        oldest_s += (double)(trigger->start_ms - trigger->decision.time_ms) / 1000;
    else
        oldest_s = (double)NAN;
    say_alternative(text, status, trigger->start_ms, trigger->events, oldest_s);
    if (trigger->end_ms == FIELD_UNKNOWN) return;
    words_duration((double)(trigger->end_ms - trigger->start_ms) / 1000, took, sizeof took);
    say(text, " The batch took %" PRId64 " event%s and %s.", trigger->events, trigger->events == 1 ? "" : "s",
        took);
}
