#include "predictor/background.h"

#include "monitor/steady_clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static const int64_t idle_ns = INT64_C(1000000000);
static const int64_t longest_pause_ns = INT64_C(10000000000);

typedef struct task {
    background_work_t *work;
    void *context;
    struct task *next;
} task_t;

struct background {
    double share;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows, never held while somebody works */
    pthread_cond_t changed;
    task_t *tasks; /* but the one that is worked for */
    bool leaving, woken;
};

/* @locks_required background->lock */
static void pause_for(background_t *background, int64_t span_ns, bool idle)
{
    const int64_t end_ns = steady_clock_ns() + (span_ns < longest_pause_ns ? span_ns : longest_pause_ns);
    const struct timespec end = {.tv_sec = end_ns / INT64_C(1000000000),
                                 .tv_nsec = end_ns % INT64_C(1000000000)};
    while (!background->leaving && !(idle && background->woken) &&
           pthread_cond_timedwait(&background->changed, &background->lock, &end) != ETIMEDOUT) {
    }
    background->woken = false;
}

/* Puts it at the end, so that all have their turn; how many there are then. @locks_required background->lock */
static size_t append(background_t *background, task_t *task)
{
    size_t count = 1;
    task_t **end = &background->tasks;
    for (; *end != NULL; count++)
        end = &(*end)->next;
    task->next = NULL;
    *end = task;
    return count;
}

/* The pause after a piece of work is by the wall clock: where others want the processor the work takes longer, and is then
 * followed by a longer pause. */
static void *run(void *argument)
{
    background_t *background = argument;
    setpriority(PRIO_PROCESS, 0, 19); /* of this thread alone, on Linux */
    pthread_mutex_lock(&background->lock);
    size_t idle = 0;
    while (!background->leaving) {
        task_t *task = background->tasks;
        if (task == NULL) {
            pause_for(background, idle_ns, true);
            continue;
        }
        background->tasks = task->next;
        pthread_mutex_unlock(&background->lock);
        const int64_t begun_ns = steady_clock_ns();
        const background_result_t result = task->work(task->context);
        const int64_t spent_ns = steady_clock_ns() - begun_ns;
        pthread_mutex_lock(&background->lock);
        size_t count = 0;
        if (result == BACKGROUND_DONE)
            free(task);
        else
            count = append(background, task);
        idle = result == BACKGROUND_IDLE ? idle + 1 : 0;
        if (result == BACKGROUND_WORKED)
            pause_for(background, (int64_t)((double)spent_ns * (1 / background->share - 1)), false);
        else if (idle > 0 && idle >= count)
            pause_for(background, idle_ns, true);
    }
    pthread_mutex_unlock(&background->lock);
    return NULL;
}

static bool start_thread(background_t *background)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are for the thread that serves */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool good = pthread_create(&background->thread, NULL, run, background) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

background_t *background_start(double share)
{
    pthread_condattr_t attributes;
    background_t *background = calloc(1, sizeof *background);
    if (background == NULL) return NULL;
    background->share = share;
    pthread_mutex_init(&background->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&background->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (start_thread(background)) return background;
    pthread_cond_destroy(&background->changed);
    pthread_mutex_destroy(&background->lock);
    free(background);
    return NULL;
}

void background_stop(background_t *background)
{
    if (background == NULL) return;
    pthread_mutex_lock(&background->lock);
    background->leaving = true;
    pthread_cond_broadcast(&background->changed);
    pthread_mutex_unlock(&background->lock);
    pthread_join(background->thread, NULL);
    while (background->tasks != NULL) {
        task_t *task = background->tasks;
        background->tasks = task->next;
        task->work(task->context);
        free(task);
    }
    pthread_cond_destroy(&background->changed);
    pthread_mutex_destroy(&background->lock);
    free(background);
}

bool background_add(background_t *background, background_work_t *work, void *context)
{
    task_t *task = malloc(sizeof *task);
    if (task == NULL) return false;
    *task = (task_t){work, context, NULL};
    pthread_mutex_lock(&background->lock);
    append(background, task);
    pthread_mutex_unlock(&background->lock);
    background_wake(background);
    return true;
}

void background_wake(background_t *background)
{
    pthread_mutex_lock(&background->lock);
    background->woken = true;
    pthread_cond_broadcast(&background->changed);
    pthread_mutex_unlock(&background->lock);
}
