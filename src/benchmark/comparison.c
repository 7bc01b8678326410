#include "benchmark/comparison.h"

#include "benchmark/clairvoyant.h"
#include "benchmark/placements.h"
#include "benchmark/schedule.h"

#include <math.h>
#include <stdlib.h>

const char *const contender_names[CONTENDER_COUNT] = {
    [CONTENDER_FIXED] = "fixed",
    [CONTENDER_ADAPTIVE] = "adaptive",
    [CONTENDER_ASAP] = "asap",
    [CONTENDER_MIN_OFFSETS] = "min-offsets",
    [CONTENDER_REACTIVE] = "reactive",
    [CONTENDER_RATE] = "rate",
    [CONTENDER_DELAY_COST] = "delay-cost",
    [CONTENDER_CLAIRVOYANT] = "clairvoyant",
};

/* What a contender is tried on. */
typedef struct {
    const comparison_t *comparison;
    const arrived_t *arrivals; /* the slots that hold events */
    size_t arrival_count;
    contender_t contender;
    int64_t least_offsets; /* of min-offsets */
    advised_result_t *advised;
} trial_t;

double comparison_ratio(double value, double of)
{
    return of > 0 ? value / of : 1;
}

int64_t comparison_slot_ns(int64_t trigger_ns)
{
    const int64_t most_ns = 100000000;
    const int64_t parts = 20 * ((trigger_ns + 20 * most_ns - 1) / (20 * most_ns));
    return trigger_ns / parts > 0 ? trigger_ns / parts : 1;
}

static arrived_t *arrivals_of_slots(const slots_t *slots, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < slots->count; i++)
        *count += slots->counts[i] > 0;
    arrived_t *arrivals = malloc((*count ? *count : 1) * sizeof *arrivals);
    if (!arrivals) return NULL;
    size_t next = 0;
    for (size_t i = 0; i < slots->count; i++)
        if (slots->counts[i] > 0)
            arrivals[next++] = (arrived_t){.time_ns = (int64_t)i * slots->slot_ns + slots->slot_ns / 2,
                                           .events = slots->counts[i]};
    return arrivals;
}

typedef struct {
    schedule_t *schedule;
    int64_t slot_ns;
    bool failed;
} collector_t;

static void collect(void *context, const governor_t *governor, int64_t start_ns, int64_t events)
{
    (void)governor;
    (void)events;
    collector_t *collector = context;
    if (!schedule_append(collector->schedule, (size_t)(start_ns / collector->slot_ns)))
        collector->failed = true;
}

static bool run_governed(const trial_t *trial, policy_t policy, double knob, schedule_t *schedule)
{
    const comparison_t *comparison = trial->comparison;
    governor_config_t config = comparison->config;
    config.policy = policy;
    if (policy == POLICY_ADAPTIVE) config.budget *= knob;
    if (policy == POLICY_RATE) config.rate_window = 1000 / knob;
    if (policy == POLICY_REACTIVE) config.trigger_ns = (int64_t)((double)config.trigger_ns / knob);
    batch_model_t model = comparison->model;
    model.empty_s = 0;
    model.slot_ns = comparison->slots->slot_ns;
    collector_t collector = {.schedule = schedule, .slot_ns = model.slot_ns};
    simulation_t result;
    const bool alone = policy != POLICY_ADAPTIVE || !comparison->advice;
    const bool done =
        alone ? simulate(&config, &model, trial->arrivals, trial->arrival_count, collect, &collector, &result)
              : simulate_beside_advisor(&config, &model, trial->arrivals, trial->arrival_count,
                                        comparison->advice, collect, &collector, &result, trial->advised);
    return done && !collector.failed;
}

