/*
 * The governor of one query: hears what arrives and what the batches do, and says at every look whether the
 * next trigger should fire now or when to look again. Everything the agent, the simulator and the tests
 * decide goes through it.
 *
 * Pure: time is an argument, in nanoseconds on any steady axis (the agent passes CLOCK_MONOTONIC). Nothing is
 * allocated after governor_create(). Calls of one governor must not overlap; times must not run backwards (an
 * earlier time is taken as the latest one seen). The same calls with the same arguments give the same
 * decisions, bit for bit.
 *
 * Events are counted by cumulative totals, e.g. the sum of a topic's end offsets, so that a lost call loses
 * no event.
 *
 * A cycle, as the agent runs it:
 *
 *     governor_start(g, now, taken, total)             once: where batches and source stand
 *     loop:
 *         governor_trigger(g, start, end, available)   a trigger ran (batch or empty), up to `available` was taken
 *         loop:
 *             d = governor_decide(g, now, own_ns)      own_ns: when the job's own schedule would end this wait
 *             if d.fire break
 *             sleep until d.wake_ns
 *             if not governor_is_certain(g, now)
 *                 governor_probe(g, now, end_total)    what the source holds now
 *
 * Probing is lazy: wake_ns is the first slot at which the rule could fire if events came at twice the
 * expected rate, at most half the trigger away, because a probe costs the driver about 2 ms of CPU. The
 * trigger's own points are not slept over, so that the shadow counts right.
 *
 * A source that cannot be asked (rows_only) is never probed: governor_trigger() tells what each batch took,
 * pending events stay unknown, and the wait ends T* after the last trigger's start, never later than max_wait
 * after it. After a trigger without events the job's own schedule is kept, whatever max_wait is.
 *
 * Source of the rule: Dooly, Goldman, Scott, "On-line analysis of the TCP acknowledgment delay problem", JACM
 * 48(2), 2001; see docs/decisions/ for the constants.
 */
#ifndef ADAPTIVESTREAM_CONTROL_GOVERNOR_H
#define ADAPTIVESTREAM_CONTROL_GOVERNOR_H

#include "common/options.h"
#include "control/arrival_rate.h"
#include "control/shadow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct governor governor_t;

typedef struct {
    int64_t trigger_ns; /* T0, the job's own trigger interval; 1 ms to 24 h */
    int64_t origin_ns;  /* any point of the job's trigger grid (Spark: multiples of T0 since the epoch) on our
                           axis */
    goal_t goal;
    policy_t policy;
    double budget;   /* beta; 0.001 to 1000 */
    int64_t slot_ns; /* 0: by trigger */
    int64_t min_interval_ns;
    int64_t max_interval_ns;
    int64_t max_wait_ns; /* 0: by goal */
    int64_t warmup_ns;
    bool rows_only;           /* the source cannot be asked: arrivals are known from batches alone */
    int64_t update_period_ns; /* policy `rate`; 0: 1 s */
    int64_t fallback_ns;      /* policy `rate`: interval without a usable rate; 0: T0 */
    double rate_window;       /* policy `rate`: events an interval should hold; 0: 1000 */
} governor_config_t;

/* What the options of the agent ask for, for a job with this trigger whose grid begins at 0 and whose source can be
 * asked. */
governor_config_t governor_config_of(const options_t *options, int64_t trigger_ns);

typedef enum {
    REASON_IDLE,     /* nothing pending: the job's own schedule */
    REASON_WARMUP,   /* too little seen yet: the job's own schedule */
    REASON_FIXED,    /* policy=fixed: the job's own schedule */
    REASON_GUARD,    /* the budget's hard guard: the job's own schedule, stretched by 1/beta */
    REASON_BLIND,    /* the source does not answer: the job's own schedule */
    REASON_BACKLOG,  /* the source's per-trigger limit is pending already */
    REASON_MAX_WAIT, /* the oldest pending event may not wait longer */
    REASON_FLOOR,    /* the rule would fire, but batches could not keep up, or min_interval holds it back */
    REASON_PRICE,    /* waiting has cost as much as a batch, and goes on at no less than the reachable rate */
    REASON_BOUND,    /* waiting has cost rho times a batch, whatever the forecast says */
    REASON_CHEAP,    /* waiting is still cheaper than a batch */
    REASON_PLAN,     /* what is pending is not looked at: the planned interval */
    REASON_COUNT
} reason_t;

extern const char *const reason_names[REASON_COUNT]; /* "idle", "warmup", ... for journal and messages */

typedef struct {
    bool fire;
    reason_t reason;
    int64_t wake_ns;   /* when not firing: when to probe and ask again; now itself asks for a probe at once */
    int64_t pending;   /* events */
    double oldest_s;   /* upper bound of the oldest pending event's wait */
    double waiting;    /* A: sum of age^p over the pending events, s^p */
    double growth;     /* M: its rate of growth, s^(p-1) */
    double price;      /* theta, s^p */
    double rate_per_s; /* r, the effective rate used */
    double interval_s; /* T*: the steady interval at that price and rate, within min and max interval */
} decision_t;

