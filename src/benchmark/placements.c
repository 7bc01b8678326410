#include "benchmark/placements.h"

typedef struct {
    int64_t least;
    size_t delay;
    double price;  /* in slots */
    size_t passed; /* boundary at which the source last let a trigger through */
} rule_state_t;

/* What is pending at a boundary. */
typedef struct {
    size_t boundary;
    int64_t events;
    double waiting; /* sum of the ages, in slots */
} queue_t;

typedef bool placement_t(rule_state_t *state, const queue_t *queue);

static bool always(rule_state_t *state, const queue_t *queue)
{
    (void)state;
    (void)queue;
    return true;
}

static bool enough_or_late(rule_state_t *state, const queue_t *queue)
{
    const bool pass = queue->events >= state->least || queue->boundary - state->passed >= state->delay;
    if (pass) state->passed = queue->boundary;
    return pass;
}

static bool costs_enough(rule_state_t *state, const queue_t *queue)
{
    return queue->waiting >= state->price;
}

static void one_slot_on(queue_t *queue, int64_t arrived)
{
    queue->waiting += (double)queue->events + 0.5 * (double)arrived;
    queue->events += arrived;
    queue->boundary++;
}

/* The traffic is over: nothing happens until the running batch is. */
static void skip_to(queue_t *queue, size_t boundary)
{
    queue->waiting += (double)queue->events * (double)(boundary - queue->boundary);
    queue->boundary = boundary;
}

static bool place(const slots_t *slots, const batch_model_t *model, placement_t *rule, rule_state_t state,
                  schedule_t *schedule)
{
    queue_t queue = {0};
    size_t idle_at = 0; /* boundary from which on no batch runs */
    while (queue.boundary < slots->count || queue.events > 0) {
        one_slot_on(&queue, queue.boundary < slots->count ? slots->counts[queue.boundary] : 0);
        if (queue.boundary >= slots->count && queue.boundary < idle_at) skip_to(&queue, idle_at);
        if (queue.boundary < idle_at) continue;
        /* What the rule would hold back for ever goes when the traffic has been over as long as it lasted. */
        const bool fire = rule(&state, &queue) || queue.boundary >= 2 * slots->count;
        if (!fire || queue.events == 0) continue;
        if (!schedule_append(schedule, queue.boundary)) return false;
        idle_at = queue.boundary +
                  (size_t)batch_slots(model->fixed_s, model->per_event_s, queue.events, slots->slot_ns);
        queue.events = 0;
        queue.waiting = 0;
    }
    return true;
}

bool place_asap(const slots_t *slots, const batch_model_t *model, schedule_t *schedule)
{
    return place(slots, model, always, (rule_state_t){0}, schedule);
}

bool place_min_offsets(const slots_t *slots, const batch_model_t *model, int64_t least, size_t delay_slots,
                       schedule_t *schedule)
{
    return place(slots, model, enough_or_late, (rule_state_t){.least = least, .delay = delay_slots},
                 schedule);
}

bool place_delay_cost(const slots_t *slots, const batch_model_t *model, double price_s, schedule_t *schedule)
{
    return place(slots, model, costs_enough, (rule_state_t){.price = price_s * 1e9 / (double)slots->slot_ns},
                 schedule);
}
