#include "benchmark/clairvoyant.h"

#include <math.h>
#include <stdlib.h>

/*
 * States are (boundary at which a batch starts, slots it occupies): what comes later depends on nothing else. Of the
 * states of one boundary only those are kept that no other beats in both occupation and cost.
 *
 * Waits are counted in half slots, so that they are whole numbers; costs are doubles, exact up to 2^53 half slots.
 */

enum { NOBODY = -1 };

typedef struct {
    double cost; /* least cost of everything up to this start, this batch's price included */
    int64_t batches;
    size_t boundary;
    size_t occupied; /* slots */
    int64_t before;  /* the state whose batch came before; NOBODY: none */
    int64_t next;    /* of the same boundary, longer occupied and of less cost; NOBODY: none */
} state_t;

typedef struct {
    const slots_t *slots;
    const clairvoyant_cost_t *cost;
    double price;     /* half slots */
    int64_t *arrived; /* events before each boundary */
    size_t
        *occupied_from; /* for each boundary, the first slot at or after it that holds events; count: none */
    int64_t *first;     /* for each boundary, its first state; NOBODY: none */
    state_t *states;
    size_t state_count, state_room;
    int64_t spare; /* states given back */
    state_t last;  /* the cheapest state after which nothing is left; boundary 0: none yet */
    bool failed;
} search_t;

static bool is_cheaper(double cost, int64_t batches, const state_t *than)
{
    return cost < than->cost || (cost == than->cost && batches < than->batches);
}

static int64_t new_state(search_t *search)
{
    if (search->spare != NOBODY) {
        const int64_t index = search->spare;
        search->spare = search->states[index].next;
        return index;
    }
    if (search->state_count == search->state_room) {
        const size_t room = 2 * search->state_room;
        state_t *states = realloc(search->states, room * sizeof *states);
        if (!states) {
            search->failed = true;
            return NOBODY;
        }
        search->states = states;
        search->state_room = room;
    }
    return (int64_t)search->state_count++;
}

/* Adds a state to its boundary unless one there is as good in both respects, and removes those it beats. */
static void offer(search_t *search, const state_t *offered)
{
    int64_t before = NOBODY, at = search->first[offered->boundary];
    while (at != NOBODY && search->states[at].occupied <= offered->occupied) {
        if (!is_cheaper(offered->cost, offered->batches, &search->states[at])) return;
        if (search->states[at].occupied == offered->occupied) break;
        before = at;
        at = search->states[at].next;
    }
    while (at != NOBODY && !is_cheaper(search->states[at].cost, search->states[at].batches, offered)) {
        const int64_t beaten = at;
        at = search->states[at].next;
        search->states[beaten].next = search->spare;
        search->spare = beaten;
    }
    const int64_t added = new_state(search);
    if (added == NOBODY) return;
    search->states[added] = *offered;
    search->states[added].next = at;
    if (before == NOBODY)
        search->first[offered->boundary] = added;
    else
        search->states[before].next = added;
}

/* What one more batch at `middle` would save a batch at `end`, when `begin` has the batch before: half slots. 0 where
 * it is not possible. */
static double saving(const search_t *search, size_t begin, size_t middle, size_t end)
{
    const int64_t events = search->arrived[middle] - search->arrived[begin];
    if (events == 0) return 0;
    const size_t occupied =
        batch_slots(search->cost->fixed_s, search->cost->per_event_s, events, search->slots->slot_ns);
    return middle + occupied <= end ? 2.0 * (double)events * (double)(end - middle) : 0;
}

/* Looks for the place of one more batch that shows that no batch at `end` or later is worth while after one at `begin`
 * that leaves the job free from `free_from` on: with it, the later batch is as early, smaller, and the waiting it saves is
 * worth more than its price. Any place that shows it will do; the middle is the best one while arrivals are even, and the
 * one that served last may serve again. */
static bool is_too_late(const search_t *search, size_t begin, size_t free_from, size_t end, size_t *place)
{
    size_t middle = begin + (end - begin) / 2;
    if (middle < free_from) middle = free_from;
    if (middle >= end) return false;
    double most = saving(search, begin, middle, end);
    if (*place >= free_from && *place < end) {
        const double again = saving(search, begin, *place, end);
        if (again > most) {
            most = again;
            middle = *place;
        }
    }
    *place = middle;
    return most > search->price;
}

