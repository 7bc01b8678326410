#include "benchmark/progress_arrivals.h"

#include "benchmark/progress_grid.h"
#include "control/batch_cost.h"

#include <math.h>
#include <stdlib.h>

static const int64_t ns_per_ms = 1000000;

static void learn_cost(const reported_query_t *query, job_facts_t *facts)
{
    batch_cost_t cost = {0};
    int64_t largest = 0;
    for (size_t i = 0; i < query->count; i++) {
        const reported_trigger_t *trigger = &query->triggers[i];
        if (trigger->rows == 0 || trigger->duration_ms < 0) continue;
        batch_cost_observe(&cost, trigger->rows, (double)trigger->duration_ms / 1e3);
        if (trigger->rows > largest) largest = trigger->rows;
    }
    const cost_line_t line = batch_cost_line(&cost);
    facts->model_known = line.fixed_s > 0 || line.per_event_s > 0;
    facts->model = (batch_model_t){.fixed_s = line.fixed_s, .per_event_s = line.per_event_s};
    /* The chord of a curve that rises faster than its smallest batches say cuts the axis below 0. */
    if (line.fixed_s < 0)
        facts->model = (batch_model_t){.fixed_s = 0,
                                       .per_event_s = batch_cost_seconds(&cost, largest) / (double)largest};
}

job_facts_t progress_facts(const reported_query_t *query)
{
    job_facts_t facts = {.rows = query->rows};
    facts.trigger_ns = progress_grid_ns(query, &facts.on_grid);
    learn_cost(query, &facts);
    int64_t time_ms = 0;
    for (size_t i = 0; i < query->count; i++) {
        const reported_trigger_t *trigger = &query->triggers[i];
        facts.batches += trigger->rows > 0;
        facts.behind += trigger->behind;
        if (i == 0 || trigger[-1].run != trigger->run) continue;
        time_ms += trigger->trigger_ms - trigger[-1].trigger_ms;
        /* A batch without rows is one too, but one that is not begun has its number already. */
        const int64_t next = trigger[-1].batch_id + 1;
        if (trigger->batch_id > next) facts.missing += trigger->batch_id - next;
    }
    facts.seconds = (double)time_ms / 1e3;
    return facts;
}

/* When the rows of a batch began to come. */
static int64_t gathered_since_ms(const reported_trigger_t *trigger, const job_facts_t *facts)
{
    const reported_trigger_t *before = trigger - 1;
    const int64_t interval_ms = facts->trigger_ns / ns_per_ms;
    if (interval_ms == 0) return before->trigger_ms;
    /* The first trigger that could see what came during the trigger before is the one that follows its end. */
    const int64_t end_ms = before->trigger_ms + (before->duration_ms > 0 ? before->duration_ms : 0);
    const bool looked_between = trigger->trigger_ms - end_ms > interval_ms + interval_ms / 2;
    return looked_between ? trigger->trigger_ms - interval_ms : before->trigger_ms;
}

/* Event i of `rows` comes at from + (i + 1/2) / rows of the span: how many have come before `time_ns`. */
static int64_t come_before(int64_t time_ns, int64_t from_ns, int64_t to_ns, int64_t rows)
{
    if (time_ns >= to_ns) return rows;
    if (time_ns <= from_ns) return 0;
    return (int64_t)ceil((double)rows * (double)(time_ns - from_ns) / (double)(to_ns - from_ns) - 0.5);
}

static void spread(slots_t *slots, int64_t from_ns, int64_t to_ns, int64_t rows)
{
    const int64_t last_ns = to_ns > from_ns ? to_ns - 1 : from_ns;
    int64_t before = 0;
    for (int64_t slot = from_ns / slots->slot_ns; slot <= last_ns / slots->slot_ns; slot++) {
        const int64_t until = come_before((slot + 1) * slots->slot_ns, from_ns, to_ns, rows);
        if ((size_t)slot >= slots->count) return;
        slots->counts[slot] += until - before;
        slots->events += until - before;
        before = until;
    }
}

/* Where a run lies on the axis of the slots: begins on the trigger's grid, as its first trigger did on the wall clock's. */
static int64_t shift_of_run(const reported_trigger_t *first, int64_t free_ns, int64_t trigger_ns)
{
    const int64_t first_ns = first->trigger_ms * ns_per_ms;
    const int64_t base_ns = first_ns - (first_ns % trigger_ns + trigger_ns) % trigger_ns;
    return (free_ns + trigger_ns - 1) / trigger_ns * trigger_ns - base_ns;
}

/* 31 years: an axis that is longer is refused, or cut by a limit. */
static const int64_t longest_axis_ns = 1000000000000000000;

/* The same walk twice: without `slots` it tells how long the axis gets. */
static int64_t walk(const reported_query_t *query, const job_facts_t *facts, int64_t trigger_ns,
                    slots_t *slots, progress_slots_t *outcome)
{
    int64_t shift_ns = 0, end_ns = 0;
    *outcome = (progress_slots_t){0};
    for (size_t i = 0; i < query->count; i++) {
        const reported_trigger_t *trigger = &query->triggers[i];
        const bool first = i == 0 || trigger[-1].run != trigger->run;
        /* Each run may span two centuries, so their sum is looked at before it gets beyond 64 bits. */
        if (first && end_ns > longest_axis_ns) return INT64_MAX;
        if (first) shift_ns = shift_of_run(trigger, end_ns, trigger_ns);
        end_ns = trigger->trigger_ms * ns_per_ms + shift_ns;
        if (first)
            outcome->left_out += trigger->rows;
        else if (slots && trigger->rows > 0)
            spread(slots, gathered_since_ms(trigger, facts) * ns_per_ms + shift_ns, end_ns, trigger->rows);
    }
    return end_ns;
}

bool progress_slots_of(const reported_query_t *query, const job_facts_t *facts, int64_t trigger_ns,
                       int64_t slot_ns, int64_t limit_ns, slots_t *slots, progress_slots_t *outcome)
{
    int64_t end_ns = walk(query, facts, trigger_ns, NULL, outcome);
    const bool cut = limit_ns > 0 && limit_ns < end_ns;
    if (cut) end_ns = limit_ns;
    *slots = (slots_t){.slot_ns = slot_ns};
    const int64_t count = end_ns / slot_ns + (end_ns % slot_ns > 0);
    if (count > TRACE_BINS_MAXIMUM) return false;
    slots->counts = calloc(count > 0 ? (size_t)count : 1, sizeof *slots->counts);
    if (!slots->counts) return false;
    slots->count = (size_t)count;
    walk(query, facts, trigger_ns, slots, outcome);
    outcome->cut = cut;
    return true;
}
