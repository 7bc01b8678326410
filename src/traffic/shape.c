#include "traffic/shape.h"

#include "common/parse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RAMP_S = 10, BURST_S = 3 * RAMP_S, PHASE_TEXT_SIZE = 64 };

static const int64_t second_ns = INT64_C(1000000000);
static const double phase_maximum_s = 1e7;
static const char phases_prefix[] = "phases=";

/* Keeps the choice of bursts apart from the spacing of events: see random_seed(). */
static const uint64_t shape_stream = 1;

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

bool shape_parse(const char *text, shape_t *shape, char *error, size_t error_size)
{
    if (strcmp(text, "burst") == 0) {
        shape->kind = SHAPE_BURST;
        return true;
    }
    if (strcmp(text, "steady") == 0) {
        shape->kind = SHAPE_STEADY;
        return true;
    }
    if (strncmp(text, phases_prefix, sizeof phases_prefix - 1) == 0) {
        shape->kind = SHAPE_PHASES;
        return parse_phases(text + sizeof phases_prefix - 1, shape, error, error_size);
    }
    snprintf(error, error_size, "unknown shape '%.40s': burst, steady or phases=RATExSECONDS,... is allowed",
             text);
    return false;
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

bool shape_walk_next(shape_walk_t *walk, stretch_t *stretch)
{
    const shape_t *shape = walk->shape;
    stretch->start_ns = walk->time_ns;
    switch (shape->kind) {
    case SHAPE_BURST:
        stretch->rate_per_s = next_burst_rate_per_s(walk);
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
    }
    walk->time_ns = stretch->end_ns;
    return stretch->start_ns < stretch->end_ns;
}
