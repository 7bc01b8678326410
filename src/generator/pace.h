/*
 * Was the target held? For each second of the plan: how many events it has, and how many of them were sent in
 * time. Pure: time comes in as an argument, always ns since the start of the run.
 *
 * An event is in time when it was handed to the Kafka client at most PACE_HAND_OVER_LIMIT_MS after its time
 * and Kafka acknowledged it at most PACE_ACKNOWLEDGE_LIMIT_MS after its time. The first limit is what a busy
 * machine may take to let a program run again; the second is a second, because an event that reaches Kafka
 * later has not been sent in its second. An event that was never sent, or that Kafka did not take, is not in
 * time.
 *
 * A second of the plan was held when at least PACE_HELD_PERCENT of its events were in time. As the generator
 * never sends an event early, more than planned cannot be sent but after a second that was not held. There is
 * no further allowance for low rates: of 5 events all 5 must be in time.
 */
#ifndef ADAPTIVESTREAM_GENERATOR_PACE_H
#define ADAPTIVESTREAM_GENERATOR_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PACE_HAND_OVER_LIMIT_MS = 100, PACE_ACKNOWLEDGE_LIMIT_MS = 1000, PACE_HELD_PERCENT = 99 };

typedef struct {
    uint32_t planned; /* events whose time is in this second */
    uint32_t sent;    /* events handed over during this second, whatever their time */
    uint32_t in_time; /* of the planned */
} pace_second_t;

typedef struct {
    pace_second_t *seconds; /* owned: pace_end() */
    size_t count;
} pace_t;

typedef struct {
    size_t seconds; /* judged */
    size_t missed;
    /* The second with the greatest part of its events not in time, the first of equals. */
    size_t worst_second;
    uint32_t worst_planned;
    uint32_t worst_in_time;
} pace_verdict_t;

/* For a plan of end_ns. False when memory is short. */
bool pace_begin(pace_t *pace, int64_t end_ns);

/* The plan has an event at due_ns (0 to end_ns - 1). */
void pace_plan(pace_t *pace, int64_t due_ns);

/* What pace_acknowledge() must know of an event that is being handed over; it fits into a pointer. */
uintptr_t pace_ticket(int64_t due_ns, int64_t now_ns);

/* An event was handed over. */
void pace_send(pace_t *pace, int64_t now_ns);

/* Kafka has the event. */
void pace_acknowledge(pace_t *pace, uintptr_t ticket, int64_t now_ns);

/* The number of whole seconds within the first end_ns of the run; the last second of the plan counts as whole
 * when the plan ends within it. */
size_t pace_passed_seconds(const pace_t *pace, int64_t end_ns, int64_t plan_end_ns);

/* Judges the first `seconds` seconds. */
pace_verdict_t pace_judge(const pace_t *pace, size_t seconds);

/* The header second,planned,sent,in_time and a line for each of the first `seconds` seconds. */
void pace_print(const pace_t *pace, size_t seconds, FILE *out);

void pace_end(pace_t *pace);

#endif
