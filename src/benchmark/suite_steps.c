#include "benchmark/suite_steps.h"

#include "common/random.h"

#include <stdlib.h>

void suite_steps_free(suite_steps_t *steps)
{
    free(steps->steps);
    *steps = (suite_steps_t){0};
}

static void shuffle(size_t *items, size_t count, random_t *random)
{
    for (size_t i = count; i > 1; i--) {
        const size_t other = (size_t)random_below(random, i);
        const size_t item = items[i - 1];
        items[i - 1] = items[other];
        items[other] = item;
    }
}

/* The arms of one workload in their order, cut into steps: those that have to be alone stay so. */
static void add_steps(const suite_plan_t *plan, const suite_step_t *like, const size_t *order,
                      suite_steps_t *steps)
{
    suite_step_t *open = NULL;
    for (size_t i = 0; i < plan->arm_count; i++) {
        const bool alone = plan->arms[order[i]].alone;
        suite_step_t *step = alone ? NULL : open;
        if (!step) {
            step = &steps->steps[steps->count++];
            *step = *like;
        }
        step->arms[step->arm_count++] = order[i];
        if (!alone) open = step->arm_count < (size_t)plan->side_by_side ? step : NULL;
    }
}

bool suite_steps_make(const suite_plan_t *plan, suite_steps_t *steps)
{
    const size_t most = plan->job_count * plan->workload_count * plan->arm_count * (size_t)plan->repetitions;
    *steps = (suite_steps_t){.steps = calloc(most, sizeof *steps->steps)};
    if (!steps->steps) return false;
    for (int64_t repetition = 1; repetition <= plan->repetitions; repetition++) {
        random_t random;
        random_seed(&random, (uint64_t)plan->seed, (uint64_t)repetition);
        for (size_t job = 0; job < plan->job_count; job++) {
            for (size_t workload = 0; workload < plan->workload_count; workload++) {
                size_t order[SUITE_ITEMS_MAXIMUM];
                for (size_t i = 0; i < plan->arm_count; i++)
                    order[i] = i;
                shuffle(order, plan->arm_count, &random);
                const suite_step_t like = {.job = job,
                                           .workload = workload,
                                           .repetition = repetition,
                                           .seed = plan->seed + repetition - 1};
                add_steps(plan, &like, order, steps);
            }
        }
    }
    return true;
}
