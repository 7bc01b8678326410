/* A benchmark's plan of any bytes: a refusal names the file or the key, an acceptance can be run and printed. */
/* links: benchmark */
#include "benchmark/suite_steps.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) abort();
}

static void check_plan(const suite_plan_t *plan)
{
    suite_steps_t steps;
    check(plan->arm_count > 0 && plan->arm_count <= SUITE_ITEMS_MAXIMUM);
    check(plan->workload_count > 0 && plan->workload_count <= SUITE_ITEMS_MAXIMUM && plan->job_count > 0);
    for (size_t i = 0; i < plan->workload_count; i++)
        check(plan->workloads[i].seconds > 0 && plan->workloads[i].seconds <= 86400);
    check(suite_steps_make(plan, &steps));
    size_t runs = 0;
    for (size_t i = 0; i < steps.count; i++) {
        check(steps.steps[i].arm_count > 0 && steps.steps[i].arm_count <= (size_t)plan->side_by_side);
        runs += steps.steps[i].arm_count;
    }
    check(runs == plan->arm_count * plan->workload_count * plan->job_count * (size_t)plan->repetitions);
    suite_steps_free(&steps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static suite_settings_t settings;
    static suite_plan_t plan;
    char error[512] = "";
    settings.count = 0;
    if (!suite_settings_read(&settings, "plan", (const char *)data, size, error, sizeof error)) {
        check(strncmp(error, "plan:", 5) == 0);
        return 0;
    }
    check(error[0] == '\0');
    if (suite_plan_make(&settings, &plan, error, sizeof error))
        check_plan(&plan);
    else
        check(error[0] != '\0');
    return 0;
}