/* What the knob of each contender is: larger values make more batches, for all of them. */
static bool run_trial(const trial_t *trial, double knob, schedule_t *schedule)
{
    const slots_t *slots = trial->comparison->slots;
    const batch_model_t *model = &trial->comparison->model;
    *schedule = (schedule_t){0};
    switch (trial->contender) {
    case CONTENDER_FIXED:
        return run_governed(trial, POLICY_FIXED, knob, schedule);
    case CONTENDER_ADAPTIVE:
        return run_governed(trial, POLICY_ADAPTIVE, knob, schedule);
    case CONTENDER_RATE:
        return run_governed(trial, POLICY_RATE, knob, schedule);
    case CONTENDER_REACTIVE:
        return run_governed(trial, POLICY_REACTIVE, knob, schedule);
    case CONTENDER_MIN_OFFSETS:
        return place_min_offsets(slots, model, trial->least_offsets, (size_t)fmax(1, 1 / knob), schedule);
    case CONTENDER_DELAY_COST:
        return place_delay_cost(slots, model, 1 / knob, schedule);
    default:
        return place_asap(slots, model, schedule);
    }
}

slots_t comparison_scored(const comparison_t *comparison)
{
    slots_t slots = *comparison->slots;
    slots.counts += comparison->score_from;
    slots.count -= comparison->score_from;
    for (size_t i = 0; i < comparison->score_from; i++)
        slots.events -= comparison->slots->counts[i];
    return slots;
}

/* Keeps of a schedule what takes events that count, as if time began there. */
static void leave_out_unscored(size_t from, schedule_t *schedule)
{
    size_t before = 0;
    while (before < schedule->batches && schedule->starts[before] <= from)
        before++;
    schedule->batches -= before;
    for (size_t i = 0; i < schedule->batches; i++)
        schedule->starts[i] = schedule->starts[before + i] - from;
}

/* Everything is judged, and tuned, by what counts alone. */
static bool run_scored(const trial_t *trial, double knob, schedule_t *schedule)
{
    const bool done = run_trial(trial, knob, schedule);
    leave_out_unscored(trial->comparison->score_from, schedule);
    return done;
}

typedef struct {
    double low, high;
} range_t;

static const range_t ranges[CONTENDER_COUNT] = {
    [CONTENDER_ADAPTIVE] = {0.1, 10},    [CONTENDER_REACTIVE] = {0.05, 20},
    [CONTENDER_RATE] = {1e-6, 1e6},      [CONTENDER_DELAY_COST] = {1e-12, 1e6},
    [CONTENDER_MIN_OFFSETS] = {1e-6, 1},
};

/* Bisects the logarithm of the knob for the number of batches nearest to `wanted`, or the nearest that is not above it.
 * The schedule is left in *best; it has no batches where none would do. */
static bool tune(const trial_t *trial, int64_t wanted, bool never_above, schedule_t *best, double *knob)
{
    enum { MOST_TRIALS = 40 };
    range_t range = ranges[trial->contender];
    int64_t nearest = INT64_MAX;
    *best = (schedule_t){0};
    for (int i = 0; i < MOST_TRIALS && nearest > 0 && range.high > range.low * (1 + 1e-6); i++) {
        const double middle = sqrt(range.low * range.high);
        schedule_t schedule;
        if (!run_scored(trial, middle, &schedule)) {
            schedule_free(&schedule);
            return false;
        }
        const int64_t excess = (int64_t)schedule.batches - wanted;
        *(excess > 0 ? &range.high : &range.low) = middle;
        if (llabs(excess) < nearest && !(never_above && excess > 0)) {
            nearest = llabs(excess);
            *knob = middle;
            const schedule_t worse = *best;
            *best = schedule;
            schedule = worse;
        }
        schedule_free(&schedule);
    }
    return true;
}

static bool finish(const trial_t *trial, schedule_t *schedule, contender_result_t *result)
{
    schedule_waits_t waits;
    const slots_t slots = comparison_scored(trial->comparison);
    if (!schedule_waits(schedule, &slots, NULL, NULL, &waits)) return false;
    result->batches = (int64_t)schedule->batches;
    result->mean_s = waits.mean_s;
    result->p50_s = waits.p50_s;
    result->p95_s = waits.p95_s;
    result->p99_s = waits.p99_s;
    result->max_s = waits.max_s;
    return true;
}

/* For each of many numbers of offsets the delay that just keeps to the batches allowed; of these pairs the one with the
 * least mean wait. */
