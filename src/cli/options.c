/*
 * adaptivestream options: what may follow the agent's path, and a check of such a text before a job is
 * started with it.
 */
#include "common/options.h"

#include "cli/commands.h"
#include "cli/flags.h"

#include <stdio.h>

int command_options(int argc, char **argv)
{
    flags_t flags = {
        .command = "options",
        .summary =
            "Prints the options of the agent: -agentpath:/path/libadaptivestream.so=KEY=VALUE,KEY=VALUE,...\n"
            "Given such a text it checks it and prints nothing when it is right.",
        .operands_help = "[KEY=VALUE,...]",
        .operands_maximum = 1,
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    if (flags.operand_count == 0) {
        options_print_help(stdout);
        return EXIT_OK;
    }
    options_t options;
    char error[1024];
    options_defaults(&options);
    if (options_parse(flags.operands[0], &options, error, sizeof error)) return EXIT_OK;
    fprintf(stderr, "adaptivestream options: %s\n", error);
    return EXIT_USAGE;
}
