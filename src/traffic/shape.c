#include "traffic/shape.h"

#include "common/parse.h"
#include "common/power.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    RAMP_S = 10,
    BURST_S = 3 * RAMP_S,
    PHASE_TEXT_SIZE = 64,
    QUIET_LEAST_S = 5, /* before each episode of a shape of one kind */
    QUIET_MOST_S = 20,
};

static const int64_t second_ns = INT64_C(1000000000);
static const double phase_maximum_s = 1e7;
static const char phases_prefix[] = "phases=";

/* Keep the choice of bursts and episodes, their noise, the baseline and the spacing of events (arrivals.c)
 * apart: see random_seed(). */
static const uint64_t shape_stream = 1, noise_stream = 4, baseline_stream = 5;

static const char *const names[SHAPE_KINDS] = {
    [SHAPE_BURST] = "burst",       [SHAPE_STEADY] = "steady", [SHAPE_PHASES] = "phases",
    [SHAPE_NOISE] = "noise",       [SHAPE_RAMP] = "ramp",     [SHAPE_WALL] = "wall",
    [SHAPE_PLATEAU] = "plateau",   [SHAPE_CLIFF] = "cliff",   [SHAPE_DOUBLE_PEAK] = "double-peak",
    [SHAPE_SAWTOOTH] = "sawtooth", [SHAPE_MIXED] = "mixed",
};

static bool parse_phase(const char *text, phase_t *phase)
{
    char rate[PHASE_TEXT_SIZE];
    const char *x = strchr(text, 'x');
    if (x == NULL || (size_t)(x - text) >= sizeof rate) return false;
    memcpy(rate, text, (size_t)(x - text));
    rate[x - text] = '\0';
    double rate_per_s, duration_s;
    if (!parse_number(rate, &rate_per_s) || !parse_number(x + 1, &duration_s)) return false;
    if (!(rate_per_s >= 0 && rate_per_s <= SHAPE_RATE_MAXIMUM_PER_S)) return false;
    if (!(duration_s >= 0.001 && duration_s <= phase_maximum_s)) return false;
    phase->rate_per_s = rate_per_s;
    phase->duration_ns = (int64_t)round(duration_s * 1e9);
    return true;
}

static bool parse_phases(const char *text, shape_t *shape, char *error, size_t error_size)
{
    shape->phase_count = 0;
    for (const char *part = text;;) {
        size_t length = strcspn(part, ",");
        char phase[PHASE_TEXT_SIZE];
        snprintf(phase, sizeof phase, "%.*s", (int)(length < sizeof phase ? length : sizeof phase), part);
        if (shape->phase_count == SHAPE_PHASES_MAXIMUM) {
            snprintf(error, error_size, "more than %d phases", SHAPE_PHASES_MAXIMUM);
            return false;
        }
        if (length >= sizeof phase || !parse_phase(phase, &shape->phases[shape->phase_count])) {
            snprintf(error, error_size,
                     "phase '%s' is not RATExSECONDS (rate 0 to %.0f events/s, 0.001 to %.0f seconds), "
                     "for example phases=200x100,4000x20",
                     phase, SHAPE_RATE_MAXIMUM_PER_S, phase_maximum_s);
            return false;
        }
        shape->phase_count++;
        if (part[length] == '\0') return true;
        part += length + 1;
    }
}

static bool unknown_shape(const char *text, char *error, size_t error_size)
{
    const char *nearest = nearest_name(text, names, SHAPE_KINDS);
    snprintf(error, error_size,
             "unknown shape '%.40s'%s%s%s: allowed are burst, steady, noise, ramp, wall, plateau, cliff, "
             "double-peak, sawtooth, mixed and phases=RATExSECONDS,...",
             text, nearest != NULL ? " (did you mean " : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "?)" : "");
    return false;
}

bool shape_parse(const char *text, shape_t *shape, char *error, size_t error_size)
{
    if (strncmp(text, phases_prefix, sizeof phases_prefix - 1) == 0) {
        shape->kind = SHAPE_PHASES;
        return parse_phases(text + sizeof phases_prefix - 1, shape, error, error_size);
    }
    for (int kind = 0; kind < SHAPE_KINDS; kind++) {
        if (kind == SHAPE_PHASES || strcmp(text, names[kind]) != 0) continue;
        shape->kind = (shape_kind_t)kind;
        return true;
    }
    return unknown_shape(text, error, error_size);
}

bool shape_has_episodes(const shape_t *shape)
{
    return shape->kind >= SHAPE_NOISE;
}

double shape_log_uniform_baseline_per_s(uint64_t seed)
{
    random_t random;
    random_seed(&random, seed, baseline_stream);
    return power(10, 1 + 4.7 * random_uniform(&random));
}

bool shape_has_noise(const shape_t *shape)
{
    return shape->kind == SHAPE_BURST || shape_has_episodes(shape);
}

