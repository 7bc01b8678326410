#include "benchmark/clairvoyant.h"

#include "benchmark/clairvoyant_search.h"

/* The corners on both sides of a number of batches: few has at most that many, many has more. */
typedef struct {
    corner_t few, many;
} segment_t;

static void replace(corner_t *corner, const corner_t *by)
{
    schedule_free(&corner->schedule);
    *corner = *by;
}

/* Looks for a corner with at most so many batches nearer than the one batch, from which lines are steep: the higher
 * the price, the longer a search takes. If the arrivals were even, the batches would be last / batches slots apart and
 * this the price. */
static bool approach(search_t *search, int64_t batches, segment_t *segment)
{
    corner_t *few = &segment->few, *many = &segment->many;
    int64_t price = search->before[search->last] * search->last / batches / batches;
    for (price = price > 0 ? price : 1;; price *= 2) {
        if ((__int128)price * (many->schedule.batches - few->schedule.batches) >= few->waited - many->waited)
            return true; /* the line is no steeper */
        corner_t found;
        if (!search_run(search, 1, price, &found)) return false;
        const bool is_few = (int64_t)found.schedule.batches <= batches;
        replace(is_few ? few : many, &found);
        if (is_few) return true;
    }
}

/* Narrows the segment to neighbours on the hull. Nothing of the hull lies between them when no schedule costs less
 * than they do at the price at which both cost the same. */
static bool narrow(search_t *search, int64_t batches, segment_t *segment)
{
    corner_t *few = &segment->few, *many = &segment->many;
    while ((int64_t)few->schedule.batches < batches) {
        const int64_t parts = (int64_t)(many->schedule.batches - few->schedule.batches);
        const int64_t price = few->waited - many->waited;
        corner_t found;
        if (!search_run(search, parts, price, &found)) return false;
        const __int128 known = (__int128)parts * few->waited + (__int128)price * few->schedule.batches;
        if ((__int128)parts * found.waited + (__int128)price * found.schedule.batches == known) {
            schedule_free(&found.schedule);
            break;
        }
        replace((int64_t)found.schedule.batches <= batches ? few : many, &found);
    }
    return true;
}

/* Half-slots on the line through both corners. */
static double line_at(const segment_t *segment, int64_t batches)
{
    const int64_t few = (int64_t)segment->few.schedule.batches,
                  many = (int64_t)segment->many.schedule.batches;
    const __int128 parts = many - few;
    const __int128 sum = parts * segment->few.waited -
                         (__int128)(batches - few) * (segment->few.waited - segment->many.waited);
    return (double)(int64_t)(sum / parts) + (double)(int64_t)(sum % parts) / (double)(many - few);
}

bool clairvoyant_within(const slots_t *slots, const clairvoyant_cost_t *cost, int64_t batches,
                        schedule_t *schedule, double *bound_s)
{
    search_t search;
    segment_t segment = {0};
    double bound = 0;
    if (batches < 1) batches = 1;
    bool good = search_prepare(&search, slots, cost);
    if (good && search.last > 0) {
        good = search_one_batch(&search, &segment.few) && search_run(&search, 1, 0, &segment.many);
        if (good && (int64_t)segment.many.schedule.batches <= batches) {
            replace(&segment.few, &segment.many);
            segment.many = (corner_t){0};
        }
        const bool between = segment.many.schedule.batches > 0;
        good = good &&
               (!between || (approach(&search, batches, &segment) && narrow(&search, batches, &segment)));
        if (good) bound = between ? line_at(&segment, batches) : (double)segment.few.waited;
    }
    if (!good) schedule_free(&segment.few.schedule);
    schedule_free(&segment.many.schedule);
    *schedule = segment.few.schedule;
    *bound_s = search_seconds(&search, bound);
    search_free(&search);
    return good;
}

bool clairvoyant_in_range(const slots_t *slots)
{
    return search_in_range(slots);
}