/* Every batch that may follow those that start at `begin`. */
static void follow(search_t *search, size_t begin)
{
    const slots_t *slots = search->slots;
    const int64_t *arrived = search->arrived;
    int64_t from = search->first[begin];
    const size_t event_slot = search->occupied_from[begin];
    size_t free_from = begin;
    for (int64_t at = from; at != NOBODY; at = search->states[at].next)
        free_from = begin + search->states[at].occupied; /* the last one is occupied the longest */
    size_t end = begin + search->states[from].occupied;
    if (end <= event_slot) end = event_slot + 1;
    /* The waits of what has arrived since `begin`, at `end`. */
    double waits = 0;
    for (size_t slot = event_slot; slot < slots->count && slot < end; slot++)
        waits += (double)slots->counts[slot] * (2.0 * (double)(end - slot) - 1);
    for (size_t place = 0;; end++) {
        bool just_free = false;
        for (int64_t next = search->states[from].next;
             next != NOBODY && begin + search->states[next].occupied <= end;
             next = search->states[from].next) {
            just_free |= begin + search->states[next].occupied == end;
            from = next;
        }
        just_free |= begin + search->states[from].occupied == end;
        const size_t known = end < slots->count ? end : slots->count;
        const int64_t events = arrived[known] - arrived[begin];
        /* Without an event in the slot before it, the batch could have started a slot earlier. */
        if (just_free || (end <= slots->count && slots->counts[end - 1] > 0)) {
            const state_t *state = &search->states[from];
            const state_t offered = {
                .cost = state->cost + waits + search->price,
                .batches = state->batches + 1,
                .boundary = end,
                .occupied =
                    batch_slots(search->cost->fixed_s, search->cost->per_event_s, events, slots->slot_ns),
                .before = from,
            };
            if (arrived[known] < slots->events)
                offer(search, &offered);
            else if (search->last.boundary == 0 || is_cheaper(offered.cost, offered.batches, &search->last))
                search->last = offered;
            if (search->failed) return;
        }
        /* A state that becomes free only later may still be the cheapest one. */
        if (arrived[known] == slots->events && search->states[from].next == NOBODY) return;
        if (is_too_late(search, begin, free_from, end, &place)) return;
        waits += 2.0 * (double)events + (end < slots->count ? (double)slots->counts[end] : 0);
    }
}

static bool search_begin(search_t *search, const slots_t *slots, const clairvoyant_cost_t *cost)
{
    const size_t count = slots->count;
    *search = (search_t){.slots = slots, .cost = cost, .spare = NOBODY, .state_room = 1024};
    search->arrived = malloc((count + 1) * sizeof *search->arrived);
    search->occupied_from = malloc((count + 1) * sizeof *search->occupied_from);
    search->first = malloc((count + 1) * sizeof *search->first);
    search->states = malloc(search->state_room * sizeof *search->states);
    if (!search->arrived || !search->occupied_from || !search->first || !search->states) return false;
    search->arrived[0] = 0;
    for (size_t i = 0; i < count; i++)
        search->arrived[i + 1] = search->arrived[i] + slots->counts[i];
    search->occupied_from[count] = count;
    for (size_t i = count; i-- > 0;)
        search->occupied_from[i] = slots->counts[i] > 0 ? i : search->occupied_from[i + 1];
    return true;
}

static void search_end(search_t *search)
{
    free(search->arrived);
    free(search->occupied_from);
    free(search->first);
    free(search->states);
}

/* A schedule and what it comes to. */
typedef struct {
    schedule_t schedule;
    double waits; /* half slots */
    int64_t batches;
} corner_t;

static void corner_free(corner_t *corner)
{
    schedule_free(&corner->schedule);
    *corner = (corner_t){0};
}

static double waits_of(const slots_t *slots, const schedule_t *schedule)
{
    double waits = 0;
    size_t slot = 0;
    for (size_t i = 0; i < schedule->batches; i++)
        for (; slot < slots->count && slot < schedule->starts[i]; slot++)
            waits += (double)slots->counts[slot] * (2.0 * (double)(schedule->starts[i] - slot) - 1);
    return waits;
}

static bool trace_back(const search_t *search, corner_t *corner)
{
    const state_t *state = &search->last;
    const size_t batches = (size_t)state->batches;
    for (size_t i = 0; i < batches; i++)
        if (!schedule_append(&corner->schedule, 0)) return false;
    for (size_t i = batches; i-- > 0; state = &search->states[state->before])
        corner->schedule.starts[i] = state->boundary;
    corner->batches = (int64_t)batches;
    corner->waits = waits_of(search->slots, &corner->schedule);
    return true;
}

