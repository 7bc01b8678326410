#include "advice/replay_rule.h"

#include <math.h>

static const double slot_s = 0.1;
static const int64_t slot_ns = 100000000;
static const double share_of_norm = 0.25;

enum {
    LAZY_RATE = 2,     /* arrivals are assumed to come this much faster than expected while it sleeps, */
    LAZY_FRACTION = 2, /* and it sleeps T0 / 2 at most: as in control/decide.c */
};

/* What is pending, by sums over the arrival times since `origin`. */
typedef struct {
    double events, times, squares;
    int64_t origin; /* slot */
    int64_t seen;   /* slots before this one are in it */
} heap_t;

/* The rule's numbers at one look. */
typedef struct {
    double price;          /* 0: unknown */
    double log_correction; /* of g: that of the price and the weights */
    double least, most;
    double reachable;      /* g */
    double expected_per_s; /* of which no more than LAZY_RATE times comes while it sleeps */
} terms_t;

replay_setting_t replay_setting_of(const governor_config_t *config, int64_t max_wait_ns,
                                   const batch_cost_t *cost)
{
    const grid_t grid = grid_make(config->origin_ns, config->trigger_ns, config->slot_ns);
    const int64_t half_ns = max_wait_ns / 2, lazy_ns = config->trigger_ns / LAZY_FRACTION;
    replay_setting_t setting = {
        .rule = rule_for(config->goal),
        .max_wait_s = (double)max_wait_ns * 1e-9,
        .tail_from_s = rule_tail_from_s((double)config->trigger_ns * 1e-9, config->budget),
        .trigger = config->trigger_ns / slot_ns,
        .origin = config->origin_ns / slot_ns,
        .step = (grid_slot_ns(&grid) + slot_ns / 2) / slot_ns,
        .sleep = (half_ns < lazy_ns ? half_ns : lazy_ns) / slot_ns,
        .cost = cost,
    };
    const double p = setting.rule.p;
    setting.of_sum = 1 / (p + 1) / (pow(1. / 2, 2 - p) * pow(1. / 3, p - 1));
    setting.of_rate = 1 / p / pow(1. / 2, p - 1);
    for (int span = 0; span <= REPLAY_LONGEST_SPAN; span++)
        for (int i = 0; i < RATE_AVERAGES; i++)
            setting.kept[span][i] = exp(-span * slot_s / arrival_rate_times_s[i]);
    if (setting.step < 1) setting.step = 1;
    if (setting.sleep < setting.step) setting.sleep = setting.step;
    setting.idle_sleep =
        config->goal == GOAL_STRICT && setting.sleep >= 2 * setting.step ? setting.sleep / 2 : setting.sleep;
    return setting;
}

static void read_second(terms_t *terms, const rule_t *rule, const snapshot_t *snapshot,
                        const policy_weights_t *weights, int forecaster, double log_dearer)
{
    if (isnan(snapshot->log_price)) return; /* as before */
    const double p = rule->p, belief = weights ? weights->belief : 0;
    const double log_price = snapshot->log_price + log_dearer;
    terms->price = exp(log_price);
    terms->log_correction = p * (log_price + log((p + 1) / p));
    if (belief != 0) terms->log_correction += belief * snapshot_forecast(snapshot, forecaster);
    /* A forecast may start a batch no sooner than its bound allows. */
    const rule_t bounds = rule_trusting(rule, belief != 0);
    terms->least = terms->price / (p * bounds.early);
    terms->most = terms->price * bounds.late / p;
}

/* Without what late events cost more. At p = 1 and 2 the sums are exact. */
static waiting_t early_waiting(const heap_t *heap, const replay_setting_t *setting, int64_t slot)
{
    const double p = setting->rule.p;
    const double now_s = (double)(slot - heap->origin) * slot_s;
    const double ages = fmax(0, heap->events * now_s - heap->times);
    const double squares = fmax(0, heap->events * now_s * now_s - 2 * now_s * heap->times + heap->squares);
    /* power_less_one(x, 3 - p) is x^(2-p) for these p. */
    return (waiting_t){.waiting = setting->of_sum * power_less_one(ages, 3 - p) * power_less_one(squares, p),
                       .growth = p * setting->of_rate * power_less_one(heap->events, 3 - p) *
                                 power_less_one(ages, p)};
}

