/*
 * Layout, little-endian:
 *
 *     0  8 bytes  "ASTREAMA"
 *     8  u32      version
 *    12  u32      size in bytes, all of it
 *    16  i64      trigger, ns; 24 u32 goal; 28 f64 budget
 *    36  f64 x 4  the scale of blocks; f64 x 2 what batches are worth
 *    84  u32      whose advice is in use
 *    88  f64 x 8  the averages of the arrivals: sums, weights
 *   152  for each candidate, 124 bytes: f64 x 4 faded sums, i64 blocks, f64 x 2 prior, u8 proven, f64 x 4 changes, f64 belief,
 *        f64 x 2 judgement, i64 promotions, 3 bytes 0
 *   end  u32      CRC-32 of all before
 */
#include "advice/advisor.h"
#include "advice/advisor_parts.h"
#include "common/bytes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAGIC_SIZE = 8, VERSION = 1, HEADER_SIZE = 152, CANDIDATE_SIZE = 124, CHECKSUM_SIZE = 4 };
enum { STATE_SIZE = HEADER_SIZE + ADVICE_CANDIDATES * CANDIDATE_SIZE + CHECKSUM_SIZE };

_Static_assert((int)STATE_SIZE <= (int)ADVISOR_STATE_MAXIMUM, "as advisor.h says");

static const char magic[MAGIC_SIZE + 1] = "ASTREAMA";

/* What may be exchanged with the bytes. */
typedef struct {
    scale_of_blocks_t scale;
    exchange_t exchange;
    uint32_t in_use;
    arrival_rate_t arrivals;
    evidence_t evidence[ADVICE_CANDIDATES];
    policy_weights_t weights[ADVICE_CANDIDATES];
    judgement_t judged[ADVICE_CANDIDATES];
    int64_t promotions[ADVICE_CANDIDATES];
} state_t;

static void put_doubles(uint8_t **at, const double *values, int count)
{
    for (int i = 0; i < count; i++)
        bytes_put_double(at, values[i]);
}

static void put_candidate(uint8_t **at, const advisor_t *a, int i)
{
    const evidence_t *evidence = &a->evidence[i];
    put_doubles(
        at, (const double[]){evidence->weight, evidence->weight_squares, evidence->sum, evidence->squares},
        4);
    bytes_put(at, (uint64_t)evidence->blocks, 8);
    put_doubles(at, (const double[]){evidence->prior_gain, evidence->prior_error}, 2);
    bytes_put(at, evidence->proven, 1);
    put_doubles(at, a->learner.weights[i].changes, RATE_AVERAGES);
    bytes_put_double(at, a->learner.weights[i].belief);
    put_doubles(at, (const double[]){a->learner.judged[i].gain, a->learner.judged[i].error}, 2);
    bytes_put(at, (uint64_t)a->learner.promotions[i], 8);
    bytes_put(at, 0, 3);
}

size_t advisor_save(const advisor_t *a, uint8_t *bytes, size_t room)
{
    const governor_config_t *governor = &a->config.governor;
    uint8_t *at = bytes;
    if (room < STATE_SIZE) return STATE_SIZE;
    memcpy(at, magic, MAGIC_SIZE);
    at += MAGIC_SIZE;
    bytes_put(&at, VERSION, 4);
    bytes_put(&at, STATE_SIZE, 4);
    bytes_put(&at, (uint64_t)governor->trigger_ns, 8);
    bytes_put(&at, governor->goal, 4);
    bytes_put_double(&at, governor->budget);
    put_doubles(&at, (const double[]){a->scale.weight, a->scale.waiting, a->scale.waited_s, a->scale.batches},
                4);
    put_doubles(&at, (const double[]){a->learner.exchange.waiting, a->learner.exchange.waited}, 2);
    bytes_put(&at, a->in_use, 4);
    put_doubles(&at, a->arrivals.sums, RATE_AVERAGES);
    put_doubles(&at, a->arrivals.weights, RATE_AVERAGES);
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        put_candidate(&at, a, i);
    bytes_put(&at, bytes_crc32(bytes, STATE_SIZE - CHECKSUM_SIZE), CHECKSUM_SIZE);
    return STATE_SIZE;
}

/* Numbers within bounds; false when one is beyond them or no number. */
static bool take_within(const uint8_t **at, double *values, int count, double least, double most)
{
    bool within = true;
    for (int i = 0; i < count; i++) {
        values[i] = bytes_take_double(at);
        within &= values[i] >= least && values[i] <= most;
    }
    return within;
}