/* The cheapest schedule at a price in half slots. There must be events. */
static bool run_search(search_t *search, double price, corner_t *corner)
{
    const size_t count = search->slots->count;
    *corner = (corner_t){0};
    search->price = price;
    search->spare = NOBODY;
    search->last = (state_t){0};
    for (size_t i = 0; i <= count; i++)
        search->first[i] = NOBODY;
    search->state_count = 1;
    search->states[0] = (state_t){.before = NOBODY, .next = NOBODY};
    search->first[0] = 0;
    for (size_t begin = 0; begin <= count && !search->failed; begin++)
        if (search->first[begin] != NOBODY) follow(search, begin);
    if (search->failed || !trace_back(search, corner)) {
        corner_free(corner);
        return false;
    }
    return true;
}

bool clairvoyant_at_price(const slots_t *slots, const clairvoyant_cost_t *cost, double price_s,
                          schedule_t *schedule)
{
    search_t search;
    corner_t corner = {0};
    *schedule = (schedule_t){0};
    bool done = search_begin(&search, slots, cost);
    if (done && slots->events > 0)
        done = run_search(&search, price_s * 2e9 / (double)slots->slot_ns, &corner);
    search_end(&search);
    *schedule = corner.schedule;
    return done;
}

/* All in one batch after the last event. */
static bool one_batch(const slots_t *slots, corner_t *corner)
{
    size_t end = slots->count;
    while (end > 0 && slots->counts[end - 1] == 0)
        end--;
    *corner = (corner_t){.batches = 1};
    if (!schedule_append(&corner->schedule, end)) return false;
    corner->waits = waits_of(slots, &corner->schedule);
    return true;
}

/* Replaces one end of the bracket by `corner`: `few` has at most the batches wanted, `many` more. */
static void narrow(corner_t *few, corner_t *many, corner_t *corner, int64_t wanted)
{
    corner_t *replaced = corner->batches <= wanted ? few : many;
    corner_free(replaced);
    *replaced = *corner;
}

/* Two corners of the hull around `wanted` batches, by doubling or halving a first guess of the price. `many` stays empty
 * when not even batches for nothing are more than wanted. */
static bool bracket(search_t *search, int64_t wanted, corner_t *few, corner_t *many)
{
    const slots_t *slots = search->slots;
    /* At a constant rate this price makes `wanted` batches (the square-root law). */
    const double length = 2.0 * (double)slots->count;
    double price = (double)slots->events * length / (2.0 * (double)wanted * (double)wanted);
    if (wanted == 1 && !one_batch(slots, few)) return false;
    while (few->batches == 0 || many->batches == 0) {
        corner_t corner;
        if (few->batches > 0 && price < 1e-3) price = 0;
        if (!run_search(search, price, &corner)) return false;
        const bool enough = corner.batches <= wanted;
        narrow(few, many, &corner, wanted);
        if (enough && price == 0) return true;
        price *= enough ? 0.5 : 2;
        if (few->batches == 0 && many->batches == 0) return false;
    }
    return true;
}

/* Moves both ends together until no corner lies between them: the price at which they cost the same finds one if there is
 * one (Eisner and Severance, "Mathematical techniques for efficient record segmentation in large shared databases", JACM
 * 23(4), 1976). */
static bool close_in(search_t *search, int64_t wanted, corner_t *few, corner_t *many)
{
    for (;;) {
        const double price = (few->waits - many->waits) / (double)(many->batches - few->batches);
        const double same = few->waits + price * (double)few->batches;
        corner_t corner;
        if (!run_search(search, price, &corner)) return false;
        if (corner.waits + price * (double)corner.batches >= same * (1 - 1e-12) ||
            corner.batches == few->batches || corner.batches == many->batches) {
            corner_free(&corner);
            return true;
        }
        narrow(few, many, &corner, wanted);
    }
}

bool clairvoyant_within(const slots_t *slots, const clairvoyant_cost_t *cost, int64_t batches,
                        schedule_t *schedule, double *bound_s)
{
    search_t search;
    corner_t few = {0}, many = {0};
    const int64_t wanted = batches > 1 ? batches : 1;
    *schedule = (schedule_t){0};
    *bound_s = 0;
    bool done = search_begin(&search, slots, cost);
    if (done && slots->events > 0) {
        done = bracket(&search, wanted, &few, &many) &&
               (many.batches == 0 || close_in(&search, wanted, &few, &many));
        double bound = few.waits;
        if (done && many.batches > 0)
            bound -= (few.waits - many.waits) * (double)(wanted - few.batches) /
                     (double)(many.batches - few.batches);
        *bound_s = bound * (double)slots->slot_ns * 0.5e-9;
    }
    search_end(&search);
    corner_free(&many);
    if (!done) corner_free(&few);
    *schedule = few.schedule;
    return done;
}