static waiting_t waiting_of(const memory_t *memory, const heap_t *heap, const replay_setting_t *setting,
                            int64_t slot)
{
    waiting_t waiting = early_waiting(heap, setting, slot);
    if (setting->rule.tail <= 0) return waiting;
    double late = 0, over_s = 0;
    for (int64_t i = heap->origin; i < heap->seen; i++) {
        const double over = ((double)(slot - i) - 0.5) * slot_s - setting->tail_from_s;
        if (over <= 0) break;
        late += (double)memory_events(memory, i);
        over_s += (double)memory_events(memory, i) * over;
    }
    const double slope =
        setting->rule.tail * setting->rule.p * power_less_one(setting->tail_from_s, setting->rule.p);
    waiting.waiting += slope * over_s;
    waiting.growth += slope * late;
    return waiting;
}

static bool fires(const terms_t *terms, waiting_t waiting)
{
    return waiting.waiting >= terms->least &&
           (waiting.waiting >= terms->most || waiting.growth >= terms->reachable);
}

/* Would it fire at `slot` if, since the slot `seen`, events had come at LAZY_RATE times the expected rate? */
static bool could_fire(const memory_t *memory, const heap_t *heap, const terms_t *terms,
                       const replay_setting_t *setting, int64_t seen, int64_t slot)
{
    const double p = setting->rule.p, unseen_s = (double)(slot - seen) * slot_s;
    const double growth = LAZY_RATE * terms->expected_per_s * unseen_s * power_less_one(unseen_s, p);
    waiting_t waiting = heap->events > 0 ? waiting_of(memory, heap, setting, slot) : (waiting_t){0, 0};
    waiting.waiting += growth * unseen_s / (p + 1);
    waiting.growth += growth;
    return fires(terms, waiting);
}

/* When to look next, at `now`, when all before `seen` is known: see could_fire_from_ns() and lazy_wake_ns() of
 * control/decide.c. */
static int64_t next_look(const memory_t *memory, const replay_setting_t *setting, const heap_t *heap,
                         const terms_t *terms, int64_t seen, int64_t now)
{
    const int64_t step = setting->step, sleep = heap->events > 0 ? setting->sleep : setting->idle_sleep;
    int64_t low = 1, high = sleep / step > 0 ? sleep / step : 1; /* steps from now */
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (could_fire(memory, heap, terms, setting, seen, now + middle * step))
            high = middle;
        else
            low = middle + 1;
    }
    int64_t look = now + low * step;
    const int64_t since = (now - setting->origin) % setting->trigger;
    const int64_t point = now - since + setting->trigger;
    if (point <= look + step) look = point;
    if (heap->events > 0) {
        const int64_t deadline = heap->origin + (int64_t)(setting->max_wait_s / slot_s);
        if (deadline < look) look = deadline;
    }
    return look > now ? look : now + 1;
}

static int64_t slots_of_batch(const batch_cost_t *cost, double events)
{
    const double seconds = batch_cost_seconds(cost, (int64_t)events);
    const int64_t slots = (int64_t)ceil(fmin(seconds, 3600) / slot_s);
    return slots > 0 ? slots : 1;
}

/* Returns how many. */
static double arrive(heap_t *heap, const memory_t *memory, int64_t slot)
{
    const double events = (double)memory_events(memory, slot);
    if (events == 0) return 0;
    if (heap->events == 0) heap->origin = slot;
    const double time_s = ((double)(slot - heap->origin) + 0.5) * slot_s;
    heap->events += events;
    heap->times += events * time_s;
    heap->squares += events * time_s * time_s;
    return events;
}

/* What the governor knows of the rate: averages, from look to look. */
typedef struct {
    double averages[RATE_AVERAGES];
    double seen; /* events since the last look */
    int64_t look;
} known_t;

static void begin_averages(known_t *known, const snapshot_t *snapshot, int64_t look)
{
    for (int i = 0; i < RATE_AVERAGES; i++)
        known->averages[i] = snapshot->averages_per_s[i];
    known->look = look;
    known->seen = 0;
}

static void learn_rate(known_t *known, const replay_setting_t *setting, int64_t look)
{
    int64_t span = look - known->look;
    if (span <= 0) return;
    const double rate_per_s = known->seen / ((double)span * slot_s);
    if (span > REPLAY_LONGEST_SPAN) span = REPLAY_LONGEST_SPAN;
    for (int i = 0; i < RATE_AVERAGES; i++) {
        const double kept = setting->kept[span][i];
        known->averages[i] = rate_per_s * (1 - kept) + known->averages[i] * kept;
    }
    known->look = look;
    known->seen = 0;
}

