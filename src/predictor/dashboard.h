/*
 * The dashboard in the predictor's process: what goes by at the service is shown (src/monitor), in a thread of its own, and what
 * somebody asks for on the page reaches the service in the service's thread.
 */
#ifndef ADAPTIVESTREAM_PREDICTOR_DASHBOARD_H
#define ADAPTIVESTREAM_PREDICTOR_DASHBOARD_H

#include "predictor/service.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct dashboard dashboard_t;

/* `address`: see monitor_options_t. `any_port`: a free one where that is taken. `token`: for changes; `model`: its name; both live
 * on. NULL with one sentence in `error`. */
dashboard_t *dashboard_start(const char *address, bool any_port, const char *token, const char *model,
                             char *error, size_t error_size);
/* After the service has stopped. NULL is allowed. */
void dashboard_stop(dashboard_t *dashboard);

/* Where it is: "127.0.0.1:9877". */
const char *dashboard_address(const dashboard_t *dashboard);

/* For service_config_t and server_config_t; lives as long as the dashboard. */
const listener_t *dashboard_listener(const dashboard_t *dashboard);

#endif