static bool take_candidate(const uint8_t **at, state_t *state, int i)
{
    const double most = 1e15, most_blocks = 1e12;
    evidence_t *evidence = &state->evidence[i];
    policy_weights_t *weights = &state->weights[i];
    double sums[4], prior[2], judged[2], sum = 0;
    bool ok = take_within(at, sums, 2, 0, most) && take_within(at, sums + 2, 2, -most, most);
    if (!ok) return false;
    const uint64_t blocks = bytes_take(at, 8);
    ok = take_within(at, prior, 1, -most, most) && take_within(at, prior + 1, 1, 0, most);
    const uint64_t proven = bytes_take(at, 1);
    ok = ok && take_within(at, weights->changes, RATE_AVERAGES, -2, 2) &&
         take_within(at, &weights->belief, 1, 0, 1) && take_within(at, judged, 1, -most, most) &&
         take_within(at, judged + 1, 1, 0, most);
    if (!ok) return false;
    const uint64_t promotions = bytes_take(at, 8), filling = bytes_take(at, 3);
    for (int k = 0; k < RATE_AVERAGES; k++)
        sum += weights->changes[k];
    *evidence = (evidence_t){.weight = sums[0],
                             .weight_squares = sums[1],
                             .sum = sums[2],
                             .squares = sums[3],
                             .blocks = (int64_t)blocks,
                             .prior_gain = prior[0],
                             .prior_error = prior[1],
                             .proven = proven == 1};
    state->judged[i] = (judgement_t){judged[0], judged[1]};
    state->promotions[i] = (int64_t)promotions;
    /* Sums of squares below 0, or blocks without weight, would make an error of the gain that is none. */
    return blocks <= (uint64_t)most_blocks && promotions <= (uint64_t)most_blocks && proven <= 1 &&
           filling == 0 && fabs(sum) < 1.0001 && evidence->squares >= 0 &&
           (blocks == 0 || evidence->weight > 0) && (blocks == 0 || evidence->weight_squares > 0);
}

static bool take_state(const uint8_t **at, state_t *state)
{
    const double most = 1e15;
    double scale[4], exchange[2];
    if (!take_within(at, scale, 4, 0, most) || !take_within(at, exchange, 2, -10, -0.1)) return false;
    state->scale = (scale_of_blocks_t){scale[0], scale[1], scale[2], scale[3]};
    state->exchange = (exchange_t){exchange[0], exchange[1]};
    state->in_use = (uint32_t)bytes_take(at, 4);
    if (state->in_use != ADVICE_NONE && state->in_use >= ADVICE_CANDIDATES) return false;
    if (!take_within(at, state->arrivals.sums, RATE_AVERAGES, 0, most) ||
        !take_within(at, state->arrivals.weights, RATE_AVERAGES, 0, 1.000001))
        return false;
    for (int i = 0; i < ADVICE_CANDIDATES; i++)
        if (!take_candidate(at, state, i)) return false;
    return true;
}

static const char *refuse(const advisor_t *a, const uint8_t *bytes, size_t size, state_t *state)
{
    const uint8_t *at = bytes + MAGIC_SIZE, *end = bytes + STATE_SIZE - CHECKSUM_SIZE;
    if (size < MAGIC_SIZE + 8 || memcmp(bytes, magic, MAGIC_SIZE) != 0) return "it is no state of an advisor";
    if (bytes_take(&at, 4) != VERSION) return "it is of another version of AdaptiveStream";
    if (bytes_take(&at, 4) != size || size != STATE_SIZE) return "it is not of the size it should have";
    if (bytes_take(&end, CHECKSUM_SIZE) != bytes_crc32(bytes, size - CHECKSUM_SIZE))
        return "its checksum is wrong";
    governor_config_t learnt_under = {.trigger_ns = (int64_t)bytes_take(&at, 8)};
    learnt_under.goal = (goal_t)bytes_take(&at, 4);
    learnt_under.budget = bytes_take_double(&at);
    if (!take_state(&at, state)) return "a number in it is out of range";
    if (!advisor_learns_the_same(&learnt_under, &a->config.governor))
        return "it was learnt with another trigger, goal or budget";
    return NULL;
}

bool advisor_restore(advisor_t *a, const uint8_t *bytes, size_t size, char *error, size_t error_size)
{
    state_t state;
    const char *why = refuse(a, bytes, size, &state);
    if (why) {
        snprintf(error, error_size, "what was learnt of the query cannot be used: %s", why);
        return false;
    }
    a->scale = state.scale;
    a->learner.exchange = state.exchange;
    a->arrivals = state.arrivals;
    for (int i = 0; i < ADVICE_CANDIDATES; i++) {
        /* Who does not take part any more, or is not to be fitted any more, has no use for it. */
        if (!a->candidates[i] || !a->config.learn) continue;
        a->evidence[i] = state.evidence[i];
        a->learner.weights[i] = state.weights[i];
        a->learner.judged[i] = state.judged[i];
        a->learner.promotions[i] = state.promotions[i];
    }
    const bool usable = state.in_use < ADVICE_CANDIDATES && a->candidates[state.in_use] && a->config.learn;
    a->in_use = usable ? (advice_kind_t)state.in_use : ADVICE_NONE;
    return true;
}
