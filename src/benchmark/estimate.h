/*
 * What an adaptive trigger would bring a job: the waits and batches of every goal beside the job's own trigger, on the
 * job's own arrivals, and what that means in one sentence.
 *
 * Pure.
 */
#ifndef ADAPTIVESTREAM_BENCHMARK_ESTIMATE_H
#define ADAPTIVESTREAM_BENCHMARK_ESTIMATE_H

#include "benchmark/comparison.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ESTIMATE_CURVE = 5 };

typedef struct {
    const slots_t *slots; /* must hold events */
    int64_t trigger_ns;   /* the slots divide it */
    batch_model_t model;
    goal_t goal; /* of the curve and the verdict */
} estimate_request_t;

/* One point of the curve: batches and waits at a share of the batches of the job's own trigger. */
typedef struct {
    double budget;
    contender_result_t adaptive;
    int64_t fixed_trigger_ns; /* the fixed trigger that makes about as many, in whole slots */
    contender_result_t fixed;
} estimate_point_t;

typedef struct {
    goal_t goal;
    int64_t trigger_ns, events;
    double seconds; /* that were looked at */

    contender_result_t now; /* the job's own trigger */
    contender_result_t goals[GOAL_COUNT];
    bool best_known;
    contender_result_t best; /* with the batches of `now`, by one who knows the future */
    estimate_point_t curve[ESTIMATE_CURVE];

    double busy;    /* share of the time in which `now` runs a batch */
    double overrun; /* share of the events whose batch takes longer than the trigger, now */

    /* The share of a fixed trigger's mean wait that the square-root law T = sqrt(2c / rate) allows at equal numbers of
     * batches, for a rate that changes slowly: (E sqrt(rate))^2 / E rate, over windows of one trigger interval, or of as
     * many as hold 20 events on the average: in fewer, chance would count as change. Where the rate changes within
     * a trigger interval, as on traffic that goes on and off, it promises more than there is to gain: then it is below
     * best_factor, which is what `best` reaches. */
    double factor;
    double best_factor; /* 0 while best is not known */
    double window_s;
} estimate_t;

/* Called before each run with its number and how many there are; may be NULL. */
typedef void estimate_progress_t(void *context, int run, int runs);

/* False when out of memory or a value is out of range. */
bool estimate(const estimate_request_t *request, estimate_progress_t *progress, void *context,
              estimate_t *result);

typedef enum {
    VERDICT_WORTH_IT,
    VERDICT_NOT_WORTH_IT,
    VERDICT_TOO_SHORT,  /* too little traffic to tell */
    VERDICT_OVERLOADED, /* batches take longer than the trigger most of the time: there is nothing to place */
    VERDICT_COUNT
} verdict_t;

extern const char *const verdict_names[VERDICT_COUNT]; /* "worth_it", ... */

verdict_t estimate_verdict(const estimate_t *estimate);

/* What a goal gains: 1 - wait * batches, each as a ratio to now. A fixed trigger's wait goes down as its batches go up,
 * so that this is the wait it saves at equal batches, or the batches at equal wait. */
double estimate_gain(const estimate_t *estimate, goal_t goal);

/* The verdict in a few plain sentences, the first one with the figures. Returns `text`. */
const char *estimate_sentence(const estimate_t *estimate, char *text, size_t size);

#endif
