/* The options table: defaults, ranges, and an error for each way to get it wrong. */
/* links: common */
#include "common/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

static options_t parsed(const char *text)
{
    options_t options;
    char error[256] = "";
    options_defaults(&options);
    if (!options_parse(text, &options, error, sizeof error)) fail_msg("%s: %s", text, error);
    return options;
}

static void fails(const char *text, const char *expected)
{
    options_t options;
    char error[512] = "";
    options_defaults(&options);
    assert_false(options_parse(text, &options, error, sizeof error));
    assert_string_equal(error, expected);
}

static void has_the_documented_defaults(void **state)
{
    (void)state;
    const options_t none = parsed(NULL), empty = parsed("");
    assert_memory_equal(&none, &empty, sizeof none);
    assert_int_equal(none.mode, MODE_ACTIVE);
    assert_int_equal(none.goal, GOAL_BALANCED);
    assert_true(none.budget == 1.0);
    assert_int_equal(none.policy, POLICY_ADAPTIVE);
    assert_int_equal(none.min_interval_ns, 100 * MILLISECOND);
    assert_int_equal(none.max_interval_ns, 30 * SECOND);
    assert_int_equal(none.max_wait_ns, 0);
    assert_int_equal(none.update_period_ns, 1 * SECOND);
    assert_int_equal(none.fallback_interval_ns, 0);
    assert_int_equal(none.default_trigger, DEFAULT_TRIGGER_LEAVE);
    assert_string_equal(none.config, "");
    assert_int_equal(none.warmup_ns, 30 * SECOND);
    assert_int_equal(none.poll_ns, 0);
    assert_string_equal(none.queries, "*");
    assert_string_equal(none.journal, "");
    assert_string_equal(none.log, "stderr");
    assert_int_equal(none.log_level, LOG_INFO);
    assert_string_equal(none.predictor, "spawn");
    assert_int_equal(none.predictor_port, 9876);
    assert_string_equal(none.predictor_path, "");
    assert_string_equal(none.predictor_token_file, "");
    assert_int_equal(none.forecaster, FORECAST_BY_AUTO);
    assert_string_equal(none.model, "");
    assert_int_equal(none.on_predictor_loss, LOSS_FALLBACK);
    assert_string_equal(none.state_dir, "");
    assert_string_equal(none.dashboard, "127.0.0.1:9877");
}

static void reads_where_forecasts_come_from(void **state)
{
    (void)state;
    const options_t options = parsed(
        "predictor=forecasts.example.org:9000,predictor_port=65535,predictor_path=/opt/"
        "p,predictor_token_file="
        "/run/token,forecaster=ridge,model=/m,on_predictor_loss=adapt,state_dir=/var/lib/a,dashboard=off");
    assert_string_equal(options.predictor, "forecasts.example.org:9000");
    assert_int_equal(options.predictor_port, 65535);
    assert_string_equal(options.predictor_path, "/opt/p");
    assert_string_equal(options.predictor_token_file, "/run/token");
    assert_int_equal(options.forecaster, FORECAST_BY_RIDGE);
    assert_string_equal(options.model, "/m");
    assert_int_equal(options.on_predictor_loss, LOSS_ADAPT);
    assert_string_equal(options.state_dir, "/var/lib/a");
    assert_string_equal(options.dashboard, "off");
    assert_string_equal(parsed("predictor=off").predictor, "off");
    assert_string_equal(parsed("predictor=[::1]:1").predictor, "[::1]:1");
    fails("predictor=on", "predictor=on: must be spawn or off or HOST:PORT");
    fails("predictor=host:", "predictor=host:: must be spawn or off or HOST:PORT");
    fails("predictor=:9876", "predictor=:9876: must be spawn or off or HOST:PORT");
    fails("predictor=a b:9876", "predictor=a b:9876: must be spawn or off or HOST:PORT");
    fails("predictor=::1:9876", "predictor=::1:9876: must be spawn or off or HOST:PORT");
    fails("predictor=host:65536", "predictor=host:65536: must be spawn or off or HOST:PORT");
    fails("predictor=host:0", "predictor=host:0: must be spawn or off or HOST:PORT");
    fails("dashboard=9877", "dashboard=9877: must be off or HOST:PORT");
    fails("predictor_port=0", "predictor_port=0: must be a whole number from 1 to 65535");
    fails("predictor_port=1e3", "predictor_port=1e3: must be a whole number from 1 to 65535");
    fails("forecaster=gru", "forecaster=gru: must be auto, none, lstm, ema, holt, ridge or last");
    fails("on_predictor_loss=stop", "on_predictor_loss=stop: must be fallback or adapt");
    fails("predicter=off", "unknown option \"predicter\"; did you mean \"predictor\"?");
}

