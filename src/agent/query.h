/*
 * One governed query: its governor, what its probes have been like, its counters, its lines in log and
 * journal. Knows no JVM. All calls but queries_at_exit() come from the query's stream thread.
 *
 * Times are of CLOCK_MONOTONIC, in nanoseconds; totals are those of partitions.h, or rows of batches so far
 * where the source cannot be asked.
 */
#ifndef ADAPTIVESTREAM_AGENT_QUERY_H
#define ADAPTIVESTREAM_AGENT_QUERY_H

#include "agent/partitions.h"
#include "common/options.h"
#include "control/governor.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char name[256]; /* "" when the query has none */
    char id[40];
    char run_id[40];
} query_identity_t;

/* What people know the query by: its name, else its id. */
const char *query_label(const query_identity_t *identity);

typedef struct query query_t;

typedef struct {
    int64_t trigger_ns; /* the job's own trigger interval */
    int64_t now_ns;
    int64_t epoch_ns;  /* clock_epoch_ns(): the grid's origin */
    int64_t available; /* what batches have taken so far */
    int64_t total;     /* what the source holds; at least `available` */
    int64_t limit;     /* most events one trigger takes, 0 = no limit */
    bool rows_only;    /* the sources cannot be asked */
    bool mixed;        /* some of them could: then no event may wait longer than the trigger's interval */
    const char *why;   /* rows_only: the reason, for the log */
    int64_t batch_id;  /* rows_only: of the latest batch so far, -1 for none */
    partitions_t *partitions; /* not rows_only: taken over by the query, or freed where there is none */
} query_beginning_t;

/* Starts governing; says so in the log, and opens the journal when there is to be one. NULL, after a line in
 * the log, when there is no memory or the trigger is out of the governor's range. `options` must outlive the
 * query. */
query_t *query_begin(const query_identity_t *identity, const options_t *options,
                     const query_beginning_t *beginning);

/* The partitions of a query that is not rows_only, else NULL. */
partitions_t *query_partitions(const query_t *query);

/* A progress says that batch `batch_id` read `rows`: the rows of all batches so far, each counted once. */
int64_t query_count_rows(query_t *query, int64_t batch_id, int64_t rows);

/* The stream thread has ended, or the query is run by another executor: summary, and everything is freed. */
void query_end(query_t *query);

/* False while it is only watched (mode=monitoring): decisions are then not to be acted on. */
bool query_acts(const query_t *query);

/* While it is left alone (mode=disabled, which somebody has asked for): no question, no decision. */
bool query_is_disabled(const query_t *query);

/* Whether, by the latest decision, the job's own schedule ends the wait whatever the source would answer: only watched,
 * warm-up, policy=fixed, fallback. */
bool query_keeps_schedule(const query_t *query);

/* As in query_beginning_t. */
int64_t query_trigger_ns(const query_t *query);

/* A wait begins, so a trigger has just ended; its batch took all events up to `available`. Sight is
 * regained. */
void query_trigger(query_t *query, int64_t now_ns, int64_t available);

/* The wait ends: the next trigger starts now. */
void query_fire(query_t *query, int64_t now_ns);

/* Tells the governor when the wall clock has moved against the monotonic one by more than 2 ms. */
void query_align(query_t *query, int64_t epoch_ns);

/* False where the source cannot be asked, while it is not answering, and right after slow answers. */
bool query_may_probe(const query_t *query, int64_t now_ns);

/* Whether an answer of the source may be had now, and could change the decision. */
bool query_wants_answer(const query_t *query, int64_t now_ns);

/* Whether the source's answer may be expected before until_ns. */
bool query_is_answered_by(const query_t *query, int64_t now_ns, int64_t until_ns);

/* The earliest time of the next probe after a slow one. */
int64_t query_next_probe_ns(const query_t *query);

typedef struct {
    int64_t now_ns;
    int64_t own_ns; /* when the job's own schedule ends this wait */
    bool probed;    /* the source was asked, answered at now_ns, and holds `total` */
    int64_t total;
    int64_t elapsed_ns; /* of that probe */
} query_look_t;

decision_t query_decide(query_t *query, const query_look_t *look);

/* Something failed: blind until the next trigger has ended. The third fault in a row releases the query for
 * good. */
void query_fault(query_t *query, int64_t now_ns, const char *what);
bool query_is_released(const query_t *query);

/* Summaries of all queries that still run. For VMDeath: waits 25 ms at most, for all threads together. */
void queries_at_exit(void);

#endif
