/* Where the predictor's program is looked for, and what it is started with. */
/* links: forecasts protocol control common */
#include "agent/program.h"

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

static char root[] = "/tmp/test-program-XXXXXX";
static const char *const folders[] = {"lib", "bin", "path"};

static const char *below(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void make(const char *name, mode_t mode)
{
    const int fd = open(below(name), O_CREAT | O_WRONLY | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    close(fd);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(root)) return -1;
    for (size_t i = 0; i < 3; i++)
        if (mkdir(below(folders[i]), 0700) != 0) return -1;
    const int fd = open(below("lib/libadaptivestream.so"), O_CREAT | O_CLOEXEC | O_WRONLY, 0600);
    close(fd);
    return fd < 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "/bin/rm -rf %s", root);
    return system(command);
}

static options_t with(const char *text)
{
    options_t options;
    char error[256];
    options_defaults(&options);
    assert_true(options_parse(text, &options, error, sizeof error));
    return options;
}

static void the_nearest_program_is_taken(void **state)
{
    (void)state;
    const options_t options = with("");
    program_t program;
    char tried[256], path[600];
    char library[256];
    strcpy(library, below("lib/libadaptivestream.so"));
    snprintf(path, sizeof path, "/nonexistent::%s", below("path"));
    setenv("PATH", path, 1);
    assert_false(program_find(&program, &options, library, tried, sizeof tried));
    assert_non_null(strstr(tried, "predictor_path="));
    make("path/" PROGRAM_NAME, 0700);
    assert_true(program_find(&program, &options, library, tried, sizeof tried));
    assert_string_equal(program.path, below("path/" PROGRAM_NAME));
    make("bin/" PROGRAM_NAME, 0700);
    assert_true(program_find(&program, &options, library, tried, sizeof tried));
    assert_string_equal(program.path, below("lib/../bin/" PROGRAM_NAME));
    make("lib/" PROGRAM_NAME, 0600); /* is no program */
    assert_true(program_find(&program, &options, library, tried, sizeof tried));
    assert_string_equal(program.path, below("lib/../bin/" PROGRAM_NAME));
    chmod(below("lib/" PROGRAM_NAME), 0700);
    assert_true(program_find(&program, &options, library, tried, sizeof tried));
    assert_string_equal(program.path, below("lib/" PROGRAM_NAME));
    assert_true(program_find(&program, &options, NULL, tried, sizeof tried));
    assert_string_equal(program.path, below("path/" PROGRAM_NAME));
}

static void a_named_program_is_not_searched_for(void **state)
{
    (void)state;
    program_t program;
    char tried[256], text[300];
    snprintf(text, sizeof text, "predictor_path=%s", below("lib"));
    options_t options = with(text); /* a folder */
    assert_false(program_find(&program, &options, NULL, tried, sizeof tried));
    assert_non_null(strstr(tried, text));
    assert_int_equal(chdir(root), 0);
    make("own", 0700);
    options = with("predictor_path=own");
    assert_true(program_find(&program, &options, NULL, tried, sizeof tried));
    assert_string_equal(program.path, below("own"));
}

static const char *argument(const program_t *program, const char *flag)
{
    for (int i = 1; program->arguments[i]; i += 2)
        if (strcmp(program->arguments[i], flag) == 0) return program->arguments[i + 1];
    return NULL;
}

static void options_become_arguments(void **state)
{
    (void)state;
    static program_t program;
    assert_int_equal(chdir(root), 0);
    options_t options =
        with("predictor_port=9999,forecaster=holt,dashboard=off,model=/m,state_dir=kept,log_level=error");
    program_prepare(&program, &options);
    assert_string_equal(argument(&program, "--parent-fd"), "3");
    assert_string_equal(argument(&program, "--port"), "9999");
    assert_string_equal(argument(&program, "--forecaster"), "holt");
    assert_string_equal(argument(&program, "--dashboard"), "off");
    assert_string_equal(argument(&program, "--model"), "/m");
    assert_string_equal(argument(&program, "--state-dir"), below("kept")); /* it runs in another folder */
    assert_string_equal(argument(&program, "--log-level"), "error");
    options = with("forecaster=none");
    program_prepare(&program, &options);
    assert_string_equal(argument(&program, "--forecaster"), "last");
    assert_null(argument(&program, "--model"));
    assert_null(argument(&program, "--state-dir"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_program_is_taken),
        cmocka_unit_test(a_named_program_is_not_searched_for),
        cmocka_unit_test(options_become_arguments),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
