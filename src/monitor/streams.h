/*
 * Server-sent events: browsers that are told of every change. All of them are sent the same text, which is made once, so that ten
 * cost hardly more than one. A browser that is slow is sent the latest text when it is ready for one; those between it never sees.
 *
 * In the server's thread alone.
 */
#ifndef ADAPTIVESTREAM_MONITOR_STREAMS_H
#define ADAPTIVESTREAM_MONITOR_STREAMS_H

#include "monitor/texts.h"

#include <microhttpd.h>

typedef struct streams streams_t;

streams_t *streams_create(void);
/* After the daemon has stopped. NULL is allowed. */
void streams_destroy(streams_t *streams);

/* The response that never ends; NULL when there are too many. */
struct MHD_Response *streams_open(streams_t *streams, struct MHD_Connection *connection);

/* To be called now and then: makes a new text when something has changed, and wakes who waits for one. Returns how long it need not
 * be called again, ms. */
int streams_tick(streams_t *streams, monitor_t *monitor, workspace_t *workspace);

/* Before the daemon stops: nobody may be suspended then. */
void streams_resume_all(streams_t *streams);

#endif
