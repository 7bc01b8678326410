/* The agent's options on any text, as a string and as a file: a refusal always says why, an acceptance always holds what the header
 * promises. */
/* links: common */
#include "common/option_sources.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
    if (!holds) abort();
}

static void check_ranges(const options_t *options)
{
    const int64_t ms = 1000000, hour = 3600000 * ms;
    check((unsigned)options->mode < MODE_COUNT && (unsigned)options->goal < GOAL_COUNT);
    check((unsigned)options->policy < POLICY_COUNT && (unsigned)options->log_level < LOG_LEVELS);
    check(options->budget >= 0.1 && options->budget <= 10);
    check(options->min_interval_ns >= 0 && options->min_interval_ns <= hour);
    check(options->max_interval_ns >= 10 * ms && options->max_interval_ns <= 24 * hour);
    check(options->min_interval_ns <= options->max_interval_ns);
    check(options->max_wait_ns >= 0 && options->max_wait_ns <= 24 * hour);
    check(options->warmup_ns >= 0 && options->warmup_ns <= hour);
    check(options->update_period_ns >= 100 * ms && options->update_period_ns <= 60000 * ms);
    check(options->fallback_interval_ns == 0 ||
          (options->fallback_interval_ns >= 10 * ms && options->fallback_interval_ns <= 24 * hour));
    check((unsigned)options->default_trigger < DEFAULT_TRIGGER_COUNT);
    check(options->poll_ns == 0 || (options->poll_ns >= 10 * ms && options->poll_ns <= 60000 * ms));
    check(options->queries[0] != '\0' && strlen(options->queries) < sizeof options->queries);
    check(options->log[0] != '\0' && strlen(options->log) < sizeof options->log);
    check(strlen(options->journal) < sizeof options->journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), error[160] = "";
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    options_t options;
    options_defaults(&options);
    if (options_parse(text, &options, error, sizeof error)) {
        check_ranges(&options);
        options_select_query(&options, text, "c5a9");
        options_select_query(&options, NULL, text);
    } else {
        check(error[0] != '\0' && strlen(error) < sizeof error);
    }
    options_defaults(&options);
    error[0] = '\0';
    if (!options_parse_file(text, size, "a.conf", &options, error, sizeof error)) check(error[0] != '\0');
    free(text);
    return 0;
}
