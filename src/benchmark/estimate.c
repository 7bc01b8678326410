#include "benchmark/estimate.h"

#include <math.h>

/* In a window, on the average: chance alone, the Poisson distribution's, then brings the factor down by 1 / (4 * 20). */
static const double enough_events = 20;
static const double day_ns = 24 * 3600e9;
static const double budgets[ESTIMATE_CURVE] = {0.5, 0.7, 1, 1.4, 2};

typedef struct {
    const estimate_request_t *request;
    estimate_progress_t *progress;
    void *context;
    int run;
} work_t;

enum { RUNS = 1 + GOAL_COUNT + 1 + 2 * ESTIMATE_CURVE };

static bool run_one(work_t *work, contender_t contender, goal_t goal, double budget, int64_t trigger_ns,
                    int64_t batches, schedule_t *schedule, contender_result_t *result)
{
    options_t options;
    options_defaults(&options);
    options.goal = goal;
    options.budget = budget;
    const comparison_t comparison = {.slots = work->request->slots,
                                     .config = governor_config_of(&options, trigger_ns),
                                     .model = work->request->model};
    if (work->progress) work->progress(work->context, ++work->run, RUNS);
    return contender_run(&comparison, contender, batches, schedule, result);
}

static bool run_adaptive(work_t *work, goal_t goal, double budget, int64_t batches,
                         contender_result_t *result)
{
    schedule_t schedule;
    const bool done = run_one(work, CONTENDER_ADAPTIVE, goal, budget, work->request->trigger_ns, batches,
                              &schedule, result);
    schedule_free(&schedule);
    return done;
}

/* How much of the time, and of the events, is spent in which batches. */
static void weigh_batches(const estimate_request_t *request, const schedule_t *schedule, estimate_t *result)
{
    const slots_t *slots = request->slots;
    const double trigger_s = (double)request->trigger_ns * 1e-9;
    double busy_s = 0, overrunning = 0;
    size_t slot = 0;
    for (size_t i = 0; i < schedule->batches; i++) {
        int64_t events = 0;
        for (; slot < slots->count && slot < schedule->starts[i]; slot++)
            events += slots->counts[slot];
        const double batch_s = request->model.fixed_s + request->model.per_event_s * (double)events;
        busy_s += batch_s;
        if (batch_s > trigger_s) overrunning += (double)events;
    }
    result->busy = busy_s / fmax(result->seconds, (double)slots->slot_ns * 1e-9);
    result->overrun = overrunning / (double)slots->events;
}

static void find_factor(const estimate_request_t *request, estimate_t *result)
{
    const slots_t *slots = request->slots;
    const double trigger_slots = fmax(1, (double)(request->trigger_ns / slots->slot_ns));
    const double per_trigger = (double)slots->events / (double)slots->count * trigger_slots;
    const double triggers = fmax(1, ceil(enough_events / per_trigger));
    const size_t window = (size_t)fmin(triggers * trigger_slots, (double)slots->count);
    const size_t windows = (slots->count + window - 1) / window;
    double roots = 0;
    for (size_t i = 0; i < windows; i++) {
        int64_t events = 0;
        for (size_t slot = i * window; slot < (i + 1) * window && slot < slots->count; slot++)
            events += slots->counts[slot];
        roots += sqrt((double)events);
    }
    /* The windows' common width cancels out. */
    const double mean_root = roots / (double)windows;
    result->factor = mean_root * mean_root / ((double)slots->events / (double)windows);
    result->window_s = (double)window * (double)slots->slot_ns * 1e-9;
}

static bool draw_curve(work_t *work, estimate_t *result)
{
    const int64_t slot_ns = work->request->slots->slot_ns;
    for (int i = 0; i < ESTIMATE_CURVE; i++) {
        estimate_point_t *point = &result->curve[i];
        schedule_t schedule;
        *point = (estimate_point_t){.budget = budgets[i]};
        const double slots = round((double)work->request->trigger_ns / budgets[i] / (double)slot_ns);
        /* A governor takes no trigger above a day. */
        point->fixed_trigger_ns = (int64_t)fmin(fmax(1, slots) * (double)slot_ns, day_ns);
        if (!run_adaptive(work, work->request->goal, budgets[i], result->now.batches, &point->adaptive))
            return false;
        const bool done = run_one(work, CONTENDER_FIXED, GOAL_BALANCED, 1, point->fixed_trigger_ns, 0,
                                  &schedule, &point->fixed);
        schedule_free(&schedule);
        if (!done) return false;
    }
    return true;
}

bool estimate(const estimate_request_t *request, estimate_progress_t *progress, void *context,
              estimate_t *result)
{
    work_t work = {.request = request, .progress = progress, .context = context};
    schedule_t schedule;
    *result = (estimate_t){.goal = request->goal,
                           .trigger_ns = request->trigger_ns,
                           .events = request->slots->events,
                           .seconds = (double)request->slots->count * (double)request->slots->slot_ns * 1e-9};
    bool done =
        run_one(&work, CONTENDER_FIXED, GOAL_BALANCED, 1, request->trigger_ns, 0, &schedule, &result->now);
    if (done) weigh_batches(request, &schedule, result);
    schedule_free(&schedule);
    find_factor(request, result);
    for (int goal = 0; goal < GOAL_COUNT && done; goal++)
        done = run_adaptive(&work, (goal_t)goal, 1, result->now.batches, &result->goals[goal]);
    if (!done || !draw_curve(&work, result)) return false;
    /* Needs more memory than the others, and is not what the estimate is for. */
    result->best_known = run_one(&work, CONTENDER_CLAIRVOYANT, GOAL_BALANCED, 1, request->trigger_ns,
                                 result->now.batches, &schedule, &result->best);
    schedule_free(&schedule);
    if (result->best_known) result->best_factor = comparison_ratio(result->best.mean_s, result->now.mean_s);
    return true;
}