int64_t shape_duration_ns(const shape_t *shape)
{
    if (shape->kind != SHAPE_PHASES) return SHAPE_FOREVER_NS;
    int64_t sum_ns = 0;
    for (size_t i = 0; i < shape->phase_count; i++)
        sum_ns += shape->phases[i].duration_ns;
    return sum_ns;
}

void shape_walk_begin(shape_walk_t *walk, const shape_t *shape, uint64_t seed)
{
    *walk = (shape_walk_t){.shape = shape};
    random_seed(&walk->random, seed, shape_stream);
    random_seed(&walk->noise, seed, noise_stream);
}

/* `second` is 1 to BURST_S. The first and last steps are at the baseline, as in the original. */
static double burst_rate_per_s(const shape_t *shape, int second)
{
    double height = 1;
    if (second <= RAMP_S)
        height = (double)(second - 1) / (RAMP_S - 1);
    else if (second > 2 * RAMP_S)
        height = (double)(BURST_S - second) / (RAMP_S - 1);
    return shape->baseline_per_s * (1 + (shape->burst_multiplier - 1) * height);
}

static double next_burst_rate_per_s(shape_walk_t *walk)
{
    if (walk->burst_second == BURST_S) walk->burst_second = 0;
    if (walk->burst_second > 0 || random_uniform(&walk->random) < walk->shape->burst_probability)
        walk->burst_second++;
    return walk->burst_second > 0 ? burst_rate_per_s(walk->shape, walk->burst_second)
                                  : walk->shape->baseline_per_s;
}

static void begin_episode(shape_walk_t *walk)
{
    bool mixed = walk->shape->kind == SHAPE_MIXED;
    if (!mixed)
        walk->quiet_s = QUIET_LEAST_S + (int)random_below(&walk->random, QUIET_MOST_S - QUIET_LEAST_S + 1);
    episode_kind_t kind =
        mixed ? episode_draw_kind(&walk->random) : (episode_kind_t)(walk->shape->kind - SHAPE_NOISE);
    episode_begin(&walk->episode, kind, &walk->random);
}

static double next_episode_rate_per_s(shape_walk_t *walk)
{
    const shape_t *shape = walk->shape;
    double bases = 1;
    while (walk->quiet_s == 0 && !episode_next(&walk->episode, &walk->random, &bases))
        begin_episode(walk);
    if (walk->quiet_s > 0) walk->quiet_s--;
    return shape->baseline_per_s * bases;
}

static double with_noise_per_s(shape_walk_t *walk, double rate_per_s)
{
    const double noisy_per_s = rate_per_s + walk->shape->noise_per_s * random_normal(&walk->noise);
    return fmin(fmax(noisy_per_s, 0), SHAPE_RATE_MAXIMUM_PER_S);
}

bool shape_walk_next(shape_walk_t *walk, stretch_t *stretch)
{
    const shape_t *shape = walk->shape;
    stretch->start_ns = walk->time_ns;
    switch (shape->kind) {
    case SHAPE_BURST:
        stretch->rate_per_s = with_noise_per_s(walk, next_burst_rate_per_s(walk));
        stretch->end_ns = walk->time_ns + second_ns;
        break;
    case SHAPE_STEADY:
        stretch->rate_per_s = shape->baseline_per_s;
        stretch->end_ns = SHAPE_FOREVER_NS;
        break;
    case SHAPE_PHASES:
        if (walk->phase == shape->phase_count) return false;
        stretch->rate_per_s = shape->phases[walk->phase].rate_per_s;
        stretch->end_ns = walk->time_ns + shape->phases[walk->phase].duration_ns;
        walk->phase++;
        break;
    default:
        stretch->rate_per_s = with_noise_per_s(walk, next_episode_rate_per_s(walk));
        stretch->end_ns = walk->time_ns + second_ns;
        break;
    }
    walk->time_ns = stretch->end_ns;
    return stretch->start_ns < stretch->end_ns;
}

void shape_series(const shape_t *shape, uint64_t seed, double *rates_per_s, size_t seconds)
{
    shape_walk_t walk;
    stretch_t stretch = {0};
    shape_walk_begin(&walk, shape, seed);
    bool more = seconds > 0 && shape_walk_next(&walk, &stretch);
    for (size_t i = 0; i < seconds; i++) {
        int64_t from_ns = (int64_t)i * second_ns, to_ns = from_ns + second_ns;
        rates_per_s[i] = 0;
        while (more && stretch.start_ns < to_ns) {
            int64_t begin_ns = stretch.start_ns > from_ns ? stretch.start_ns : from_ns;
            int64_t end_ns = stretch.end_ns < to_ns ? stretch.end_ns : to_ns;
            rates_per_s[i] += stretch.rate_per_s * ((double)(end_ns - begin_ns) / 1e9);
            if (stretch.end_ns > to_ns) break;
            more = shape_walk_next(&walk, &stretch);
        }
    }
}
