/*
 * adaptivestream: one program, one file a subcommand.
 */
#include "cli/commands.h"
#include "common/flags.h"
#include "common/parse.h"
#include "common/wrapped.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    const char *help;                       /* one line */
    int (*function)(int argc, char **argv); /* argv[0] is the subcommand's name; returns the exit code */
} command_t;

static int command_help(int argc, char **argv);
static int command_version(int argc, char **argv);

/* In the order of --help: most used first. */
static const command_t commands[] = {
    {"generate", "send synthetic or recorded traffic to Kafka", command_generate},
    {"estimate", "what an adaptive trigger would bring a job, from a trace or its own reports",
     command_estimate},
    {"simulate", "replay recorded traffic through all policies: waits and batches of each", command_simulate},
    {"record", "write the arrivals of a Kafka topic into a trace, for generate to send again",
     command_record},
    {"measure", "print how long events waited in a real query, from Spark's and Kafka's records",
     command_measure},
    {"benchmark", "run all ways to set a trigger on real Spark and Kafka, and report waits and prices",
     command_benchmark},
    {"replay", "check that the agent's journal gives the same decisions again", command_replay},
    {"status", "what every running query does and has brought so far", command_status},
    {"top", "the same, once a second", command_top},
    {"explain", "why a trigger fired when it did, in sentences", command_explain},
    {"set", "change a running query's mode, goal or budget", command_set},
    {"freeze", "leave a running query to its own trigger, until release", command_freeze},
    {"release", "give a frozen query back to the agent", command_release},
    {"dashboard", "show what the agent's journal tells in a browser", command_dashboard},
    {"train", "train a forecasting model on synthetic or recorded traffic", command_train},
    {"evaluate", "compare forecasters on synthetic or recorded traffic", command_evaluate},
    {"predictor", "forecast arrival rates for agents, over TCP", command_predictor},
    {"options", "print or check the options of the agent", command_options},
    {"version", "print the version", command_version},
    {"help", "explain a subcommand: adaptivestream help generate", command_help},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0], HELP_COLUMN = 13 };

static const command_t *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0) return &commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_name(name, names, COMMAND_COUNT);
    fprintf(stderr, "adaptivestream: unknown subcommand '%s'", name);
    if (nearest != NULL) fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, " (see adaptivestream help)\n");
    return EXIT_USAGE;
}

static void print_commands(FILE *out)
{
    fprintf(out, "Usage: adaptivestream SUBCOMMAND [flags]\n\n"
                 "Makes the trigger of a Spark Structured Streaming job adaptive.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-*s", HELP_COLUMN - 2, commands[i].name);
        wrapped_print(out, commands[i].help, HELP_COLUMN, HELP_COLUMN, wrapped_help_width(out));
    }
    fprintf(out, "\nEvery subcommand explains its flags: adaptivestream SUBCOMMAND --help\n");
}

static int command_help(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        print_commands(stdout);
        return EXIT_OK;
    }
    const command_t *command = find_command(argv[1]);
    if (command == NULL) return unknown_command(argv[1]);
    if (command->function == command_help) {
        print_commands(stdout);
        return EXIT_OK;
    }
    char flag[] = "--help";
    char *arguments[] = {argv[1], flag, NULL};
    return command->function(2, arguments);
}

static int command_version(int argc, char **argv)
{
    flags_t flags = {.command = "version", .summary = "Prints the version."};
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    printf("adaptivestream %s\n", ADAPTIVESTREAM_VERSION);
    return EXIT_OK;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    const command_t *command = find_command(name);
    if (command == NULL) return unknown_command(name);
    return command->function(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int exit_code = dispatch(argc, argv);
    /* A full disk shows only now; a report that did not arrive is a failure. */
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && exit_code == EXIT_OK) {
        fprintf(stderr, "adaptivestream: cannot write the output: %s\n", strerror(errno != 0 ? errno : EIO));
        exit_code = EXIT_FAILED;
    }
    return exit_code;
}
