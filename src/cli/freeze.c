/*
 * adaptivestream freeze and release: a running query is left to its own trigger, and given back.
 */
#include "cli/ask_change.h"
#include "cli/commands.h"

static int ask_for_mode(int argc, char **argv, const char *summary, agent_mode_t mode, const char *done)
{
    predictor_place_t place = {.port_given = false};
    const flag_t table[] = {PREDICTOR_FLAGS(place)};
    flags_t flags = {
        .command = argv[0],
        .summary = summary,
        .table = table,
        .count = sizeof table / sizeof table[0],
        .operands_help = "QUERY",
        .operands_minimum = 1,
        .operands_maximum = 1,
        .operands_anywhere = true,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    const change_t change = {.has_mode = true, .mode = mode, .origin = "cli"};
    return ask_change(argv[0], &place, flags.operands[0], &change, done);
}

int command_freeze(int argc, char **argv)
{
    return ask_for_mode(
        argc, argv,
        "Leaves a running query to its own trigger until it is released: the agent goes on deciding and "
        "recording, but no longer acts (mode monitoring). QUERY: its name, or \"*\" for all. A job that is "
        "started anew has the mode of its options.",
        MODE_MONITORING,
        "keeps its own trigger from its next wait on, until it is released; it is told within a second or "
        "so.");
}

int command_release(int argc, char **argv)
{
    return ask_for_mode(argc, argv,
                        "Gives a query that was frozen back to the agent, with all it has learned meanwhile "
                        "(mode active). QUERY: its name, or \"*\" for all.",
                        MODE_ACTIVE,
                        "is decided for again from its next wait on; it is told within a second or so.");
}
