/* One query as src/agent/query.c runs it, in closed loop on arrivals that change, for tests of the journal. */
#ifndef ADAPTIVESTREAM_TESTS_JOURNAL_SESSION_H
#define ADAPTIVESTREAM_TESTS_JOURNAL_SESSION_H

#include "agent/journal.h"
#include "common/random.h"
#include "control/governor.h"

#include <stdint.h>

static const int64_t ms = 1000000;

typedef struct {
    journal_subject_t subject;
    governor_config_t config;
    governor_t *governor;
    random_t random;
    int64_t now_ns, total;
    journal_counts_t counts;
} session_t;

static void arrive(session_t *session, int64_t until_ns)
{
    static const double rates_per_s[] = {30, 2000, 0.3};
    const double per_s = rates_per_s[session->now_ns / (20000 * ms) % 3];
    session->total +=
        (int64_t)(per_s * (double)(until_ns - session->now_ns) * 1e-9 + random_uniform(&session->random));
    session->now_ns = until_ns;
}

static void begin(session_t *session, uint64_t seed)
{
    random_seed(&session->random, seed, 0);
    session->now_ns = 5000 * ms + (int64_t)seed;
    session->total = 1000;
    session->governor = governor_create(&session->config);
    governor_start(session->governor, session->now_ns, 990, session->total);
    journal_start(&session->subject, &session->config, "active", session->now_ns, 990, session->total);
}

static decision_t look(session_t *session, int64_t own_ns, bool blind)
{
    journal_look_t look = {.probed = !blind, .now_ns = session->now_ns, .own_ns = own_ns, .blind = blind};
    governor_stats_t stats;
    if (look.probed) {
        look.total = session->total;
        look.elapsed_us = 700;
        session->counts.probes++;
        governor_probe(session->governor, look.now_ns, look.total);
    }
    decision_t decision = governor_decide(session->governor, look.now_ns, own_ns, blind);
    governor_stats(session->governor, &stats);
    session->counts.decisions++;
    journal_decision(&session->subject, &look, &decision, &stats);
    return decision;
}

/* A wait and the trigger that ends it. */
static void cycle(session_t *session, int number)
{
    const int64_t trigger_ns = session->config.trigger_ns;
    const int64_t own_ns = session->now_ns + trigger_ns - session->now_ns % trigger_ns;
    decision_t decision;
    while (!(decision = look(session, own_ns, number % 50 == 7)).fire)
        arrive(session, decision.wake_ns > session->now_ns ? decision.wake_ns : session->now_ns + ms);
    const int64_t start_ns = session->now_ns, available = session->total;
    arrive(session, start_ns + 40 * ms);
    if (number == 100 && session->config.goal == GOAL_STRICT) { /* the topic was made anew */
        session->total = 10;
        governor_start(session->governor, session->now_ns, session->total, session->total);
        journal_restart(&session->subject, session->now_ns, session->total);
        return;
    }
    governor_trigger(session->governor, start_ns, session->now_ns, available);
    journal_trigger(&session->subject, start_ns, session->now_ns, available);
    if (number == 110) {
        session->config.origin_ns += 3 * ms;
        governor_align(session->governor, session->config.origin_ns);
        journal_align(&session->subject, session->config.origin_ns);
    }
    if (number == 120) {
        governor_set_source_limit(session->governor, 500);
        journal_limit(&session->subject, 500);
    }
}

static void end(session_t *session)
{
    governor_stats_t stats;
    governor_stats(session->governor, &stats);
    journal_summary(&session->subject, &stats, &session->counts);
}

#endif
