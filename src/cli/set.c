/*
 * adaptivestream set: changes a running query's mode, goal or budget.
 */
#include "cli/ask_change.h"
#include "cli/commands.h"

int command_set(int argc, char **argv)
{
    predictor_place_t place = {.port_given = false};
    int mode = 0, goal = 0;
    change_t change = {.origin = "cli"};
    const flag_t table[] = {
        {.name = "--mode",
         .type = FLAG_CHOICE,
         .value = &mode,
         .given = &change.has_mode,
         .choices = agent_mode_names,
         .choice_count = MODE_COUNT,
         .help = "active decides, monitoring only watches, disabled leaves the job alone"},
        {.name = "--goal",
         .type = FLAG_CHOICE,
         .value = &goal,
         .given = &change.has_goal,
         .choices = goal_names,
         .choice_count = GOAL_COUNT,
         .help = "what is saved: waiting, its worst cases, or batches"},
        {.name = "--budget",
         .type = FLAG_NUMBER,
         .value = &change.budget,
         .given = &change.has_budget,
         .argument = "RATIO",
         .minimum = BUDGET_MINIMUM,
         .maximum = BUDGET_MAXIMUM,
         .help = "batches allowed, of those of the job's own trigger: 1 as many"},
        PREDICTOR_FLAGS(place),
    };
    flags_t flags = {
        .command = "set",
        .summary = "Changes how a running query is decided for, without a restart of its job. QUERY: its "
                   "name, or \"*\" for all.",
        .table = table,
        .count = sizeof table / sizeof table[0],
        .operands_help = "QUERY",
        .operands_minimum = 1,
        .operands_maximum = 1,
        .operands_anywhere = true,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (!change_asks(&change))
        return flags_usage_error(&flags, "nothing to set: --mode, --goal or --budget is needed");
    change.mode = (agent_mode_t)mode;
    change.goal = (goal_t)goal;
    return ask_change("set", &place, flags.operands[0], &change,
                      "is told with its next forecast, within a second or so; it applies from its next wait "
                      "on, another goal or budget after a warm-up.");
}