/* The rule at a look, its rate as known then. */
static void look_around(terms_t *terms, const known_t *known, double p, double quick_share,
                        const policy_weights_t *weights)
{
    const double floor_per_s = arrival_rate_floor(known->averages[RATE_AVERAGES - 1]);
    double exponents[RATE_AVERAGES];
    arrival_rate_exponents(quick_share, exponents);
    double log_blend = 0, log_rate = 0;
    for (int i = 0; i < RATE_AVERAGES; i++) {
        const double logarithm = logf((float)(known->averages[i] + floor_per_s)); /* half the time of log() */
        log_blend += exponents[i] * logarithm;
        if (weights) log_rate += weights->changes[i] * logarithm;
    }
    terms->expected_per_s = expf((float)log_blend);
    terms->reachable = expf((float)((terms->log_correction + log_blend + log_rate) / (p + 1)));
}

/* A batch at `look`: takes everything. */
static void take(replayed_t *replayed, const memory_t *memory, heap_t *heap, const terms_t *terms,
                 const replay_setting_t *setting, int64_t look, double dearer)
{
    replayed->waiting += waiting_of(memory, heap, setting, look).waiting / terms->price * dearer;
    replayed->waited_s += heap->events * (double)(look - heap->origin) * slot_s - heap->times;
    replayed->batches++;
    *heap = (heap_t){0};
}

replayed_t replay_rule(const memory_t *memory, const replay_setting_t *setting, int64_t from, int64_t to,
                       const policy_weights_t *weights, int forecaster, double dearer)
{
    const double p = setting->rule.p, log_dearer = log(dearer);
    const int64_t end = to * SLOTS_PER_SECOND;
    replayed_t replayed = {0};
    heap_t heap = {0};
    terms_t terms = {0};
    known_t known;
    int64_t look = from * SLOTS_PER_SECOND, seen = look, second = from - 1;
    begin_averages(&known, memory_snapshot(memory, from), look);
    bool probes = true; /* not as a batch ends */
    while (look < end) {
        for (; probes && seen < look; seen++)
            known.seen += arrive(&heap, memory, seen);
        if (probes) learn_rate(&known, setting, look);
        heap.seen = seen;
        if (look / SLOTS_PER_SECOND != second) {
            second = look / SLOTS_PER_SECOND;
            read_second(&terms, &setting->rule, memory_snapshot(memory, second), weights, forecaster,
                        log_dearer);
        }
        if (terms.price <= 0) {
            heap = (heap_t){0};
            look++;
            continue;
        }
        look_around(&terms, &known, p, memory_snapshot(memory, second)->quick_share, weights);
        probes = true;
        if (heap.events > 0 && (fires(&terms, waiting_of(memory, &heap, setting, look)) ||
                                (double)(look - heap.origin + 1) * slot_s > setting->max_wait_s)) {
            const int64_t slots = slots_of_batch(setting->cost, heap.events);
            take(&replayed, memory, &heap, &terms, setting, look, dearer);
            look += slots;
            probes = false;
            continue;
        }
        look = next_look(memory, setting, &heap, &terms, seen, look);
    }
    return replayed;
}

exchange_t exchange_unknown(double p)
{
    return (exchange_t){.waiting = -p, .waited = -1};
}

exchange_t exchange_between(const replayed_t *cheaper, const replayed_t *dearer, double p)
{
    const double batches = log(cheaper->batches / dearer->batches);
    const double waiting = log(cheaper->waiting / dearer->waiting) / batches;
    const double waited = log(cheaper->waited_s / dearer->waited_s) / batches;
    if (!isfinite(waiting) || !isfinite(waited)) return exchange_unknown(p);
    /* Beyond these there were too few batches to tell. */
    return (exchange_t){.waiting = fmax(-3 * p, fmin(-p / 3, waiting)),
                        .waited = fmax(-3, fmin(-1. / 3, waited))};
}

double exchange_score(const exchange_t *exchange, double p, double waiting, double waited, double batches)
{
    return share_of_norm * (waiting - exchange->waiting * batches) / p +
           (1 - share_of_norm) * (waited - exchange->waited * batches);
}

double replay_score(const replayed_t *replayed, const replayed_t *reference, const exchange_t *exchange,
                    double p)
{
    if (reference->batches <= 0 || reference->waited_s <= 0 || reference->waiting <= 0) return 0;
    return exchange_score(exchange, p, replayed->waiting / reference->waiting - 1,
                          replayed->waited_s / reference->waited_s - 1,
                          replayed->batches / reference->batches - 1);
}
