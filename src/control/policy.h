/*
 * The rule itself and its constants by goal. Pure functions of numbers.
 *
 * With A = sum of age^p and M = its rate of growth over the pending events, a price theta per batch and an
 * effective rate r, the average cost rate reachable from a fresh start is
 *
 *     g = r^(1/(p+1)) * ((p+1)/p * theta)^(p/(p+1))
 *
 * and a batch starts when waiting on would cost no less than starting afresh (M >= g), bounded on both sides
 * by the forecast-free delay-cost rule A >= theta/p of Dooly, Goldman and Scott (JACM 2001), which is
 * (p+1)-competitive; rho bounds what a wrong r can do.
 *
 * An event's waiting costs a^p up to the age h = 0.85 T0/beta; beyond it every second costs tail * p h^(p-1) more.
 * That is still convex, so the bounds hold, and takes little from the mean: only late events feel it. g leaves it
 * out.
 */
#ifndef ADAPTIVESTREAM_CONTROL_POLICY_H
#define ADAPTIVESTREAM_CONTROL_POLICY_H

#include "common/options.h"
#include "control/pending.h"

typedef struct {
    double p;        /* exponent of the waiting cost: 1, 1.25, 1.5, 1.75 or 2 */
    double discount; /* kappa */
    double debt_s;   /* tau: debts are paid back within about this time... */
    double credit_s; /* ...and credits are spent */
    double early;    /* rho >= 1: how much dearer than the pure delay-cost rule's a batch may be... */
    double late;     /* ...and how much cheaper; 1 and 1 is the pure rule */
    double tail;     /* by how much more an event that is late costs; see rule_tail_from_s() */
} rule_t;

typedef enum { VERDICT_CHEAP, VERDICT_PRICE, VERDICT_BOUND } verdict_t;

rule_t rule_for(goal_t goal);

/* The same as far as a forecast of this confidence is used: it may be wrong in any way, so it may start no batch
 * sooner than rho = 1.5 allows. */
rule_t rule_trusting(const rule_t *rule, double confidence);

/* The age h from which on an event is late, s. */
double rule_tail_from_s(double trigger_s, double budget);

/* The same where only the steady interval is used, for sources that cannot be asked: nothing is pending to be
 * waited for, so at low rates planned triggers make more batches than the price foresees, and the debt has to
 * act faster. */
rule_t rule_for_planning(goal_t goal);

/* Longest wait of a pending event, ns, where the user has set none. */
int64_t rule_max_wait_ns(goal_t goal, int64_t trigger_ns, double budget, int64_t max_interval_ns);

verdict_t rule_verdict(const rule_t *rule, waiting_t waiting, double theta, double rate_per_s);

/* T*: the steady interval in seconds. */
double rule_interval_s(const rule_t *rule, double theta, double rate_per_s);

#endif
