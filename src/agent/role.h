/* What this JVM is for. */
#ifndef ADAPTIVESTREAM_AGENT_ROLE_H
#define ADAPTIVESTREAM_AGENT_ROLE_H

#include <jvmti.h>
#include <stdbool.h>

/* False in the JVMs around a driver that share its options by environment or configuration: Spark's launcher,
 * whose output is a command line, executors, masters, workers and servers. True where it cannot be told. */
bool role_may_be_driver(jvmtiEnv *jvmti);

#endif
