/*
 * The flags that say which recorded traffic is looked at and what a batch costs, for the subcommands that simulate.
 */
#ifndef ADAPTIVESTREAM_CLI_TRAFFIC_FLAGS_H
#define ADAPTIVESTREAM_CLI_TRAFFIC_FLAGS_H

#include "benchmark/simulate.h"
#include "common/flags.h"
#include "traffic/slots.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t bin_ns, limit_ns, seed, trigger_ns;
    double scale, speed;
    const char *batch_cost;
    batch_model_t model; /* of batch_cost: set by traffic_flags_check() */
} traffic_flags_t;

enum { TRAFFIC_FLAGS = 7 };

/* Fills `table` with --bin, --scale, --speed, --limit, --seed, --trigger and --batch-cost, which set *settings. */
void traffic_flags_add(flag_t table[TRAFFIC_FLAGS], traffic_flags_t *settings);

/* Reads what flags_parse() could not; on false `flags` has been told and *exit_code is set. */
bool traffic_flags_check(const flags_t *flags, traffic_flags_t *settings, int *exit_code);

/* The trace at `path` ("-": standard input) in slots for a simulation at the trigger. On failure `error` holds one
 * sentence and *slots is empty. */
bool traffic_load(const char *path, const traffic_flags_t *settings, slots_t *slots, char *error,
                  size_t error_size);

/* "250ms+20us", "250ms": the time of a batch whatever its size and the time of each of its events. */
bool parse_batch_cost(const char *text, batch_model_t *model);

#endif
