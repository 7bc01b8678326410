/* Where options come from: precedence, a config file's lines, the environment, and an error for each way to get
 * them wrong. */
/* links: common */
#include "common/option_sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "temporary_file.h"

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static char error[1024], warning[256];

static bool load(const char *text, const char *const *environment, options_t *options)
{
    error[0] = '\0';
    return options_load(text, environment, options, error, sizeof error, warning, sizeof warning);
}

static void write_file(const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void the_string_wins_over_the_environment_over_the_file(void **state)
{
    (void)state;
    options_t options;
    write_file("goal=cost\nbudget = 2\n\n  # a comment\n\twarmup=5s\r\nmax_wait=1s");
    char text[256];
    const char *environment[] = {"PATH=/bin", "ADAPTIVESTREAM_BUDGET=3", "ADAPTIVESTREAM_WARMUP=7s", NULL};
    snprintf(text, sizeof text, "config=%s,warmup=9s", path);
    if (!load(text, environment, &options)) fail_msg("%s", error);
    assert_int_equal(options.goal, GOAL_COST);
    assert_true(options.budget == 3);
    assert_int_equal(options.warmup_ns, 9 * SECOND);
    assert_int_equal(options.max_wait_ns, 1 * SECOND);
    assert_string_equal(options.config, path);
    assert_string_equal(warning, "");
}

static void the_environment_may_name_the_file(void **state)
{
    (void)state;
    options_t options;
    write_file("journal=/tmp/a,b.jsonl\n");
    char variable[256];
    snprintf(variable, sizeof variable, "ADAPTIVESTREAM_CONFIG=%s", path);
    const char *environment[] = {variable, NULL};
    if (!load(NULL, environment, &options)) fail_msg("%s", error);
    assert_string_equal(options.journal, "/tmp/a,b.jsonl"); /* a comma, which the string cannot express */
}

static void nothing_anywhere_gives_the_defaults(void **state)
{
    (void)state;
    options_t options, defaults;
    options_defaults(&defaults);
    assert_true(load(NULL, NULL, &options));
    assert_memory_equal(&options, &defaults, sizeof options);
}

static void file_fails(const char *content, const char *expected)
{
    options_t options;
    options_defaults(&options);
    assert_false(options_parse_file(content, strlen(content), "a.conf", &options, error, sizeof error));
    assert_string_equal(error, expected);
}

static void errors_name_file_and_line(void **state)
{
    (void)state;
    file_fails("goal=cost\n\ngaol=strict\n", "a.conf:3: unknown option \"gaol\"; did you mean \"goal\"?");
    file_fails("budget=20", "a.conf:1: budget=20: must be a number from 0.1 to 10");
    file_fails("# x\nstrict\n", "a.conf:2: \"strict\" is not KEY=VALUE");
    file_fails("config=b.conf\n", "a.conf:1: a config file cannot name another one");
    char long_line[2000];
    memset(long_line, 'x', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    file_fails(long_line, "a.conf:1: a line of more than 639 bytes or with a zero byte");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    options_t options;
    assert_false(load("config=/nowhere/a.conf", NULL, &options));
    assert_string_equal(error, "config=/nowhere/a.conf: No such file or directory");
    assert_false(load("config=/", NULL, &options));
    assert_string_equal(error, "config=/: Is a directory");
    char *large = malloc(70001);
    assert_non_null(large);
    memset(large, '\n', 70000);
    large[70000] = '\0';
    write_file(large);
    char text[256];
    snprintf(text, sizeof text, "config=%s", path);
    assert_false(load(text, NULL, &options));
    assert_non_null(strstr(error, "larger than 65536 bytes"));
    free(large);
}

static void variables_are_checked_like_options(void **state)
{
    (void)state;
    options_t options;
    const char *wrong[] = {"ADAPTIVESTREAM_GOAL=fast", NULL};
    assert_false(load(NULL, wrong, &options));
    assert_string_equal(error, "ADAPTIVESTREAM_GOAL: goal=fast: must be balanced, strict, latency or cost");
    const char *misspelt[] = {"ADAPTIVESTREAM_BUDGETS=2", NULL};
    assert_true(load(NULL, misspelt, &options));
    assert_true(options.budget == 1);
    assert_string_equal(
        warning, "the variable ADAPTIVESTREAM_BUDGETS is no option and not used; did you mean \"budget\"?");
    const char *foreign[] = {"ADAPTIVESTREAM_SPARK_HOME=/opt/spark", "ADAPTIVESTREAM_PORT=1",
                             "ADAPTIVESTREAM_GOAL", NULL};
    assert_true(load(NULL, foreign, &options));
    assert_string_equal(warning, "");
}

static void services_of_kubernetes_are_no_options(void **state)
{
    (void)state;
    options_t options;
    const char *service[] = {"ADAPTIVESTREAM_PREDICTOR_PORT=tcp://10.96.7.8:9876",
                             "ADAPTIVESTREAM_PREDICTOR_SERVICE_HOST=10.96.7.8", "ADAPTIVESTREAM_BUDGET=2",
                             NULL};
    if (!load(NULL, service, &options)) fail_msg("%s", error);
    assert_int_equal(options.predictor_port, 9876);
    assert_true(options.budget == 2);
    assert_string_equal(warning,
                        "the variable ADAPTIVESTREAM_PREDICTOR_PORT=tcp://10.96.7.8:9876 is a service's of "
                        "Kubernetes and not used");
    const char *wrong[] = {"ADAPTIVESTREAM_PREDICTOR_PORT=http", NULL};
    assert_false(load(NULL, wrong, &options));
}

static void contradictions_show_in_the_whole_set_only(void **state)
{
    (void)state;
    options_t options;
    const char *environment[] = {"ADAPTIVESTREAM_MIN_INTERVAL=40s", NULL};
    assert_false(load(NULL, environment, &options));
    assert_non_null(strstr(error, "min_interval=40s is longer than max_interval=30s"));
    assert_true(load("max_interval=50s", environment, &options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_string_wins_over_the_environment_over_the_file),
        cmocka_unit_test(the_environment_may_name_the_file),
        cmocka_unit_test(nothing_anywhere_gives_the_defaults),
        cmocka_unit_test(errors_name_file_and_line),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(variables_are_checked_like_options),
        cmocka_unit_test(services_of_kubernetes_are_no_options),
        cmocka_unit_test(contradictions_show_in_the_whole_set_only),
    };
    return cmocka_run_group_tests_name("option sources", tests, make_file, remove_file);
}
