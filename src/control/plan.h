/*
 * The two policies that plan an interval instead of watching what is pending. They are there to compare with:
 *
 *   rate      The law of the system whose function this project took over: a window of 1000 events, so
 *             1000 / rate seconds, blended with the fallback by the confidence of the rate,
 *
 *                 raw = c * 1000/max(rate, 1) + (1 - c) * fallback      (the fallback alone where c < 0.1
 *                                                                        or rate <= 0)
 *
 *             clamped to the shortest and longest interval, smoothed (0.3 of the new value) and changed by at
 *             most a factor of two an update. Updated every `update_period`.
 *   reactive  Detect after a batch, change from the next: a batch that came at more than 1.5 times the mean
 *             rate makes the interval a quarter of T0, any other makes it T0 (the original's baseline: 2 s
 *             and 500 ms).
 *
 * Both act as a changed trigger interval acts in Spark: the next trigger is the next multiple of the interval
 * since the epoch, computed as a trigger starts (ProcessingTimeExecutor.nextBatchTime), so that a change
 * takes effect one trigger late. Neither knows a budget or a longest wait.
 */
#ifndef ADAPTIVESTREAM_CONTROL_PLAN_H
#define ADAPTIVESTREAM_CONTROL_PLAN_H

#include <stdint.h>

typedef struct {
    double fallback_s, shortest_s, longest_s; /* all > 0 */
    double window_events;                     /* that an interval should hold; the law's own: 1000 */
} plan_limits_t;

typedef struct {
    double interval_s;  /* planned for the trigger after the next one; 0 = none yet */
    double in_force_s;  /* that due_ns was computed with */
    int64_t updated_ns; /* of `rate`: the last update */
    int64_t due_ns;     /* when the next trigger fires */
} plan_t;

/* One update of the law of `rate`: the new interval in seconds. Rates that are not finite count as unknown.
 */
double plan_rate_step(double interval_s, double rate_per_s, double confidence, const plan_limits_t *limits);

/* The interval of `reactive` after a batch that came at `batch_per_s` where `mean_per_s` is usual. */
double plan_reactive_step(double trigger_s, double batch_per_s, double mean_per_s);

/* The first multiple of the interval, counted from origin_ns, after a trigger that starts at start_ns. */
int64_t plan_due_ns(double interval_s, int64_t origin_ns, int64_t start_ns);

#endif
