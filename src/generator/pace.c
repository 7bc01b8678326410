#include "generator/pace.h"

#include <inttypes.h>
#include <stdlib.h>

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t millisecond_ns = INT64_C(1000000);
static const int64_t second_ms = 1000;

/* Of an event that is late already when it is handed over. Others carry their time in ms plus 1. */
static const uintptr_t late_ticket = 0;

bool pace_begin(pace_t *pace, int64_t end_ns)
{
    pace->count = (size_t)(end_ns / second_ns) + 1;
    /* Memory of seconds that have not come yet is not touched, so a run of a year costs what it uses. */
    pace->seconds = calloc(pace->count, sizeof *pace->seconds);
    return pace->seconds != NULL;
}

void pace_plan(pace_t *pace, int64_t due_ns)
{
    pace->seconds[due_ns / second_ns].planned++;
}

uintptr_t pace_ticket(int64_t due_ns, int64_t now_ns)
{
    if (now_ns - due_ns > PACE_HAND_OVER_LIMIT_MS * millisecond_ns) return late_ticket;
    return (uintptr_t)(due_ns / millisecond_ns) + 1;
}

void pace_send(pace_t *pace, int64_t now_ns)
{
    size_t second = (size_t)(now_ns / second_ns);
    /* Events that were held up until after the end of the plan belong to no second of it. */
    if (second < pace->count) pace->seconds[second].sent++;
}

void pace_acknowledge(pace_t *pace, uintptr_t ticket, int64_t now_ns)
{
    if (ticket == late_ticket) return;
    int64_t due_ms = (int64_t)(ticket - 1);
    if (now_ns / millisecond_ns - due_ms > PACE_ACKNOWLEDGE_LIMIT_MS) return;
    pace->seconds[due_ms / second_ms].in_time++;
}

size_t pace_passed_seconds(const pace_t *pace, int64_t end_ns, int64_t plan_end_ns)
{
    if (end_ns >= plan_end_ns) return (size_t)((plan_end_ns + second_ns - 1) / second_ns);
    size_t passed = (size_t)(end_ns / second_ns);
    return passed < pace->count ? passed : pace->count;
}

static double missing_part(uint32_t planned, uint32_t in_time)
{
    return planned > 0 ? (double)(planned - in_time) / planned : 0;
}

pace_verdict_t pace_judge(const pace_t *pace, size_t seconds)
{
    pace_verdict_t verdict = {.seconds = seconds};
    for (size_t i = 0; i < seconds; i++) {
        const pace_second_t *second = &pace->seconds[i];
        uint64_t in_time = second->in_time, planned = second->planned;
        if (in_time * 100 < planned * PACE_HELD_PERCENT) verdict.missed++;
        double worst_part = missing_part(verdict.worst_planned, verdict.worst_in_time);
        if (i > 0 && missing_part(second->planned, second->in_time) <= worst_part) continue;
        verdict.worst_second = i;
        verdict.worst_planned = second->planned;
        verdict.worst_in_time = second->in_time;
    }
    return verdict;
}

void pace_print(const pace_t *pace, size_t seconds, FILE *out)
{
    fprintf(out, "second,planned,sent,in_time\n");
    for (size_t i = 0; i < seconds; i++) {
        const pace_second_t *second = &pace->seconds[i];
        fprintf(out, "%zu,%" PRIu32 ",%" PRIu32 ",%" PRIu32 "\n", i, second->planned, second->sent,
                second->in_time);
    }
}

void pace_end(pace_t *pace)
{
    free(pace->seconds);
    *pace = (pace_t){0};
}
