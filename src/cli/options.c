/*
 * adaptivestream options: what may follow the agent's path, and a check of such a text before a job is
 * started with it.
 */
#include "common/option_sources.h"

#include "cli/commands.h"
#include "cli/flags.h"

#include <stdio.h>

int command_options(int argc, char **argv)
{
    flags_t flags = {
        .command = "options",
        .summary =
            "Prints the options of the agent: -agentpath:/path/libadaptivestream.so=KEY=VALUE,KEY=VALUE,...\n"
            "Given such a text it checks it, with the file that config= names, and prints nothing when all "
            "is right.\n"
            "The same keys may stand in the environment as ADAPTIVESTREAM_KEY=VALUE.",
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
    char error[1024], warning[256];
    /* The environment here is not that of the driver. */
    if (options_load(flags.operands[0], NULL, &options, error, sizeof error, warning, sizeof warning))
        return EXIT_OK;
    fprintf(stderr, "adaptivestream options: %s\n", error);
    return EXIT_USAGE;
}
