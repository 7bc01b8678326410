/* The agent's state that its parts share. Set at VMInit, before any of Spark's classes is loaded. */
#ifndef ADAPTIVESTREAM_AGENT_AGENT_H
#define ADAPTIVESTREAM_AGENT_AGENT_H

#include "common/options.h"

#include <stdbool.h>

const options_t *agent_options(void);

/* The JVM is on its way out: no more decisions, lines or frees. */
bool agent_is_dying(void);

#endif
