#include "cli/generate_flags.h"

#include "cli/trace_flags.h"
#include "generator/event.h"
#include "generator/keys.h"
#include "traffic/arrivals.h"

generate_settings_t generate_settings;

static const flag_t table[] = {
    {.name = "--topic",
     .type = FLAG_TEXT,
     .value = &generate_settings.topic,
     .argument = "NAME",
     .preset = "adaptive-stream",
     .help = "Kafka topic to write to; it must exist"},
    KAFKA_BROKER_FLAG(generate_settings.kafka),
    {.name = "--duration",
     .type = FLAG_DURATION,
     .value = &generate_settings.duration_ns,
     .given = &generate_settings.duration_given,
     .argument = "SECONDS",
     .preset = "300",
     .minimum = 0.001,
     .maximum = 31536000,
     .help = "Length of the run; phases and traces end by themselves, or earlier if this is given"},
    {.name = "--shape",
     .type = FLAG_TEXT,
     .value = &generate_settings.shape_text,
     .given = &generate_settings.shape_given,
     .argument = "SHAPE",
     .preset = "burst",
     .help = "burst (30 s ramp, hold, ramp), steady, phases=RATExSECONDS,..., or one of those below"},
    {.name = "--baseline",
     .type = FLAG_NUMBER,
     .value = &generate_settings.baseline_per_s,
     .given = &generate_settings.baseline_given,
     .argument = "RATE",
     .preset = "100",
     .minimum = 0,
     .maximum = SHAPE_RATE_MAXIMUM_PER_S,
     .help = "Events a second of steady, and of other shapes outside bursts and peaks"},
    {.name = "--log-uniform",
     .type = FLAG_SWITCH,
     .value = &generate_settings.log_uniform,
     .help = "Let the seed draw the baseline: 10 to the power of 1 to 5.7"},
    {.name = "--burst-mult",
     .type = FLAG_NUMBER,
     .value = &generate_settings.burst_multiplier,
     .given = &generate_settings.multiplier_given,
     .argument = "FACTOR",
     .preset = "8",
     .minimum = 1,
     .maximum = 1e6,
     .help = "Height of a burst, in baselines"},
    {.name = "--burst-prob",
     .type = FLAG_NUMBER,
     .value = &generate_settings.burst_probability,
     .given = &generate_settings.probability_given,
     .argument = "CHANCE",
     .preset = "0.1",
     .minimum = 0,
     .maximum = 1,
     .help = "Probability that a burst begins, in each second outside one"},
    {.name = "--noise",
     .type = FLAG_NUMBER,
     .value = &generate_settings.noise_per_s,
     .given = &generate_settings.noise_given,
     .argument = "RATE",
     .preset = "10",
     .minimum = 0,
     .maximum = 1e6,
     .help = "Deviation of the rate of the shapes below; with --log-uniform a tenth of the baseline"},
    {.name = "--trace",
     .type = FLAG_TEXT,
     .value = &generate_settings.trace_path,
     .argument = "FILE",
     .help = "Replay a recorded trace (CSV with the header count, may be gzip) instead of a shape"},
    TRACE_BIN_FLAG(generate_settings.bin_ns, &generate_settings.bin_given),
    {.name = "--scale",
     .type = FLAG_NUMBER,
     .value = &generate_settings.scale,
     .given = &generate_settings.scale_given,
     .argument = "FACTOR",
     .preset = "1",
     .minimum = 1e-6,
     .maximum = 1e6,
     .help = "Multiply the trace's counts"},
    {.name = "--speed",
     .type = FLAG_NUMBER,
     .value = &generate_settings.speed,
     .given = &generate_settings.speed_given,
     .argument = "FACTOR",
     .preset = "1",
     .minimum = 1e-3,
     .maximum = 1e6,
     .help = "Replay the trace this many times faster"},
    {.name = "--spacing",
     .type = FLAG_CHOICE,
     .value = &generate_settings.spacing,
     .preset = "poisson",
     .choices = spacing_names,
     .choice_count = SPACING_COUNT,
     .help = "Random or equal gaps between events"},
    {.name = "--seed",
     .type = FLAG_INTEGER,
     .value = &generate_settings.seed,
     .argument = "NUMBER",
     .preset = "1",
     .minimum = 0,
     .maximum = 9007199254740992,
     .help = "The same seed gives the same events on any machine"},
    {.name = "--payload",
     .type = FLAG_INTEGER,
     .value = &generate_settings.payload_bytes,
     .argument = "BYTES",
     .preset = "100",
     .minimum = 0,
     .maximum = EVENT_PAYLOAD_MAXIMUM,
     .help = "Size of each event's payload"},
    {.name = "--keys",
     .type = FLAG_INTEGER,
     .value = &generate_settings.keys,
     .argument = "NUMBER",
     .preset = "0",
     .minimum = 0,
     .maximum = KEYS_MAXIMUM,
     .help =
         "Give events the keys key-0, key-1, ...; equal keys share a partition. 0: no key, all partitions "
         "in turn"},
    {.name = "--key-skew",
     .type = FLAG_NUMBER,
     .value = &generate_settings.key_skew,
     .given = &generate_settings.skew_given,
     .argument = "EXPONENT",
     .preset = "0",
     .minimum = 0,
     .maximum = KEYS_SKEW_MAXIMUM,
     .help = "Zipf exponent of the keys, key-0 being the most frequent. 0: all alike"},
    KAFKA_PROPERTY_FLAG(generate_settings.kafka),
    KAFKA_CONFIG_FLAG(generate_settings.kafka),
    {.name = "--dry-run",
     .type = FLAG_SWITCH,
     .value = &generate_settings.dry_run,
     .help = "Print second,count lines instead of sending; no Kafka needed"},
    {.name = "--seconds",
     .type = FLAG_TEXT,
     .value = &generate_settings.seconds_path,
     .argument = "FILE",
     .help = "Write a CSV line for each second: second,planned,sent,in_time"},
    {.name = "--json",
     .type = FLAG_SWITCH,
     .value = &generate_settings.json,
     .help = "Print the final report as one JSON object"},
    {.name = "--quiet",
     .type = FLAG_SWITCH,
     .value = &generate_settings.quiet,
     .help = "No progress line, and no report unless --json"},
};