static void reads_every_key(void **state)
{
    (void)state;
    const options_t options =
        parsed("mode=monitoring,goal=cost,budget=0.5,policy=fixed,min_interval=0,max_interval=1m,max_wait=4s,"
               "update_period=5s,fallback_interval=3s,default_trigger=govern,config=/etc/"
               "a.conf,warmup=10s,poll=50ms,queries=a+b*,journal=/var/log/j.jsonl,log=/x=y,log_level=debug");
    assert_int_equal(options.mode, MODE_MONITORING);
    assert_int_equal(options.goal, GOAL_COST);
    assert_true(options.budget == 0.5);
    assert_int_equal(options.policy, POLICY_FIXED);
    assert_int_equal(options.min_interval_ns, 0);
    assert_int_equal(options.max_interval_ns, 60 * SECOND);
    assert_int_equal(options.max_wait_ns, 4 * SECOND);
    assert_int_equal(options.update_period_ns, 5 * SECOND);
    assert_int_equal(options.fallback_interval_ns, 3 * SECOND);
    assert_int_equal(options.default_trigger, DEFAULT_TRIGGER_GOVERN);
    assert_string_equal(options.config, "/etc/a.conf");
    assert_int_equal(options.warmup_ns, 10 * SECOND);
    assert_int_equal(options.poll_ns, 50 * MILLISECOND);
    assert_string_equal(options.queries, "a+b*");
    assert_string_equal(options.journal, "/var/log/j.jsonl");
    assert_string_equal(options.log, "/x=y");
    assert_int_equal(options.log_level, LOG_DEBUG);
}

static void later_keys_win_and_empty_items_pass(void **state)
{
    (void)state;
    const options_t options = parsed(",goal=cost,,goal=strict,journal=x,journal=,");
    assert_int_equal(options.goal, GOAL_STRICT);
    assert_string_equal(options.journal, "");
}

static void accepts_both_ends_of_a_range(void **state)
{
    (void)state;
    assert_true(parsed("budget=0.1").budget == 0.1);
    assert_true(parsed("budget=10").budget == 10);
    assert_int_equal(parsed("min_interval=0,max_interval=10ms").max_interval_ns, 10 * MILLISECOND);
    assert_int_equal(parsed("max_interval=24h").max_interval_ns, 86400 * SECOND);
    assert_int_equal(parsed("poll=60s").poll_ns, 60 * SECOND);
    assert_int_equal(parsed("poll=0").poll_ns, 0);
    assert_int_equal(parsed("min_interval=30s").min_interval_ns, 30 * SECOND);
}

static void names_the_nearest_option(void **state)
{
    (void)state;
    fails("gaol=cost", "unknown option \"gaol\"; did you mean \"goal\"?");
    fails("max_intervall=1s", "unknown option \"max_intervall\"; did you mean \"max_interval\"?");
    fails("gaol", "unknown option \"gaol\"; did you mean \"goal\"?");
    fails(
        "xyzzy=1",
        "unknown option \"xyzzy\"; known are mode, goal, budget, policy, min_interval, "
        "max_interval, max_wait, update_period, fallback_interval, default_trigger, warmup, poll, predictor, "
        "predictor_port, predictor_path, predictor_token_file, forecaster, model, on_predictor_loss, "
        "state_dir, "
        "dashboard, queries, config, journal, journal_size, log, log_level");
}

static void names_the_range(void **state)
{
    (void)state;
    fails("journal_size=64", "journal_size=64: must be a size from 1MB to 1TB, 0 is no bound");
    fails("journal_size=10KB", "journal_size=10KB: must be a size from 1MB to 1TB, 0 is no bound");
    assert_int_equal(parsed("journal_size=64mb").journal_size_bytes, 64 << 20);
    assert_int_equal(parsed("journal_size=0").journal_size_bytes, 0);
    assert_int_equal(parsed("").journal_size_bytes, 256 << 20);
    fails("budget=20", "budget=20: must be a number from 0.1 to 10");
    fails("budget=0.09", "budget=0.09: must be a number from 0.1 to 10");
    fails("budget=nan", "budget=nan: must be a number from 0.1 to 10");
    fails("budget=1x", "budget=1x: must be a number from 0.1 to 10");
    fails("budget=", "budget=: must be a number from 0.1 to 10");
    fails("max_interval=5ms", "max_interval=5ms: must be a duration from 10ms to 24h");
    fails("max_interval=30", "max_interval=30: must be a duration from 10ms to 24h");
    fails("poll=1ms", "poll=1ms: must be a duration from 10ms to 60s, 0 is by trigger");
    fails("warmup=-1s", "warmup=-1s: must be a duration from 0 to 1h");
    fails("goal=fast", "goal=fast: must be balanced, strict, latency or cost");
    fails("mode=ACTIVE", "mode=ACTIVE: must be active, monitoring or disabled");
    fails("queries=", "queries=: must be 1 to 511 bytes");
    fails("log=", "log=: must be 1 to 511 bytes");
}

static void asks_for_a_missing_value(void **state)
{
    (void)state;
    fails("mode", "option \"mode\" needs a value: write mode=VALUE, active, monitoring or disabled");
}

static void names_both_keys_of_a_contradiction(void **state)
{
    (void)state;
    fails("min_interval=60s,max_interval=30s",
          "min_interval=1m is longer than max_interval=30s: lower one or raise the other");
    fails("max_interval=50ms",
          "min_interval=100ms is longer than max_interval=50ms: lower one or raise the other");
}

