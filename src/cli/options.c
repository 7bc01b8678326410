/*
 * adaptivestream options: what may follow the agent's path, and a check of such a text before a job is
 * started with it.
 */
#include "common/option_sources.h"

#include "cli/commands.h"
#include "common/flags.h"

#include <stdio.h>
#include <unistd.h>

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
    const bool right = options_load(flags.operands[0], (const char *const *)environ, &options, error,
                                    sizeof error, warning, sizeof warning);
    if (warning[0] != '\0') fprintf(stderr, "adaptivestream options: %s\n", warning);
    if (right) return EXIT_OK;
    fprintf(stderr, "adaptivestream options: %s\n", error);
    return EXIT_USAGE;
}
