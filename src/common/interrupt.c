#include "common/interrupt.h"

#include <signal.h>
#include <stddef.h>

enum { SIGNAL_EXIT_BASE = 128 };

static volatile sig_atomic_t last_signal;
static volatile sig_atomic_t signal_count;

static void note_signal(int number)
{
    last_signal = number;
    signal_count++;
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = note_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int interrupt_count(void)
{
    return signal_count;
}

void interrupt_wait(void)
{
    sigset_t both, before, waiting;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    /* Between the question and the sleep they are held back: pause() would sleep through one that came there. */
    sigprocmask(SIG_BLOCK, &both, &before);
    waiting = before;
    sigdelset(&waiting, SIGINT);
    sigdelset(&waiting, SIGTERM);
    while (signal_count == 0)
        sigsuspend(&waiting);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

int interrupt_exit_code(void)
{
    return signal_count > 0 ? SIGNAL_EXIT_BASE + last_signal : 0;
}
