#include "benchmark/clairvoyant_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With these the largest sum of a run stays below 2^126: parts * (last + 1) * 2 * waiting, see search_run(). */
#define SLOTS_MAXIMUM   (INT64_C(1) << 31)
#define WAITING_MAXIMUM (INT64_C(1) << 60) /* events times slots */

enum { FIRST_ROOM = 1024 };

/* A batch that starts at a boundary, or, in the first state, the begin of everything. */
struct search_state {
    __int128 cost; /* of all batches up to this one */
    int64_t free; /* boundary from which the next batch may start: the job is done and has an event to take */
    uint32_t start;  /* boundary */
    uint32_t parent; /* the state of the batch before */
};

/* A boundary and its states, as those after it see it. */
struct search_origin {
    __int128 cost;          /* of the cheapest state that is free by now */
    int64_t before, moment; /* search_t's at this boundary */
    int64_t next_free;      /* when the next one is */
    uint32_t first, next, end;
};

/* What a run minimises: see search_run(). */
typedef struct {
    __int128 most;  /* what one batch at the end costs, without its price: the others are to cost less */
    __int128 price; /* of a batch */
    int64_t weight; /* of a half-slot */
} run_t;

static int64_t busy_slots(const search_t *search, int64_t events)
{
    return batch_slots(search->cost.fixed_s, search->cost.per_event_s, events, search->slot_ns);
}

double search_seconds(const search_t *search, double half_slots)
{
    return half_slots * ((double)search->slot_ns * 0.5e-9);
}

static bool find_last(search_t *search, const slots_t *slots)
{
    int64_t events = 0;
    for (size_t i = 0; i < slots->count; i++) {
        if (slots->counts[i] == 0) continue;
        if (slots->counts[i] < 0 || slots->counts[i] > WAITING_MAXIMUM - events) return false;
        events += slots->counts[i];
        search->last = (int64_t)i + 1;
    }
    return search->last <= SLOTS_MAXIMUM && (__int128)events * search->last <= WAITING_MAXIMUM;
}

bool search_in_range(const slots_t *slots)
{
    search_t search = {0};
    return find_last(&search, slots);
}

bool search_prepare(search_t *search, const slots_t *slots, const clairvoyant_cost_t *cost)
{
    *search = (search_t){.cost = *cost, .slot_ns = slots->slot_ns};
    if (!(cost->fixed_s >= 0 && cost->per_event_s >= 0 && isfinite(cost->fixed_s) &&
          isfinite(cost->per_event_s) && slots->slot_ns > 0 && find_last(search, slots)))
        return false;
    const size_t room = (size_t)search->last + 1;
    search->before = malloc(room * sizeof *search->before);
    search->moments = malloc(room * sizeof *search->moments);
    search->due = malloc(room * sizeof *search->due);
    if (!search->before || !search->moments || !search->due) return false;
    search->before[0] = search->moments[0] = 0;
    for (int64_t k = 0; k < search->last; k++) {
        search->before[k + 1] = search->before[k] + slots->counts[k];
        search->moments[k + 1] = search->moments[k] + (2 * k + 1) * slots->counts[k];
    }
    search->waited_by_one = 2 * search->last * search->before[search->last] - search->moments[search->last];
    return true;
}

void search_free(search_t *search)
{
    free(search->before);
    free(search->moments);
    free(search->due);
    free(search->states);
    free(search->origins);
    *search = (search_t){0};
}

static search_state_t *append_state(search_t *search)
{
    if (search->state_count == search->state_room) {
        const size_t room = search->state_room ? 2 * search->state_room : FIRST_ROOM;
        if (search->state_count == UINT32_MAX) return NULL;
        search_state_t *grown = realloc(search->states, room * sizeof *grown);
        if (!grown) return NULL;
        search->states = grown;
        search->state_room = room;
    }
    return &search->states[search->state_count++];
}

/* Makes the states from `first` on an origin. The forgotten ones at the front leave their room to the new ones. */
static bool append_origin(search_t *search, int64_t boundary, size_t first)
{
    if (search->origin_end == search->origin_room) {
        const size_t used = search->origin_end - search->origin_begin;
        if (used > 0)
            memmove(search->origins, search->origins + search->origin_begin, used * sizeof *search->origins);
        search->origin_begin = 0;
        search->origin_end = used;
        if (used >= search->origin_room / 2) {
            const size_t room = search->origin_room ? 2 * search->origin_room : FIRST_ROOM;
            search_origin_t *grown = realloc(search->origins, room * sizeof *grown);
            if (!grown) return false;
            search->origins = grown;
            search->origin_room = room;
        }
    }
    search->origins[search->origin_end++] = (search_origin_t){
        .before = search->before[boundary],
        .moment = search->moments[boundary],
        .next_free = search->states[first].free,
        .first = (uint32_t)first,
        .next = (uint32_t)first,
        .end = (uint32_t)search->state_count,
    };
    return true;
}

/* The later a state is free, the less it costs. */
static void catch_up(const search_t *search, search_origin_t *origin, int64_t boundary)
{
    while (origin->next < origin->end && search->states[origin->next].free <= boundary)
        origin->cost = search->states[origin->next++].cost;
    origin->next_free = origin->next < origin->end ? search->states[origin->next].free : INT64_MAX;
}

/* The most events for which a batch is known to be busy as long as with `events`: those of which the inverse of its
 * time says so, or, when its rounding errs, just these. */
static int64_t same_busy(const search_t *search, int64_t events, int64_t busy)
{
    if (search->cost.per_event_s == 0) return INT64_MAX;
    const double most =
        ((double)busy * (double)search->slot_ns * 1e-9 - search->cost.fixed_s) / search->cost.per_event_s;
    if (!(most > (double)events && most < (double)WAITING_MAXIMUM)) return events;
    return busy_slots(search, (int64_t)most) == busy ? (int64_t)most : events;
}

