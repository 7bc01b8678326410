#include "benchmark/suite_json.h"

#include <jansson.h>

static json_t *seconds_or_null(int64_t value_ns)
{
    return value_ns > 0 ? json_real((double)value_ns * 1e-9) : json_null();
}

static json_t *text_or_null(const char *text, bool present)
{
    return present ? json_string(text) : json_null();
}

/* json_pack takes over the references of "o", and fails where one is NULL. */
static json_t *json_of_arm(const suite_arm_t *arm)
{
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:b}", "trigger_s", seconds_or_null(arm->trigger_ns),
                     "agent", text_or_null(arm->agent, arm->governed), "tuned_offsets", arm->tuned_offsets,
                     "min_offsets", arm->min_offsets > 0 ? json_integer(arm->min_offsets) : json_null(),
                     "max_delay_s", seconds_or_null(arm->max_delay_ns), "reactive_s",
                     seconds_or_null(arm->reactive_ns), "alone", arm->alone);
}

static json_t *json_of_workload(const suite_workload_t *workload)
{
    const bool trace = workload->trace[0] != '\0';
    return json_pack("{s:o, s:I, s:f, s:o, s:f, s:f, s:f, s:f}", "shape",
                     text_or_null(workload->shape, !trace), "repeat", (json_int_t)workload->repeat,
                     "baseline_per_s", workload->baseline_per_s, "trace",
                     text_or_null(workload->trace, trace), "bin_s", (double)workload->bin_ns * 1e-9, "speed",
                     workload->speed, "scale", workload->scale, "seconds", workload->seconds);
}

static json_t *json_of_step(const suite_plan_t *plan, const suite_step_t *step)
{
    json_t *arms = json_array();
    for (size_t i = 0; i < step->arm_count; i++)
        json_array_append_new(arms, json_string(plan->arms[step->arms[i]].name));
    return json_pack("{s:s, s:s, s:I, s:I, s:o}", "job", plan->jobs[step->job], "workload",
                     plan->workloads[step->workload].name, "repetition", (json_int_t)step->repetition, "seed",
                     (json_int_t)step->seed, "arms", arms);
}

bool suite_json_print(const suite_plan_t *plan, const suite_steps_t *steps, FILE *out)
{
    json_t *arms = json_object(), *workloads = json_object(), *list = json_array();
    for (size_t i = 0; i < plan->arm_count; i++)
        json_object_set_new(arms, plan->arms[i].name, json_of_arm(&plan->arms[i]));
    for (size_t i = 0; i < plan->workload_count; i++)
        json_object_set_new(workloads, plan->workloads[i].name, json_of_workload(&plan->workloads[i]));
    for (size_t i = 0; i < steps->count; i++)
        json_array_append_new(list, json_of_step(plan, &steps->steps[i]));
    json_t *root = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:o, s:o, s:o}", "repetitions", (json_int_t)plan->repetitions,
        "side_by_side", (json_int_t)plan->side_by_side, "seed", (json_int_t)plan->seed, "retries",
        (json_int_t)plan->retries, "warmup_batches", (json_int_t)plan->warmup_batches, "busy_others",
        plan->busy_others, "reference", plan->reference, "arms", arms, "workloads", workloads, "steps", list);
    const bool good = root && json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) == 0;
    if (good) fputc('\n', out);
    json_decref(root);
    return good;
}
