/*
 * What the governor of one query is told of the future: an effective rate, and a confidence that is the evidence that
 * deciding by it has paid on this very stream.
 *
 * Arrivals do not depend on when batches run. So beside every candidate a paper governor (the agent's own code) decides
 * over the arrivals that really came, told what the candidate said at the time, and beside them one that is told
 * nothing. What the candidate's waits and batches cost less is its evidence; without clear evidence the confidence is 0,
 * and the governor decides as if there were no forecast (docs/decisions/0013-evidence-and-learning.md).
 *
 * Pure: time is an argument, in nanoseconds on the axis of config.governor.origin_ns (the predictor passes the time since
 * the epoch). About 1 MB a query. Calls of one advisor must not overlap. The same calls give the same advice on one machine.
 *
 *     advisor_t *advisor = advisor_create(&config);
 *     advisor_restore(advisor, bytes, size, error, sizeof error)      if something was saved
 *     when the agent has sent them:
 *         advisor_slots(advisor, start_ns, counts, count)             what arrived, in slots of 100 ms, in order
 *         advisor_batch(advisor, events, seconds)                     what batches cost
 *     once a second (when the agent asks):
 *         advice_t advice = advisor_advise(advisor, now_ns)
 *         advice_apply(&advice, governor)                         in the agent, or what that does by itself
 *     when there is time:
 *         while (advisor_work(advisor, 1) > 0 && time is left) {}     up to 8 ms of a processor a call
 *     now and then, and at the end:
 *         size = advisor_save(advisor, bytes, room)
 *
 * Slots between two looks at the source must be dealt at random, as control/scatter.h does, not evenly: events that come
 * alone would else seem as regular as the looks, and what is learnt from them would not hold.
 *
 * Advice counts as evidence from the second on that it was given for, so advisor_advise() should be called in every
 * second, before the slots of that second are known.
 */
#ifndef ADAPTIVESTREAM_ADVICE_ADVISOR_H
#define ADAPTIVESTREAM_ADVICE_ADVISOR_H

#include "advice/kinds.h"
#include "control/governor.h"
#include "forecast/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADVISOR_SLOT_NS INT64_C(100000000)

typedef struct {
    /* Of the query; advice needs policy `adaptive`, a source that can be asked and a trigger of 400 ms or more: else its
     * confidence is 0. */
    governor_config_t governor;
    advice_kind_t kind;
    const model_t *model; /* for lstm, not copied, must outlive the advisor; NULL: there is no lstm */
    bool learn;           /* false: candidates are judged, but nothing is fitted to the stream */
} advisor_config_t;

typedef struct {
    advice_kind_t kind; /* whose advice this is; ADVICE_NONE with confidence 0 */
    double rate_per_s;  /* effective rate, > 0 */
    double confidence;  /* 0 to 1 */
    /* The advice is changes of the exponents of the governor's blend, which count at every look; the rate is what they come
     * to now. */
    bool has_changes;
    double changes[RATE_AVERAGES];
    bool has_next; /* whether there is a forecast of the next second; with it also: */
    advice_kind_t next_kind;
    forecast_t next; /* rate and quantiles, events/s */
} advice_t;

/* Gives a governor the advice. */
void advice_apply(const advice_t *advice, governor_t *governor);

/* What there is to say of a candidate. */
typedef struct {
    bool judged; /* it has a paper governor, and enough was seen to judge by */
    double gain; /* its saving, as a share of what the rule without forecast costs; negative: it costs more */
    double error;       /* standard error of the gain */
    double trust;       /* what its confidence would be, 0 to 1 */
    int64_t blocks;     /* stretches of time judged, at least a minute each */
    int64_t promotions; /* how often what was learnt was replaced by something better */
} advisor_evidence_t;

typedef struct advisor advisor_t;

/* NULL when out of memory or *config is out of range. */
advisor_t *advisor_create(const advisor_config_t *config);
void advisor_destroy(advisor_t *advisor);

/* Another configuration; the same again changes nothing. Where trigger, goal or budget differ the evidence begins
 * anew, and in any case the arrivals to learn from do. False, and everything as before, when out of memory or *config is out
 * of range. */
bool advisor_configure(advisor_t *advisor, const advisor_config_t *config);

/* `count` slots from start_ns on, a multiple of ADVISOR_SLOT_NS. Slots that are known already are passed over; a gap to
 * the slots before means that nothing is known of it. Counts below 0 are taken as 0. */
void advisor_slots(advisor_t *advisor, int64_t start_ns, const int64_t *counts, size_t count);

/* A batch of `events` (> 0) took `seconds`. */
void advisor_batch(advisor_t *advisor, int64_t events, double seconds);

advice_t advisor_advise(advisor_t *advisor, int64_t now_ns);

/* Learns on for about `operations` slots of arrivals replayed, some 25 ns each; not less than one replay of all that is
 * remembered (72,000). Returns how many were; 0: there is nothing to do until more was seen. */
int64_t advisor_work(advisor_t *advisor, int64_t operations);

void advisor_evidence(const advisor_t *advisor, advice_kind_t candidate, advisor_evidence_t *evidence);

/* Why the advice is what it is: one sentence, always terminated. */
void advisor_explain(const advisor_t *advisor, char *text, size_t size);

/* Room for what was learnt, as bytes. */
enum { ADVISOR_STATE_MAXIMUM = 2048 };

/* Evidence and what was learnt, as bytes with a magic number, a version and a checksum. Returns their number; nothing is
 * written when it is above `room`. */
size_t advisor_save(const advisor_t *advisor, uint8_t *bytes, size_t room);

/* False, with one sentence in `error` and everything as before, when the bytes are not of advisor_save() or belong to
 * another trigger or goal. */
bool advisor_restore(advisor_t *advisor, const uint8_t *bytes, size_t size, char *error, size_t error_size);

#endif
