/*
 * Follows the config file while the driver runs: what it comes to say of mode, goal and budget can be changed in a running query.
 * The agent's string and the environment win over it as at the start. A file that cannot be read, is empty or says something wrong
 * changes nothing, which is said once.
 */
#ifndef ADAPTIVESTREAM_AGENT_CONFIG_WATCH_H
#define ADAPTIVESTREAM_AGENT_CONFIG_WATCH_H

#include "protocol/message.h"

#include <stdbool.h>

/* Before any thread looks. `text`: the agent's string or NULL; *options: what was read of all sources. */
void config_watch_begin(const char *text, const options_t *options);

/* Once an update period, by one thread. True: *change is what the file says differently from what it said before, by "file". A file
 * is read once it has stood still from one look to the next, so never half written. */
bool config_watch_look(change_t *change);

#endif
