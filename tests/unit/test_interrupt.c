/* Waiting for Ctrl-C. */
/* links: common */
#include "common/interrupt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_S = 60 };

/* A signal that comes between the question whether one came and the sleep: held back until the program sleeps. */
static void one_that_comes_just_before_the_sleep_is_not_missed(void **state)
{
    (void)state;
    int status;
    const pid_t child = fork();
    if (child == 0) {
        sigset_t held;
        alarm(DEADLINE_S); /* ends the child: then it has been missed */
        interrupt_install();
        sigemptyset(&held);
        sigaddset(&held, SIGINT);
        sigprocmask(SIG_BLOCK, &held, NULL);
        raise(SIGINT);
        if (interrupt_count() != 0) _exit(1);
        interrupt_wait();
        _exit(interrupt_count() == 1 && interrupt_exit_code() == 130 ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void one_that_came_before_needs_no_other(void **state)
{
    (void)state;
    interrupt_install();
    raise(SIGTERM);
    interrupt_wait();
    assert_int_equal(interrupt_exit_code(), 143);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_comes_just_before_the_sleep_is_not_missed),
        cmocka_unit_test(one_that_came_before_needs_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
