/*
 * What one can type after `adaptivestream generate`.
 */
#ifndef ADAPTIVESTREAM_CLI_GENERATE_FLAGS_H
#define ADAPTIVESTREAM_CLI_GENERATE_FLAGS_H

#include "cli/kafka_flags.h"
#include "common/flags.h"
#include "traffic/shape.h"

#include <stdbool.h>
#include <stdint.h>

/* The flags as typed. */
typedef struct {
    const char *topic, *shape_text, *trace_path, *seconds_path;
    int64_t duration_ns, bin_ns, seed, payload_bytes, keys;
    double baseline_per_s, burst_multiplier, burst_probability, noise_per_s, key_skew, scale, speed;
    int spacing;
    kafka_flags_t kafka;
    bool log_uniform, dry_run, json, quiet;
    bool duration_given, shape_given, baseline_given, multiplier_given, probability_given;
    bool noise_given, skew_given, bin_given, scale_given, speed_given;
} generate_settings_t;

/* For flags_parse(), which fills generate_settings. */
extern flags_t generate_flags;
extern generate_settings_t generate_settings;

/* Flags that would silently do nothing are mistakes of the user: a sentence on the first one, or NULL. `shape`
 * holds what --shape comes to. */
const char *generate_useless_flag(const generate_settings_t *settings, const shape_t *shape);

#endif