typedef struct {
    int64_t events;  /* events whose wait has ended */
    int64_t batches; /* triggers that took at least one event */
    double waited_s; /* sum of the waits, event-seconds */
    double mean_s, p50_s, p95_s, p99_s, max_s;
} wait_summary_t;

typedef struct {
    wait_summary_t own;    /* what this query did, arrivals known to the probing resolution */
    wait_summary_t shadow; /* what the job's own fixed trigger would have done with the same arrivals */
    double debt_batches;   /* own - budget * shadow batches, for every goal */
    int64_t seen;          /* events seen so far */
} governor_stats_t;

/* NULL when out of memory or a value of *config is out of range (the agent's options are checked before). */
governor_t *governor_create(const governor_config_t *config);
void governor_destroy(governor_t *governor);

/* Batches so far have taken all events up to `taken`, and the source holds `total` (>= taken) at time
 * `now_ns`. What lies between is pending as if it had come just now, for us and for the shadow alike, but
 * tells nothing of the rate. Calling it again forgets pending events, not what was learned: for a source
 * whose totals ran backwards (a recreated topic). */
void governor_start(governor_t *governor, int64_t now_ns, int64_t taken, int64_t total);

/* A trigger started at start_ns and was over at end_ns; batches so far have taken all events up to
 * `available`. A trigger that took none (available as before) is an empty one. */
void governor_trigger(governor_t *governor, int64_t start_ns, int64_t end_ns, int64_t available);

/* The source holds `total` events now. False, and nothing learned, when `total` ran backwards. */
bool governor_probe(governor_t *governor, int64_t now_ns, int64_t total);

/* own_ns: when the job's own schedule ends this wait (may lie in the past). Without a fresh probe what is
 * known to be pending decides; where that is nothing, a probe is asked for before an empty trigger. blind:
 * the source does not answer, so the job's own schedule is kept. */
decision_t governor_decide(governor_t *governor, int64_t now_ns, int64_t own_ns, bool blind);

/* True when the rule fires at now_ns whatever the source would answer: what is known to be pending is enough, and
 * more could only fire sooner. Then a probe is spared. Changes nothing. */
bool governor_is_certain(const governor_t *governor, int64_t now_ns);

/* Moves the grid after a step of the wall clock; the same meaning as config.origin_ns. */
void governor_align(governor_t *governor, int64_t origin_ns);

/* Most events one trigger takes (Kafka's maxOffsetsPerTrigger); 0 = no limit. */
void governor_set_source_limit(governor_t *governor, int64_t events);

/* Rate in events/s with confidence 0..1; confidence 0 is the forecast-free rule. Values that are not finite
 * or out of range are taken as confidence 0. What the governor sees after a forecast was given counts on: the
 * forecast is taken against the blend of that moment, so that with the blend of now
 *
 *     r = blend * (rate_per_s / blend then)^confidence */
void governor_set_forecast(governor_t *governor, double rate_per_s, double confidence);

/* The same from the factor, for whoever knows what the forecast was made from. */
void governor_set_correction(governor_t *governor, double factor, double confidence);

/* What is added, times the confidence 0..1, to the exponents of the blend (control/arrival_rate.h). NULL, confidence 0
 * and changes that are not finite or beyond +-2: nothing. */
void governor_set_changes(governor_t *governor, const double changes[RATE_AVERAGES], double confidence);

/* Advice as a predictor gives it: with changes these count, else (NULL) the forecast, and in each case the other is over. */
void governor_set_advice(governor_t *governor, double rate_per_s, double confidence,
                         const double changes[RATE_AVERAGES]);

/* The share of the quick average in the blend, 0..1. */
double governor_quick_share(const governor_t *governor);

void governor_stats(const governor_t *governor, governor_stats_t *stats);

/* What batches are learned to take: of `room` sizes at most, ascending, the seconds for so many events. The number of
 * sizes. */
size_t governor_costs(const governor_t *governor, int64_t *events, double *seconds, size_t room);

/* Up to where a listener has heard of the shadow's triggers; all 0 at first. */
typedef struct {
    int64_t batches, events;
} shadow_heard_t;

/* The shadow's triggers that found events and are not heard of so far, oldest first; how many. Of more than SHADOW_RECENT
 * the oldest that is left bears the events of those before it, so that none is lost. */
size_t governor_shadow_news(const governor_t *governor, shadow_heard_t *heard,
                            shadow_trigger_t news[SHADOW_RECENT]);

/* The slot and the longest wait in use, ns. */
int64_t governor_slot_ns(const governor_t *governor);
int64_t governor_max_wait_ns(const governor_t *governor);

#endif
