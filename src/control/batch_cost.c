#include "control/batch_cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRUSTED = 3 }; /* batches of a class before the chord may rest on it */

static int class_of(int64_t events)
{
    int class = 0;
    while (events > 1 && class < COST_CLASSES - 1) {
        events >>= 1;
        class ++;
    }
    return class;
}

/* The typical size of a class, 2^k to 2^(k+1) - 1: its geometric middle. */
static double class_events(int class)
{
    return class == 0 ? 1 : ldexp(M_SQRT2, class);
}

static int by_value(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static int samples(const batch_cost_t *cost, int class)
{
    return cost->seen[class] < COST_RECENT ? cost->seen[class] : COST_RECENT;
}

static double median(const batch_cost_t *cost, int class)
{
    float sorted[COST_RECENT];
    const int count = samples(cost, class);
    memcpy(sorted, cost->recent_s[class], sizeof sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* Pool adjacent violators over the classes seen. */
static void refit(batch_cost_t *cost)
{
    struct {
        double value, weight;
        int last;
    } blocks[COST_CLASSES];
    int count = 0;
    for (int class = 0; class < COST_CLASSES; class ++) {
        if (cost->seen[class] == 0) continue;
        blocks[count].value = median(cost, class);
        blocks[count].weight = samples(cost, class);
        blocks[count++].last = class;
        while (count > 1 && blocks[count - 2].value > blocks[count - 1].value) {
            const double weight = blocks[count - 2].weight + blocks[count - 1].weight;
            blocks[count - 2].value = (blocks[count - 2].value * blocks[count - 2].weight +
                                       blocks[count - 1].value * blocks[count - 1].weight) /
                                      weight;
            blocks[count - 2].weight = weight;
            blocks[count - 2].last = blocks[count - 1].last;
            count--;
        }
    }
    for (int block = 0, class = 0; block < count; block++)
        for (; class <= blocks[block].last; class ++)
            cost->monotone_s[class] = blocks[block].value;
}

void batch_cost_observe(batch_cost_t *cost, int64_t events, double seconds)
{
    if (events <= 0 || !isfinite(seconds) || seconds < 0) return;
    const int class = class_of(events);
    cost->recent_s[class][cost->seen[class] % COST_RECENT] = (float)seconds;
    /* Counted on past the ring's size, but never so far that the count overflows. */
    if (++cost->seen[class] == 2 * COST_RECENT) cost->seen[class] = COST_RECENT;
    refit(cost);
}

cost_line_t batch_cost_line(const batch_cost_t *cost)
{
    int low = -1, high = -1;
    for (int class = 0; class < COST_CLASSES; class ++) {
        if (cost->seen[class] < TRUSTED) continue;
        if (low < 0) low = class;
        high = class;
    }
    if (low < 0) return (cost_line_t){0};
    const double span = class_events(high) - class_events(low);
    const double slope = span > 0 ? (cost->monotone_s[high] - cost->monotone_s[low]) / span : 0;
    return (cost_line_t){.fixed_s = cost->monotone_s[high] - slope * class_events(high),
                         .per_event_s = slope};
}

double batch_cost_seconds(const batch_cost_t *cost, int64_t events)
{
    const double size = events > 0 ? (double)events : 0;
    int below = -1, above = -1;
    for (int class = 0; class < COST_CLASSES && above < 0; class ++) {
        if (cost->seen[class] == 0) continue;
        if (class_events(class) <= size)
            below = class;
        else
            above = class;
    }
    if (below < 0) return above < 0 ? 0 : cost->monotone_s[above];
    if (above < 0)
        return cost->monotone_s[below] + batch_cost_line(cost).per_event_s * (size - class_events(below));
    const double share = (size - class_events(below)) / (class_events(above) - class_events(below));
    return cost->monotone_s[below] + share * (cost->monotone_s[above] - cost->monotone_s[below]);
}