static bool tune_min_offsets(trial_t *trial, int64_t wanted, schedule_t *best, contender_result_t *result)
{
    const slots_t slots = comparison_scored(trial->comparison);
    double least_mean_s = INFINITY;
    for (int64_t least = 1; trial->least_offsets < slots.events; least += 1 + least / 6) {
        schedule_t schedule;
        double knob = 1;
        schedule_waits_t waits;
        trial->least_offsets = least < slots.events ? least : slots.events;
        if (!tune(trial, wanted, true, &schedule, &knob)) {
            schedule_free(&schedule);
            return false;
        }
        const bool usable = schedule.batches > 0;
        if (usable && !schedule_waits(&schedule, &slots, NULL, NULL, &waits)) {
            schedule_free(&schedule);
            return false;
        }
        if (usable && waits.mean_s < least_mean_s) {
            least_mean_s = waits.mean_s;
            result->knob_value = (double)trial->least_offsets;
            result->second_value = floor(fmax(1, 1 / knob)) * (double)slots.slot_ns * 1e-9;
            const schedule_t worse = *best;
            *best = schedule;
            schedule = worse;
        }
        schedule_free(&schedule);
        /* Triggers only by number already make fewer batches than are allowed: more offsets make still fewer. */
        if (usable && knob <= 2 * ranges[CONTENDER_MIN_OFFSETS].low) break;
    }
    return true;
}

static const char *const knob_names[CONTENDER_COUNT] = {
    [CONTENDER_ADAPTIVE] = "budget",
    [CONTENDER_REACTIVE] = "trigger_divisor",
    [CONTENDER_RATE] = "window_events",
    [CONTENDER_DELAY_COST] = "price_s",
    [CONTENDER_MIN_OFFSETS] = "minOffsetsPerTrigger",
};

/* In the unit of its name. */
static double knob_in_words(const comparison_t *comparison, contender_t contender, double knob)
{
    switch (contender) {
    case CONTENDER_ADAPTIVE:
        return comparison->config.budget * knob;
    case CONTENDER_RATE:
        return 1000 / knob;
    case CONTENDER_DELAY_COST:
        return 1 / knob;
    default:
        return knob;
    }
}

static bool clairvoyant_run(const comparison_t *comparison, int64_t fixed_batches, schedule_t *schedule)
{
    const clairvoyant_cost_t cost = {comparison->model.fixed_s, comparison->model.per_event_s};
    double bound_s;
    const slots_t slots = comparison_scored(comparison);
    return clairvoyant_within(&slots, &cost, fixed_batches, schedule, &bound_s);
}

static bool place_contender(trial_t *trial, int64_t fixed_batches, schedule_t *schedule,
                            contender_result_t *result)
{
    const contender_t contender = trial->contender;
    const bool hindsight = contender == CONTENDER_DELAY_COST || contender == CONTENDER_MIN_OFFSETS;
    *schedule = (schedule_t){0};
    if (contender == CONTENDER_CLAIRVOYANT)
        return clairvoyant_run(trial->comparison, fixed_batches, schedule);
    if (contender == CONTENDER_FIXED || contender == CONTENDER_ASAP ||
        !(trial->comparison->equal_batches || hindsight))
        return run_scored(trial, 1, schedule);
    result->knob = knob_names[contender];
    if (contender == CONTENDER_MIN_OFFSETS) {
        result->second_knob = "maxTriggerDelay_s";
        return tune_min_offsets(trial, fixed_batches, schedule, result);
    }
    double knob = 1;
    if (!tune(trial, fixed_batches, false, schedule, &knob)) return false;
    result->knob_value = knob_in_words(trial->comparison, contender, knob);
    return true;
}

bool contender_run(const comparison_t *comparison, contender_t contender, int64_t fixed_batches,
                   schedule_t *schedule, contender_result_t *result)
{
    *result = (contender_result_t){0};
    *schedule = (schedule_t){0};
    trial_t trial = {.comparison = comparison, .contender = contender, .advised = &result->advised};
    trial.arrivals = arrivals_of_slots(comparison->slots, &trial.arrival_count);
    const bool done = trial.arrivals && place_contender(&trial, fixed_batches, schedule, result) &&
                      finish(&trial, schedule, result);
    free((void *)trial.arrivals);
    if (!done) schedule_free(schedule);
    return done;
}
