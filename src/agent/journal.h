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
 *     change    what somebody has asked for at run time ("origin": cli, page), and the mode, goal and budget that hold
 *               from here on; no call
 *     continue  at the head of a newer file, of each run that began in an older one: its configuration again, for those
 *               who have the newer files alone; no call
 *
 * Lines of one run, in order, are the calls its governor heard, with all their arguments: replaying them
 * gives the same decisions, bit for bit. Times ending in _ns are of CLOCK_MONOTONIC. The files are kept within a size
 * (agent/journal_file.h); older and newer together are one journal, in which a run can be replayed from its start on.
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

typedef struct {
    const char *origin;
    const char *mode, *goal; /* names that live on */
    double budget;
} journal_change_t;

/* Opens `path`, unless it is "" or the journal is open already. `size_bytes`: of the file and the older ones, 0 without a
 * bound. */
void journal_open(const char *path, int64_t size_bytes);
bool journal_is_open(void);

void journal_start(const journal_subject_t *subject, const governor_config_t *config, const char *mode,
                   int64_t now_ns, int64_t taken, int64_t total);
void journal_change(const journal_subject_t *subject, const journal_change_t *change);
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
