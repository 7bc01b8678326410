/*
 * A thread of the lowest priority that does for others what has time, in turn, and takes no more than a share of a processor.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_BACKGROUND_H
#define ADAPTIVESTREAM_PREDICTOR_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

typedef struct background background_t;

typedef enum {
    BACKGROUND_WORKED,
    BACKGROUND_IDLE, /* there is nothing to do now */
    BACKGROUND_DONE /* there never will be: this was the last call, and what `context` points to may be gone */
} background_result_t;

/* Some milliseconds of work. Called in the thread, of which there is one. */
typedef background_result_t background_work_t(void *context);

/* share: of a processor, above 0 to 1. NULL when there is no thread to be had. */
background_t *background_start(double share);

/* Ends the thread after the piece of work it is at. Then everyone is called once more, in this thread, and should put his things
 * away. */
void background_stop(background_t *background);

/* From now on work(context) is called now and then, soon for the first time. False when out of memory. */
bool background_add(background_t *background, background_work_t *work, void *context);

/* Ends a pause that is there for want of work. */
void background_wake(background_t *background);

#endif
