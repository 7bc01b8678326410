/*
 * adaptivestream benchmark plan: what a benchmark would run, in its order, without running it.
 */
#include "benchmark/suite_json.h"
#include "cli/benchmark.h"
#include "cli/benchmark_flags.h"

#include <stdio.h>

static void print_steps(const suite_plan_t *plan, const suite_steps_t *steps)
{
    double seconds = 0;
    for (size_t i = 0; i < steps->count; i++) {
        const suite_step_t *step = &steps->steps[i];
        const suite_workload_t *workload = &plan->workloads[step->workload];
        printf("%3zu  repetition %d  %-7s %-12s %5.0f s  ", i + 1, (int)step->repetition,
               plan->jobs[step->job], workload->name, workload->seconds);
        for (size_t k = 0; k < step->arm_count; k++)
            printf("%s%s", k == 0 ? "" : " beside ", plan->arms[step->arms[k]].name);
        printf("\n");
        seconds += workload->seconds;
    }
    printf("%zu steps, %.0f minutes of traffic; each takes about a minute more to start and warm up its "
           "driver\n",
           steps->count, seconds / 60);
}

int benchmark_plan(int argc, char **argv)
{
    static suite_plan_t plan;
    bool json = false;
    const flag_t table[] = {
        BENCHMARK_FLAGS,
        {.name = "--json", .type = FLAG_SWITCH, .value = &json, .help = "print JSON, with all definitions"},
    };
    flags_t flags = {.command = "benchmark plan",
                     .summary = "Prints what a benchmark would run, in its order.",
                     .table = table,
                     .count = sizeof table / sizeof table[0],
                     .notes = benchmark_plan_notes,
                     .operands_help = "[PLAN]",
                     .operands_maximum = 1,
                     .operands_anywhere = true};
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!benchmark_flags_plan(flags.operand_count > 0 ? flags.operands[0] : NULL, &plan)) return EXIT_USAGE;
    suite_steps_t steps;
    const bool good = suite_steps_make(&plan, &steps) &&
                      (json ? suite_json_print(&plan, &steps, stdout) : (print_steps(&plan, &steps), true));
    suite_steps_free(&steps);
    if (!good) fprintf(stderr, "adaptivestream benchmark plan: out of memory\n");
    return good ? EXIT_OK : EXIT_FAILED;
}