static const char summary[] = "Sends events to Kafka at scheduled times: synthetic bursts, phases or a "
                              "recorded trace, to all partitions\n"
                              "of the topic. Their Kafka time stamps are the scheduled times. Ctrl-C stops "
                              "and reports. Exits with 1 when\n"
                              "an event was not delivered, or when the target was not held: in some second "
                              "less than 99 % of the events\n"
                              "were sent within 100 ms of their time and acknowledged by Kafka within 1 s.";

static const char notes[] =
    "The shapes noise to sawtooth are those of the original's training series, at a step a second; peaks "
    "reach\n"
    "2 to 10 baselines, and all lengths and heights are drawn again and again until the end of the run:\n"
    "  noise        the baseline          plateau      short rise and fall, long hold\n"
    "  ramp         rise, hold, fall      cliff        rise, hold, sudden fall\n"
    "  wall         jump, hold, fall      double-peak  two rises and falls\n"
    "  mixed        all of them           sawtooth     rises with sudden falls\n"
    "\n" KAFKA_SECURITY_NOTES("generate");

flags_t generate_flags = {
    .command = "generate",
    .summary = summary,
    .table = table,
    .count = sizeof table / sizeof table[0],
    .notes = notes,
};

const char *generate_useless_flag(const generate_settings_t *s, const shape_t *shape)
{
    if (s->dry_run && s->json) return "--json does not go with --dry-run";
    if (s->dry_run && s->seconds_path != NULL) return "--seconds does not go with --dry-run";
    if (s->skew_given && s->keys == 0) return "--key-skew needs --keys";
    if (s->trace_path != NULL) {
        if (s->shape_given) return "--shape does not go with --trace";
        if (s->baseline_given || s->multiplier_given || s->probability_given)
            return "--baseline, --burst-mult and --burst-prob do not go with --trace";
        if (s->log_uniform || s->noise_given) return "--log-uniform and --noise do not go with --trace";
        return NULL;
    }
    if (s->bin_given || s->scale_given || s->speed_given) return "--bin, --scale and --speed need --trace";
    if (s->baseline_given && shape->kind == SHAPE_PHASES) return "--baseline does not go with phases";
    if (s->log_uniform && shape->kind == SHAPE_PHASES) return "--log-uniform does not go with phases";
    if (s->log_uniform && s->baseline_given) return "--log-uniform draws the baseline: leave out --baseline";
    if (s->noise_given && !shape_has_episodes(shape))
        return "--noise goes with the shapes noise, ramp, wall, plateau, cliff, double-peak, sawtooth, mixed "
               "only";
    if ((s->multiplier_given || s->probability_given) && shape->kind != SHAPE_BURST)
        return "--burst-mult and --burst-prob go with --shape burst only";
    return NULL;
}
