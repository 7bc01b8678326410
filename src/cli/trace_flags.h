/*
 * The flag that says how wide the bins of a trace are, the same in every subcommand that reads one.
 */
#ifndef ADAPTIVESTREAM_CLI_TRACE_FLAGS_H
#define ADAPTIVESTREAM_CLI_TRACE_FLAGS_H

#include "common/flags.h"

/* An entry of a table of flags: sets `variable`, an int64_t of ns, and *`was_given` unless that is NULL. */
#define TRACE_BIN_FLAG(variable, was_given)                                                                  \
    {                                                                                                        \
        .name = "--bin", .type = FLAG_DURATION, .value = &(variable), .given = (was_given),                  \
        .argument = "SECONDS", .preset = "1", .minimum = 0.001, .maximum = 86400,                            \
        .help = "width of the bins of a trace"                                                               \
    }

#endif
