/*
 * The journal: one JSON object a line, each with "v":1, "event", "wall_ms", and the query's name, id and run.
 *
 *     start     a governor begins: every value of its configuration, and where batches ("taken") and source
 *               ("total") stand: governor_create, governor_start
 *     limit     governor_set_source_limit
 *     align     governor_align
 *     forecast  governor_set_advice, each time it is told another one; rate 0 with confidence 0: none; "changes", an array,
 *               only where there are any
 *     restart   governor_start again, because totals ran backwards
 *     trigger   governor_trigger
 *     decision  governor_probe, when "total" is there, then governor_decide; what it said; counters so far
 *     summary   governor_stats at the query's end, and the agent's own counters; also where another goal or budget is asked
 *               for, before the start of the governor that has it
 *
 * Lines of one run, in order, are the calls its governor heard, with all their arguments: replaying them
 * gives the same decisions, bit for bit. Times ending in _ns are of CLOCK_MONOTONIC.
 *
 * Each line is one write(2) on an appending, close-on-exec descriptor, so queries and drivers may share a
 * file. After a write that fails or falls short the journal says so once and stays off.
 */
#ifndef ADAPTIVESTREAM_AGENT_JOURNAL_H
#define ADAPTIVESTREAM_AGENT_JOURNAL_H

#include "agent/exchange.h"
#include "control/governor.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *query, *id, *run; /* query: its name, or its id when it has none */
} journal_subject_t;

typedef struct {
    bool probed; /* then total, at now_ns, and elapsed_us are of a probe that was answered */
    int64_t total;
    int64_t elapsed_us;
    int64_t now_ns, own_ns;
    bool blind;
} journal_look_t;

typedef struct {
    int64_t decisions, probes, faults;
} journal_counts_t;

/* Opens `path`, created 0644, unless it is "" or the journal is open already. */
void journal_open(const char *path);
bool journal_is_open(void);

void journal_start(const journal_subject_t *subject, const governor_config_t *config, const char *mode,
                   int64_t now_ns, int64_t taken, int64_t total);
void journal_limit(const journal_subject_t *subject, int64_t events);
void journal_align(const journal_subject_t *subject, int64_t origin_ns);
void journal_forecast(const journal_subject_t *subject, int64_t now_ns, const forecast_t *forecast);
void journal_restart(const journal_subject_t *subject, int64_t now_ns, int64_t total);
void journal_trigger(const journal_subject_t *subject, int64_t start_ns, int64_t end_ns, int64_t available);
void journal_decision(const journal_subject_t *subject, const journal_look_t *look,
                      const decision_t *decision, const governor_stats_t *stats);
void journal_summary(const journal_subject_t *subject, const governor_stats_t *stats,
                     const journal_counts_t *counts);

#endif
