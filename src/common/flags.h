/*
 * Command-line flags of one subcommand, or of a program, from one table that gives name, type, default, range and help and
 * drives parsing, messages and --help. Both "--name value" and "--name=value" are read; "--" ends the flags.
 *
 *     const flag_t table[] = {
 *         {.name = "--topic", .type = FLAG_TEXT, .value = &topic, .argument = "NAME", .help = "topic to write to"},
 *         {.name = "--seed", .type = FLAG_INTEGER, .value = &seed, .preset = "1", .maximum = 1e9, ...},
 *     };
 *     flags_t flags = {.command = "generate", .summary = "...", .table = table, .count = 2};
 *     int exit_code;
 *     if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
 */
#ifndef ADAPTIVESTREAM_COMMON_FLAGS_H
#define ADAPTIVESTREAM_COMMON_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of every subcommand. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum { FLAG_LIST_MAXIMUM = 64, FLAGS_MAXIMUM = 64 };

/* Filled by a flag that may be repeated. */
typedef struct {
    const char *items[FLAG_LIST_MAXIMUM];
    size_t count;
} flag_list_t;

typedef enum {
    FLAG_SWITCH,   /* bool: given or not */
    FLAG_TEXT,     /* const char *: NULL when it has no preset and is not given */
    FLAG_INTEGER,  /* int64_t, minimum to maximum */
    FLAG_NUMBER,   /* double, minimum to maximum */
    FLAG_DURATION, /* int64_t ns; typed as seconds or with a unit ("2", "0.1", "500ms", "2 seconds");
                      minimum and maximum in seconds */
    FLAG_CHOICE,   /* int: index in `choices` */
    FLAG_LIST      /* flag_list_t; may be repeated, no preset */
} flag_type_t;

typedef struct {
    const char *name; /* with its dashes: "--topic", "-X" */
    flag_type_t type;
    void *value;          /* of the type above */
    bool *given;          /* set when the flag was typed; may be NULL */
    const char *argument; /* how help names the value: "NAME", "SECONDS"; for FLAG_CHOICE it may be NULL */
    const char *preset;   /* the default, as one would type it; NULL leaves *value as it is */
    double minimum;
    double maximum;
    const char *const *choices; /* FLAG_CHOICE */
    size_t choice_count;
    const char *help; /* the default is added to it */
} flag_t;

typedef struct {
    const char *command; /* "generate"; NULL for the flags of a program */
    const char *program; /* that program: "adaptivestream-predictor"; NULL stands for adaptivestream */
    const char *
        summary; /* under the usage line of --help; wrapped as in common/wrapped.h, and so are notes and helps */
    const flag_t *table;
    size_t count;      /* up to FLAGS_MAXIMUM */
    const char *notes; /* at the end of --help; NULL when there are none */

    const char
        *operands_help; /* how the usage line shows operands: "-- COMMAND..."; NULL when there are none */
    size_t operands_minimum;
    size_t operands_maximum; /* 0: operands are refused */
    bool operands_anywhere;  /* flags may follow operands; else the first operand ends the flags */

    /* Set by flags_parse(): what is no flag, inside argv, which is reordered for it. */
    char **operands;
    size_t operand_count;
} flags_t;

/* Sets presets, then reads argv[1] to argv[argc - 1]. On false the
 * subcommand returns *exit_code: EXIT_OK after printing the help for --help or -h, EXIT_USAGE after one line
 * on stderr that names the flag, the value and what is allowed. Strings point into argv. */
bool flags_parse(flags_t *flags, int argc, char **argv, int *exit_code);

/* One line "PROGRAM COMMAND: TEXT" and a pointer to --help, on stderr: for a rule between several
 * flags. Returns EXIT_USAGE. */
int flags_usage_error(const flags_t *flags, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
