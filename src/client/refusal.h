/*
 * Whether nobody listens at any address of a list of Kafka brokers: then waiting for an answer is vain.
 *
 * librdkafka tells of a refused connection, but not of which addresses it has tried: of "localhost" often ::1 comes
 * first, where few brokers listen.
 */
#ifndef ADAPTIVESTREAM_CLIENT_REFUSAL_H
#define ADAPTIVESTREAM_CLIENT_REFUSAL_H

#include <stdbool.h>

/* `servers` as in bootstrap.servers: "[PROTOCOL://]HOST[:PORT],...", the port 9092 where there is none. True when every
 * host has an address and each of them refuses at once; a host that is unknown, or does not answer within a fifth of a
 * second, is no refusal. Tries a connection to each address, and closes it. */
bool brokers_refuse(const char *servers);

#endif
