/* A config file that is changed under a running agent. */
/* links: forecasts protocol control common */
#include "agent/config_watch.h"
#include "common/option_sources.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/adaptivestream-config-XXXXXX";
static char string[128];

/* Each state gets a time of its own: two of the same size within a tick of the file system's clock look alike. */
static void write_config(const char *text)
{
    static time_t time_s = 1000000000;
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    const struct timespec times[2] = {{.tv_sec = time_s}, {.tv_sec = time_s++}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void begin(const char *others)
{
    options_t options;
    char error[256], warning[256];
    snprintf(string, sizeof string, "config=%s%s", path, others);
    assert_true(options_load(string, NULL, &options, error, sizeof error, warning, sizeof warning));
    config_watch_begin(string, &options);
}

/* What the look after the one that finds the file still brings. */
static bool settled(change_t *change)
{
    for (int i = 0; i < 3; i++)
        if (config_watch_look(change)) return true;
    return false;
}

static void what_it_comes_to_say_is_told_once(void **state)
{
    (void)state;
    change_t change;
    write_config("goal=latency\n");
    begin("");
    assert_false(settled(&change));
    write_config("goal=cost\nbudget=0.8\n");
    assert_false(config_watch_look(&change)); /* it may still be being written */
    assert_true(config_watch_look(&change));
    assert_true(change.has_goal && change.goal == GOAL_COST && change.has_budget && change.budget == 0.8);
    assert_false(change.has_mode);
    assert_string_equal(change.origin, "file");
    assert_false(settled(&change));
    write_config("goal=cost\nbudget=0.8\nmode=monitoring\n");
    assert_true(settled(&change));
    assert_true(change.has_mode && change.mode == MODE_MONITORING && !change.has_goal && !change.has_budget);
    write_config("goal=cost\nbudget=0.8\nmode=monitoring\nmax_wait=3s\n");
    assert_false(settled(&change));
    write_config("");
    assert_false(settled(&change));
    write_config("# back to the defaults\n");
    assert_true(settled(&change));
    assert_true(change.goal == GOAL_BALANCED && change.budget == 1 && change.mode == MODE_ACTIVE);
}

static void one_that_was_changed_before_the_first_look_is_read(void **state)
{
    (void)state;
    change_t change;
    write_config("goal=latency\n");
    begin("");
    write_config("goal=strict\n");
    assert_true(settled(&change));
    assert_int_equal(change.goal, GOAL_STRICT);
}

static void the_agents_string_wins(void **state)
{
    (void)state;
    change_t change;
    write_config("\n");
    begin(",goal=latency");
    assert_false(settled(&change));
    write_config("goal=cost\nmode=monitoring\n");
    assert_true(settled(&change));
    assert_true(change.has_mode && !change.has_goal);
}

static void one_that_is_wrong_or_gone_changes_nothing(void **state)
{
    (void)state;
    change_t change;
    write_config("goal=latency\n");
    begin("");
    assert_false(settled(&change));
    write_config("goal=fast\n");
    assert_false(settled(&change));
    unlink(path);
    assert_false(settled(&change));
    write_config("goal=latency\nbudget=2\n");
    assert_true(settled(&change));
    assert_true(!change.has_goal && change.budget == 2);
}

static void without_a_file_nothing_is_followed(void **state)
{
    (void)state;
    options_t options;
    change_t change;
    options_defaults(&options);
    config_watch_begin("", &options);
    assert_false(settled(&change));
}

static int make_file(void **state)
{
    (void)state;
    const int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    options_t options;
    options_defaults(&options);
    config_watch_begin(NULL, &options);
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_comes_to_say_is_told_once),
        cmocka_unit_test(one_that_was_changed_before_the_first_look_is_read),
        cmocka_unit_test(the_agents_string_wins),
        cmocka_unit_test(one_that_is_wrong_or_gone_changes_nothing),
        cmocka_unit_test(without_a_file_nothing_is_followed),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