static void bounds_long_texts(void **state)
{
    (void)state;
    char text[2000];
    int start = snprintf(text, sizeof text, "journal=");
    memset(text + start, 'j', 511);
    text[start + 511] = '\0';
    assert_int_equal(strlen(parsed(text).journal), 511);
    text[start + 511] = 'j';
    text[start + 512] = '\0';
    fails(
        text,
        "journal=jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj...: must be at most 511 bytes");

    memset(text, 'k', 1000);
    text[1000] = '\0';
    options_t options;
    char error[64];
    options_defaults(&options);
    assert_false(options_parse(text, &options, error, sizeof error));
    assert_int_equal(strlen(error), sizeof error - 1);
    assert_memory_equal(error, "unknown option \"kkk", 19);
}

static bool selects(const char *queries, const char *name, const char *id)
{
    options_t options;
    options_defaults(&options);
    snprintf(options.queries, sizeof options.queries, "%s", queries);
    return options_select_query(&options, name, id);
}

static void selects_by_name_or_id(void **state)
{
    (void)state;
    assert_true(selects("*", "orders", "1b"));
    assert_true(selects("*", NULL, "1b"));
    assert_true(selects("orders", "orders", "1b"));
    assert_false(selects("orders", "orders2", "1b"));
    assert_false(selects("orders", "order", "1b"));
    assert_false(selects("orders", NULL, "1b"));
    assert_true(selects("1b", NULL, "1b"));
    assert_true(selects("clicks+orders", "orders", "1b"));
    assert_true(selects("clicks;orders", "orders", "1b"));
    assert_true(selects("+;orders;", "orders", "1b"));
    assert_false(selects("+;+", "orders", "1b"));
    assert_false(selects("+;+", "", ""));
    assert_true(selects("orders", "orders", NULL));
}

static void wildcards_match_any_run(void **state)
{
    (void)state;
    assert_true(selects("ord*", "orders", "x"));
    assert_true(selects("*ers", "orders", "x"));
    assert_true(selects("o*d*s", "orders", "x"));
    assert_true(selects("orders*", "orders", "x"));
    assert_true(selects("**orders**", "orders", "x"));
    assert_true(selects("*ab", "aabab", "x"));
    assert_true(selects("a*ab*b", "aXabYb", "x"));
    assert_false(selects("a*ab*b", "aXaXb", "x"));
    assert_false(selects("ord*x", "orders", "y"));
    assert_false(selects("*ers+x", "orderz", "y"));
}

static void wildcards_stay_fast(void **state)
{
    (void)state;
    char pattern[OPTION_TEXT_SIZE], name[4000];
    size_t length = 0;
    while (length + 3 < sizeof pattern)
        length += (size_t)snprintf(pattern + length, 3, "*a");
    snprintf(pattern + length, sizeof pattern - length, "b");
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(selects(pattern, name, "x")); /* exponential matchers do not come back */
}

static void help_fits_eighty_columns(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    options_print_help(out);
    fclose(out);
    const char *const expected[] = {"  mode ",
                                    "  goal ",
                                    "  budget ",
                                    "  policy ",
                                    "  min_interval ",
                                    "  max_interval ",
                                    "  max_wait ",
                                    "  update_period ",
                                    "  fallback_interval ",
                                    "  default_trigger ",
                                    "  warmup ",
                                    "  poll ",
                                    "  predictor ",
                                    "  predictor_port ",
                                    "  predictor_path ",
                                    "  predictor_token_file ",
                                    "  forecaster ",
                                    "  model ",
                                    "  on_predictor_loss ",
                                    "  state_dir ",
                                    "  dashboard ",
                                    "  queries ",
                                    "  config ",
                                    "  journal ",
                                    "  journal_size ",
                                    "  log ",
                                    "  log_level "};
    size_t options = 0;
    char last = ')'; /* of the option before: its range */
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 80);
        if (line[2] != ' ') {
            assert_true(options < sizeof expected / sizeof expected[0]);
            assert_memory_equal(line, expected[options], strlen(expected[options]));
            assert_int_equal(last, ')');
            options++;
        } else {
            assert_int_equal(strspn(line, " "), 38);
        }
        last = line[strlen(line) - 1];
    }
    assert_int_equal(last, ')');
    assert_int_equal(options, sizeof expected / sizeof expected[0]);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_documented_defaults),
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(reads_where_forecasts_come_from),
        cmocka_unit_test(later_keys_win_and_empty_items_pass),
        cmocka_unit_test(accepts_both_ends_of_a_range),
        cmocka_unit_test(names_the_nearest_option),
        cmocka_unit_test(names_the_range),
        cmocka_unit_test(asks_for_a_missing_value),
        cmocka_unit_test(names_both_keys_of_a_contradiction),
        cmocka_unit_test(bounds_long_texts),
        cmocka_unit_test(selects_by_name_or_id),
        cmocka_unit_test(wildcards_match_any_run),
        cmocka_unit_test(wildcards_stay_fast),
        cmocka_unit_test(help_fits_eighty_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
