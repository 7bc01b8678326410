/*
 * A thread of the lowest priority that does for others what has time, in turn, and takes no more than a share of a processor.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_BACKGROUND_H
#define ADAPTIVESTREAM_PREDICTOR_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

typedef struct background background_t;

/* Some milliseconds of work; false: there is nothing to do now. Called in the thread. */
typedef bool background_work_t(void *context);

/* share: of a processor, above 0 to 1. NULL when there is no thread to be had. */
background_t *background_start(double share);

/* Ends the thread, and waits for the piece of work it is at. */
void background_stop(background_t *background);

/* From now on work(context) is called now and then. False when out of memory. */
bool background_add(background_t *background, background_work_t *work, void *context);

/* Once it returns work(context) neither runs nor will be called again. */
void background_remove(background_t *background, void *context);

#endif