/* Appends what a batch at boundary j makes of each origin: see the head of clairvoyant_search.h. `arrival`: the first
 * boundary after j before which there is an event to take. Going back, batches are busy for longer and longer. */
static bool start_at(search_t *search, const run_t *run, int64_t j, int64_t arrival)
{
    const bool idle = search->before[j] == search->before[j - 1];
    const size_t first = search->state_count;
    search_state_t *state = NULL;
    __int128 least = run->most;
    int64_t most_events = 0;
    size_t kept = search->origin_end;
    for (size_t at = search->origin_end; at-- > search->origin_begin;) {
        search_origin_t *origin = &search->origins[at];
        if (origin->next_free <= j) catch_up(search, origin, j);
        if (origin->next > origin->first && (!idle || search->states[origin->next - 1].free == j)) {
            const int64_t events = search->before[j] - origin->before;
            const int64_t waited = 2 * j * events - (search->moments[j] - origin->moment);
            const __int128 cost = origin->cost + (__int128)waited * run->weight;
            if (cost < least) {
                least = cost;
                if (events > most_events) {
                    const int64_t busy = busy_slots(search, events);
                    const int64_t free = j + busy > arrival ? j + busy : arrival;
                    most_events = same_busy(search, events, busy);
                    if (!state || state->free != free) state = append_state(search);
                    if (!state) return false;
                    state->free = free;
                }
                state->cost = cost + run->price;
                state->start = (uint32_t)j;
                state->parent = origin->next - 1;
            } else if (origin->next == origin->end) {
                continue; /* forgotten */
            }
        }
        if (--kept != at) search->origins[kept] = *origin;
    }
    search->origin_begin = kept;
    if (!state) return true;
    for (size_t i = first; i < search->state_count; i++)
        if (search->states[i].free <= search->last) search->due[search->states[i].free] = 1;
    return append_origin(search, j, first);
}

/* The batch that takes the rest: at `last`, or, where the job is busy then, as soon as it is free. Returns the state
 * before it, and when it starts. */
static uint32_t finish(search_t *search, const run_t *run, int64_t *start)
{
    const int64_t last = search->last;
    __int128 least = run->most;
    uint32_t parent = 0;
    *start = last;
    for (size_t at = search->origin_begin; at < search->origin_end; at++) {
        search_origin_t *origin = &search->origins[at];
        catch_up(search, origin, last);
        const int64_t events = search->before[last] - origin->before;
        const int64_t waited = 2 * last * events - (search->moments[last] - origin->moment);
        for (uint32_t i = origin->next > origin->first ? origin->next - 1 : origin->first; i < origin->end;
             i++) {
            const search_state_t *state = &search->states[i];
            const int64_t from = state->free > last ? state->free : last;
            const __int128 later = (__int128)2 * events * (from - last);
            if (later >= search->waited_by_one) continue; /* also keeps the next product in range */
            const __int128 cost = state->cost + (waited + later) * run->weight;
            if (cost >= least) continue;
            least = cost;
            parent = i;
            *start = from;
        }
    }
    return parent;
}

/* The batches back from the last one. */
static bool trace_back(const search_t *search, uint32_t parent, int64_t last_start, corner_t *corner)
{
    size_t batches = 1;
    for (uint32_t at = parent; at != 0; at = search->states[at].parent)
        batches++;
    size_t *starts = malloc(batches * sizeof *starts);
    if (!starts) return false;
    size_t place = batches;
    int64_t end = search->last, start = last_start;
    for (uint32_t at = parent;; at = search->states[at].parent) {
        const int64_t before = search->states[at].start;
        starts[--place] = (size_t)start;
        corner->waited += 2 * start * (search->before[end] - search->before[before]) -
                          (search->moments[end] - search->moments[before]);
        if (at == 0) break;
        end = start = before;
    }
    corner->schedule = (schedule_t){.starts = starts, .batches = batches, .room = batches};
    return true;
}

bool search_run(search_t *search, int64_t parts, __int128 price, corner_t *corner)
{
    *corner = (corner_t){0};
    /* There are at most `last` batches: so many of the 1 that each costs more do not make up for the least change of
     * the rest. */
    const int64_t weight = parts * (search->last + 1);
    const run_t run = {.weight = weight,
                       .price = price * (search->last + 1) + 1,
                       .most = (__int128)search->waited_by_one * weight};
    memset(search->due, 0, (size_t)search->last + 1);
    search->state_count = search->origin_begin = search->origin_end = 0;
    int64_t arrival = 1;
    while (search->before[arrival] == 0)
        arrival++;
    search_state_t *root = append_state(search);
    if (!root) return false;
    *root = (search_state_t){.free = arrival};
    if (!append_origin(search, 0, 0)) return false;
    for (int64_t j = arrival; j < search->last; j++) {
        if (search->before[j] == search->before[j - 1] && !search->due[j]) continue;
        if (arrival <= j) arrival = j + 1;
        while (search->before[arrival] == search->before[j])
            arrival++;
        if (!start_at(search, &run, j, arrival)) return false;
    }
    int64_t start;
    const uint32_t parent = finish(search, &run, &start);
    return trace_back(search, parent, start, corner);
}

bool search_one_batch(const search_t *search, corner_t *corner)
{
    size_t *starts = malloc(sizeof *starts);
    *corner = (corner_t){0};
    if (!starts) return false;
    starts[0] = (size_t)search->last;
    corner->waited = search->waited_by_one;
    corner->schedule = (schedule_t){.starts = starts, .batches = 1, .room = 1};
    return true;
}
