#!/usr/bin/env python3
"""Asks a Kafka broker the few things that tests and the demo need, without the cost of starting a JVM.

    kafka_client.py ready HOST:PORT                    waits until the broker serves clients
    kafka_client.py topic HOST:PORT NAME PARTITIONS [KEY=VALUE]...
                                                       creates a topic and waits until it has leaders
    kafka_client.py grow HOST:PORT NAME PARTITIONS     gives a topic more partitions, likewise

Speaks Kafka's binary protocol (https://kafka.apache.org/protocol): Metadata v1, CreateTopics v1 and
CreatePartitions v1, request header v1. Exit: 0 done, 1 failed with one line on stderr, 2 wrong arguments.
"""
import socket
import struct
import sys
import time

METADATA = 3
CREATE_TOPICS = 19
CREATE_PARTITIONS = 37
TOPIC_ALREADY_EXISTS = 36
INVALID_PARTITIONS = 37
REQUEST_TIMED_OUT = 7
# Of a broker that is short of time, or has just started.
PASSING = {REQUEST_TIMED_OUT: "request timed out", 38: "too few brokers", 41: "no controller"}
REQUEST_TIMEOUT_S = 10
TRIES = 3
DEADLINE_S = 90
RETRY_S = 0.1


class Reader:
    """Takes the protocol's types from the front of a response."""

    def __init__(self, data):
        self.data = data

    def take(self, layout):
        values = struct.unpack_from(layout, self.data)
        self.data = self.data[struct.calcsize(layout):]
        return values[0]

    def int16(self):
        return self.take(">h")

    def int32(self):
        return self.take(">i")

    def boolean(self):
        return self.take(">?")

    def string(self):
        length = self.int16()
        return None if length < 0 else self.take(">%ds" % length).decode()

    def array(self, element):
        return [element() for _ in range(self.int32())]


def encode_string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def call(address, api_key, body):
    """One request of version 1 on a connection of its own; the response's body."""
    with socket.create_connection(address, timeout=REQUEST_TIMEOUT_S) as connection:
        request = struct.pack(">hhi", api_key, 1, 0) + encode_string("adaptivestream-tools") + body
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as stream:
            header = stream.read(4)
            if len(header) < 4:
                raise ConnectionError("closed the connection")
            size = struct.unpack(">i", header)[0]
            data = stream.read(size)
            if len(data) < size:
                raise ConnectionError("closed the connection")
    return Reader(data[4:])


def metadata(address, topic=None):
    """The ports of the brokers that serve clients, and the leaders of the topic's partitions (-1: none)."""
    names = [] if topic is None else [topic]
    response = call(address, METADATA, struct.pack(">i", len(names)) + b"".join(map(encode_string, names)))

    def broker():
        response.int32()
        response.string()
        port = response.int32()
        response.string()
        return port

    def partition():
        response.int16()
        response.int32()
        leader = response.int32()
        response.array(response.int32)
        response.array(response.int32)
        return leader

    def topic_leaders():
        response.int16()
        response.string()
        response.boolean()
        return response.array(partition)

    ports = response.array(broker)
    response.int32()
    topics = response.array(topic_leaders)
    return ports, topics[0] if topics else []


def create_topic(address, name, partitions, settings):
    """Code and message of the answer, 0 where it was created or existed. `settings`: "key=value" each."""
    replication_factor, assignments = 1, 0
    body = struct.pack(">i", 1) + encode_string(name)
    body += struct.pack(">ihii", partitions, replication_factor, assignments, len(settings))
    for setting in settings:
        key, _, value = setting.partition("=")
        body += encode_string(key) + encode_string(value)
    body += struct.pack(">i?", REQUEST_TIMEOUT_S * 1000, False)
    response = call(address, CREATE_TOPICS, body)
    response.int32()
    response.string()
    code, message = response.int16(), response.string()
    return (0 if code == TOPIC_ALREADY_EXISTS else code), message


def grow_topic(address, name, partitions):
    """Code and message of the answer."""
    assign_freely = -1
    body = struct.pack(">i", 1) + encode_string(name) + struct.pack(">ii", partitions, assign_freely)
    body += struct.pack(">i?", REQUEST_TIMEOUT_S * 1000, False)
    response = call(address, CREATE_PARTITIONS, body)
    response.int32()
    response.int32()
    response.string()
    return response.int16(), response.string()


def error_of(request, done=None):
    """None once the request has succeeded, or its error message. `done`: the code after a request that timed out and succeeded all
    the same."""
    timed_out = False
    for attempt in range(TRIES):
        if attempt > 0:
            time.sleep(1)
        try:
            code, message = request()
        except socket.timeout:
            code, message = REQUEST_TIMED_OUT, "no answer within %d s" % REQUEST_TIMEOUT_S
        except OSError as failure:
            return str(failure)
        if code == 0 or (timed_out and code == done):
            return None
        message = message or PASSING.get(code, "error %d" % code)
        if code not in PASSING:
            return message
        timed_out = timed_out or code == REQUEST_TIMED_OUT
    return message


def wait_until(condition, failure):
    """Retries condition until it holds; a broker that is starting refuses connections or drops them."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            if condition():
                return
            reason = "not yet"
        except OSError as error:
            reason = str(error)
        if time.monotonic() > deadline:
            sys.exit("kafka: %s within %d s (%s)" % (failure, DEADLINE_S, reason))
        time.sleep(RETRY_S)


def wait_for_topic(address, name, partitions, grown):
    # The controller has the topic, or its new partitions, before the broker tells clients about it.
    seen = []

    def served():
        seen[:] = metadata(address, name)[1]
        return seen and -1 not in seen and (not grown or len(seen) == partitions)

    wait_until(served, "topic %s has no leaders" % name)
    if len(seen) != partitions:
        sys.exit("kafka: topic %s exists with %d partitions, not %d: choose another name" %
                 (name, len(seen), partitions))


def main(arguments):
    try:
        command, broker = arguments[0], arguments[1]
        host, port = broker.rsplit(":", 1)
        address = (host, int(port))
        if command == "ready" and len(arguments) == 2:
            wait_until(lambda: address[1] in metadata(address)[0], "%s does not answer" % broker)
            return
        settings = arguments[4:]
        if command in ("topic", "grow") and (command == "topic" or not settings):
            name, partitions = arguments[2], int(arguments[3])
        else:
            raise ValueError
    except (IndexError, ValueError):
        sys.stderr.write(__doc__)
        sys.exit(2)
    if command == "topic":
        error = error_of(lambda: create_topic(address, name, partitions, settings))
    else:
        error = error_of(lambda: grow_topic(address, name, partitions), INVALID_PARTITIONS)
    if error:
        sys.exit("kafka: cannot create or grow topic %s on %s: %s" % (name, broker, error))
    wait_for_topic(address, name, partitions, command == "grow")


if __name__ == "__main__":
    main(sys.argv[1:])
