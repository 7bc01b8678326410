#include "traffic/episode.h"

#include <stddef.h>

typedef struct {
    int least, most;
} range_t;

typedef struct {
    range_t peaks, rise_s, hold_s, fall_s, pause_s;
    double later_height; /* the least height of later peaks, in first ones */
    double share;        /* of all episodes where kinds are mixed; all together 1 */
} form_t;

static const double top_minimum = 2;

static const form_t forms[EPISODE_KINDS] = {
    [EPISODE_NOISE] = {.peaks = {1, 1}, .pause_s = {20, 50}, .share = 0.25},
    [EPISODE_RAMP] =
        {.peaks = {1, 1}, .rise_s = {6, 20}, .hold_s = {5, 20}, .fall_s = {6, 20}, .share = 0.15},
    [EPISODE_WALL] = {.peaks = {1, 1}, .hold_s = {5, 20}, .fall_s = {6, 20}, .share = 0.1},
    [EPISODE_PLATEAU] =
        {.peaks = {1, 1}, .rise_s = {3, 8}, .hold_s = {15, 40}, .fall_s = {3, 8}, .share = 0.1},
    [EPISODE_CLIFF] = {.peaks = {1, 1}, .rise_s = {6, 20}, .hold_s = {5, 20}, .share = 0.1},
    [EPISODE_DOUBLE_PEAK] = {.peaks = {2, 2},
                             .rise_s = {5, 12},
                             .fall_s = {5, 12},
                             .pause_s = {2, 6},
                             .later_height = 0.7,
                             .share = 0.1},
    [EPISODE_SAWTOOTH] = {.peaks = {3, 8}, .rise_s = {5, 20}, .later_height = 0.9, .share = 0.2},
};

static int draw(range_t range, random_t *random)
{
    return range.least + (int)random_below(random, (uint64_t)(range.most - range.least) + 1);
}

void episode_begin(episode_t *episode, episode_kind_t kind, random_t *random)
{
    const form_t *form = &forms[kind];
    *episode = (episode_t){.kind = kind, .height = 1};
    /* One after the other: the order of initialisers would be the compiler's choice. */
    episode->peaks_left = draw(form->peaks, random);
    episode->rise_s = draw(form->rise_s, random);
    episode->hold_s = draw(form->hold_s, random);
    episode->fall_s = draw(form->fall_s, random);
    episode->pause_s = draw(form->pause_s, random);
    episode->top = top_minimum + (EPISODE_PEAK_MAXIMUM - top_minimum) * random_uniform(random);
}

/* How far up the present peak is in its `second`, 0 to 1. */
static double progress(const episode_t *episode)
{
    int second = episode->second;
    if (second <= episode->rise_s) return (double)second / episode->rise_s;
    second -= episode->rise_s;
    if (second <= episode->hold_s) return 1;
    second -= episode->hold_s;
    if (second <= episode->fall_s) return (double)(episode->fall_s - second) / episode->fall_s;
    return 0;
}

bool episode_next(episode_t *episode, random_t *random, double *bases)
{
    if (episode->peaks_left == 0) return false;
    int length_s = episode->rise_s + episode->hold_s + episode->fall_s + episode->pause_s;
    if (episode->second == length_s) {
        if (--episode->peaks_left == 0) return false;
        double least = forms[episode->kind].later_height;
        episode->second = 0;
        episode->height = least + (1 - least) * random_uniform(random);
    }
    episode->second++;
    *bases = 1 + (episode->top * episode->height - 1) * progress(episode);
    return true;
}

episode_kind_t episode_draw_kind(random_t *random)
{
    double left = random_uniform(random);
    for (size_t kind = 0; kind + 1 < EPISODE_KINDS; kind++) {
        left -= forms[kind].share;
        if (left < 0) return (episode_kind_t)kind;
    }
    return EPISODE_KINDS - 1;
}
