#include "control/batch_cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRUSTED = 3 }; /* batches of a class before the chord may rest on it */

static int class_of(int64_t events)
{
    int index = 0;
    while (events > 1 && index < COST_CLASSES - 1) {
        events >>= 1;
        index++;
    }
    return index;
}

static int by_value(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static int samples(const batch_cost_t *cost, int index)
{
    return cost->seen[index] < COST_RECENT ? cost->seen[index] : COST_RECENT;
}

static double median(const batch_cost_t *cost, int index)
{
    float sorted[COST_RECENT];
    const int count = samples(cost, index);
    memcpy(sorted, cost->recent_s[index], sizeof sorted);
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
    for (int index = 0; index < COST_CLASSES; index++) {
        if (cost->seen[index] == 0) continue;
        blocks[count].value = cost->median_s[index] = median(cost, index);
        blocks[count].weight = samples(cost, index);
        blocks[count++].last = index;
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
    for (int block = 0, index = 0; block < count; block++)
        for (; index <= blocks[block].last; index++)
            cost->monotone_s[index] = blocks[block].value;
}

void batch_cost_observe(batch_cost_t *cost, int64_t events, double seconds)
{
    if (events <= 0 || !isfinite(seconds) || seconds < 0) return;
    const int index = class_of(events);
    cost->recent_s[index][cost->seen[index] % COST_RECENT] = (float)seconds;
    cost->events[index] += ((double)events - cost->events[index]) / (samples(cost, index) + 1);
    /* Counted on past the ring's size, but never so far that the count overflows. */
    if (++cost->seen[index] == 2 * COST_RECENT) cost->seen[index] = COST_RECENT;
    refit(cost);
}

cost_line_t batch_cost_line(const batch_cost_t *cost)
{
    int low = -1, high = -1;
    double largest = 0;
    for (int index = 0; index < COST_CLASSES; index++) {
        if (cost->seen[index] == 0) continue;
        largest = cost->events[index];
        if (cost->seen[index] < TRUSTED) continue;
        if (low < 0) low = index;
        high = index;
    }
    if (low < 0) return (cost_line_t){.largest_events = largest};
    const double span = cost->events[high] - cost->events[low];
    double slope = span > 0 ? (cost->monotone_s[high] - cost->monotone_s[low]) / span : 0;
    for (int index = high; index < COST_CLASSES; index++)
        if (cost->seen[index] > 0) slope = fmin(slope, cost->median_s[index] / cost->events[index]);
    return (cost_line_t){.fixed_s = cost->monotone_s[high] - slope * cost->events[high],
                         .per_event_s = slope,
                         .largest_events = largest};
}

double batch_cost_seconds(const batch_cost_t *cost, int64_t events)
{
    const double size = events > 0 ? (double)events : 0;
    int below = -1, above = -1;
    for (int index = 0; index < COST_CLASSES && above < 0; index++) {
        if (cost->seen[index] == 0) continue;
        if (cost->events[index] <= size)
            below = index;
        else
            above = index;
    }
    if (below < 0) return above < 0 ? 0 : cost->monotone_s[above];
    if (above < 0)
        return cost->monotone_s[below] + batch_cost_line(cost).per_event_s * (size - cost->events[below]);
    const double share = (size - cost->events[below]) / (cost->events[above] - cost->events[below]);
    return cost->monotone_s[below] + share * (cost->monotone_s[above] - cost->monotone_s[below]);
}
