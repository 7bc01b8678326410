#include "benchmark/estimate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

const char *const verdict_names[VERDICT_COUNT] = {
    [VERDICT_WORTH_IT] = "worth_it",
    [VERDICT_NOT_WORTH_IT] = "not_worth_it",
    [VERDICT_TOO_SHORT] = "too_short",
    [VERDICT_OVERLOADED] = "overloaded",
};

/* A gain below a twentieth drowns in the changes from one day to the next. */
static const double worth_gain = 0.05;
/* The agent warms up for half a minute and paces its batches over minutes. */
static const double least_s = 600;
/* Shares of the events whose batch outlasts the trigger. */
static const double mostly_overrun = 0.5, often_overrun = 0.1;
/* Of p99: so much more is worth a word. */
static const double higher_tail = 1.1;
/* Of the number of batches: less is the same. */
static const double same_batches = 0.015;

typedef struct {
    char *text;
    size_t size, length;
} sentence_t;

__attribute__((format(printf, 2, 3))) static void say(sentence_t *sentence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(sentence->text + sentence->length, sentence->size - sentence->length, format, arguments);
    va_end(arguments);
    if (length > 0) sentence->length += (size_t)length;
    if (sentence->length >= sentence->size) sentence->length = sentence->size - 1;
}

double estimate_gain(const estimate_t *estimate, goal_t goal)
{
    const contender_result_t *result = &estimate->goals[goal], *now = &estimate->now;
    return 1 - comparison_ratio(result->mean_s, now->mean_s) *
                   comparison_ratio((double)result->batches, (double)now->batches);
}

verdict_t estimate_verdict(const estimate_t *estimate)
{
    if (estimate->seconds < least_s) return VERDICT_TOO_SHORT;
    if (estimate->overrun > mostly_overrun) return VERDICT_OVERLOADED;
    return estimate_gain(estimate, estimate->goal) >= worth_gain ? VERDICT_WORTH_IT : VERDICT_NOT_WORTH_IT;
}

/* "38 % less"; `less` and `more` are the words for it. */
static void say_change(sentence_t *sentence, double value, double of, const char *less, const char *more)
{
    const double percent = 100 * (comparison_ratio(value, of) - 1);
    if (fabs(percent) < 0.5)
        say(sentence, "the same");
    else
        say(sentence, "%.0f %% %s", fabs(percent), percent < 0 ? less : more);
}

static void say_wait(sentence_t *sentence, const estimate_t *estimate, const contender_result_t *result)
{
    say(sentence, "events would wait %.2f s instead of %.2f s (", result->mean_s, estimate->now.mean_s);
    say_change(sentence, result->mean_s, estimate->now.mean_s, "less", "more");
    say(sentence, ")");
}

static void say_batches(sentence_t *sentence, const estimate_t *estimate, const contender_result_t *result)
{
    const double batches = (double)result->batches, now = (double)estimate->now.batches;
    if (fabs(comparison_ratio(batches, now) - 1) < same_batches) {
        say(sentence, "at the same number of batches");
        return;
    }
    say(sentence, "with ");
    say_change(sentence, batches, now, "fewer", "more");
    say(sentence, " batches");
}

static void say_goal(sentence_t *sentence, const estimate_t *estimate, goal_t goal)
{
    const contender_result_t *result = &estimate->goals[goal];
    say_wait(sentence, estimate, result);
    say(sentence, " ");
    say_batches(sentence, estimate, result);
}

/* Where the goal asked for is not worth it, another one may be. */
static void say_not_worth_it(sentence_t *sentence, const estimate_t *estimate)
{
    goal_t best = estimate->goal;
    for (int goal = 0; goal < GOAL_COUNT; goal++)
        if (estimate_gain(estimate, (goal_t)goal) > estimate_gain(estimate, best)) best = (goal_t)goal;
    if (estimate_gain(estimate, best) < worth_gain) {
        say(sentence, "Not worth it: ");
        say_goal(sentence, estimate, estimate->goal);
        say(sentence, "; your trigger is already about as good as any that cannot know the future.");
    } else {
        say(sentence, "Not worth it with goal %s: ", goal_names[estimate->goal]);
        say_goal(sentence, estimate, estimate->goal);
        say(sentence, ". Worth it with goal %s: ", goal_names[best]);
        say_goal(sentence, estimate, best);
        say(sentence, ".");
    }
}

static void say_saving(sentence_t *sentence, const estimate_t *estimate)
{
    const contender_result_t *cost = &estimate->goals[GOAL_COST];
    const double saved = 1 - comparison_ratio((double)cost->batches, (double)estimate->now.batches);
    if (estimate->goal == GOAL_COST || saved < worth_gain || cost->mean_s > 1.02 * estimate->now.mean_s)
        return;
    say(sentence, " Or goal cost: %.0f %% fewer batches, and events wait %.2f s.", 100 * saved, cost->mean_s);
}

static void say_tail(sentence_t *sentence, const estimate_t *estimate)
{
    const contender_result_t *result = &estimate->goals[estimate->goal];
    if (result->p99_s <= higher_tail * estimate->now.p99_s) return;
    say(sentence, " One event in a hundred would wait %.2f s or longer instead of %.2f s", result->p99_s,
        estimate->now.p99_s);
    if (estimate->goal != GOAL_STRICT)
        say(sentence, " (goal strict: %.2f s)", estimate->goals[GOAL_STRICT].p99_s);
    say(sentence, ".");
}

static void say_overrun(sentence_t *sentence, const estimate_t *estimate)
{
    if (estimate->overrun <= often_overrun || estimate->overrun > mostly_overrun) return;
    say(sentence,
        " %.0f %% of the events are in batches that take longer than the trigger: there batches run back to "
        "back, whatever the trigger.",
        100 * estimate->overrun);
}

const char *estimate_sentence(const estimate_t *estimate, char *text, size_t size)
{
    sentence_t sentence = {.text = text, .size = size};
    text[0] = '\0';
    switch (estimate_verdict(estimate)) {
    case VERDICT_TOO_SHORT:
        say(&sentence,
            "Too short to tell: %.1f minutes of traffic. Take 10 at least, better a whole day: the gain "
            "comes "
            "from the change between busy and quiet times.",
            estimate->seconds / 60);
        break;
    case VERDICT_OVERLOADED:
        say(&sentence,
            "Not worth it: %.0f %% of the events are in batches that take longer than your trigger. The job "
            "runs "
            "batch after batch, so there is nothing to place; it needs faster batches or a longer trigger.",
            100 * estimate->overrun);
        break;
    case VERDICT_WORTH_IT:
        say(&sentence, "Worth it: ");
        say_goal(&sentence, estimate, estimate->goal);
        say(&sentence, ".");
        say_tail(&sentence, estimate);
        say_saving(&sentence, estimate);
        say_overrun(&sentence, estimate);
        break;
    default:
        say_not_worth_it(&sentence, estimate);
        say_overrun(&sentence, estimate);
        break;
    }
    return text;
}
