"""The recorder against a real Kafka: is what it writes what was sent, and when?"""

import contextlib
import os
import pathlib
import signal
import struct
import time

import kafka_client
import pytest

from lab.environment import command
from lab.kafka import Kafka
from lab.processes import Child, wait_for
from lab.traffic import Traffic, last_json

BIN_S = 0.1
PHASES = [(200, 3), (2000, 2), (0, 2), (500, 3)]
SHAPE = "phases=" + ",".join(f"{rate}x{seconds}" for rate, seconds in PHASES)
EVENTS = sum(rate * seconds for rate, seconds in PHASES)
# How late an event may be appended after its time, and the end of a bin be read: the machine may be loaded.
LATE_S, IN_TIME = 0.3, 0.95
TRIES = 3  # one stall of half a second is too many bins
DELETE_TOPICS = 20


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory):
    """A broker that may be stopped without disturbing other tests, and the folder of it."""
    folder = tmp_path_factory.mktemp("own-kafka")
    with Kafka(folder) as broker:
        with Traffic(broker.broker, broker.topic("warmup", 2), "phases=1000x2", folder) as traffic:
            traffic.report()
        yield broker, folder


class Recorder(Child):
    """In the background until stop(), or for a time."""

    def __init__(self, kafka, topic, folder, extra=()):
        self.trace = folder / f"{topic}.csv"
        log = folder / f"record-{topic}.log"
        self.begin = log.stat().st_size if log.exists() else 0  # what an earlier run has left there
        super().__init__([command(), "record", "--broker", kafka.broker, "--topic", topic, "--output", self.trace,
                          "--bin", BIN_S, "--json", *extra], log)

    def __enter__(self):
        super().__enter__()
        assert wait_for(lambda: self.state().exists() or not self.running(), 30) and self.running(), self.tail()
        return self

    def state(self):
        return pathlib.Path(f"{self.trace}.state")

    def printed(self):
        return self.output.read_text(encoding="utf-8")[self.begin:]

    def counts(self):
        lines = self.trace.read_text(encoding="ascii").split("\n")
        assert lines[0] == "count" and lines[-1] == ""
        return [int(line) for line in lines[1:-1]]

    def holds(self, events):
        """Whether so many events are on disk by now, in whole lines; a recorder writes every two seconds."""
        lines = self.trace.read_text(encoding="ascii").split("\n")[1:-1]
        return sum(map(int, lines)) >= events

    def report(self, timeout_s=60):
        code = self.wait(timeout_s)
        assert code == 0, self.tail()
        report = last_json(self.printed())
        counts = self.counts()
        assert (report["file_bins"], report["file_events"]) == (len(counts), sum(counts))
        assert not report["failed"]
        return report

    def stop(self, events):
        """Only when all that was sent is in a bin: the one under way is not written."""
        assert wait_for(lambda: self.holds(events), 30), self.tail()
        os.kill(self.pid, signal.SIGINT)
        return self.report()


def send(kafka, topic, folder, shape=SHAPE):
    with Traffic(kafka.broker, topic, shape, folder, extra=["--spacing", "regular"]) as traffic:
        report = traffic.report()
    assert report["delivered"] == report["sent"]
    return report


def due_by(seconds):
    """How many events of the shape were due so long after its beginning."""
    due = 0
    for rate, length in PHASES:
        due += rate * min(max(seconds, 0), length)
        seconds -= length
    return due


def record_the_shape(kafka, topic, tmp_path):
    """What was sent is in the trace, event by event; the share of the bins that were read in time and have what was due by then."""
    with Recorder(kafka, topic, tmp_path) as recorder:
        sent = send(kafka, topic, tmp_path)
        report = recorder.stop(sent["sent"])
    assert sent["sent"] == EVENTS == report["events"] == report["file_events"]
    assert report["interrupted"] and not report["resumed"] and report["made_anew"] == 0
    counts, good, total = recorder.counts(), 0, 0
    for i, count in enumerate(counts):
        total += count
        since_s = (report["begin_ms"] - sent["started_ms"]) / 1000 + (i + 1) * BIN_S
        good += due_by(since_s - LATE_S) - 1 <= total <= due_by(since_s + 0.01) + 1
    return min(1 - report["filled"] / report["bins"], good / len(counts))


def test_what_was_sent_stands_in_the_trace(own_kafka, tmp_path):
    kafka, _ = own_kafka
    shares = []
    while len(shares) < TRIES and max(shares, default=0) < IN_TIME:
        shares.append(record_the_shape(kafka, kafka.topic(f"shape-{len(shares)}", 3), tmp_path))
    assert max(shares) >= IN_TIME, shares


def test_it_goes_on_after_a_crash(own_kafka, tmp_path):
    kafka, _ = own_kafka
    topic = kafka.topic("crash", 2)
    with Recorder(kafka, topic, tmp_path) as recorder:
        sent = send(kafka, topic, tmp_path, "phases=500x4")["sent"]
        os.kill(recorder.pid, signal.SIGKILL)
        recorder.wait(10)
    with open(recorder.trace, "ab") as trace:
        trace.write(b"77\n1")  # a line that no state vouches for, and half of one
    sent += send(kafka, topic, tmp_path, "phases=300x3")["sent"]
    with Recorder(kafka, topic, tmp_path) as recorder:
        last = send(kafka, topic, tmp_path, "phases=400x2")
        sent += last["sent"]
        report = recorder.stop(sent)
    assert "goes on" in recorder.printed() and "crash" in recorder.printed()
    assert report["resumed"] and report["file_events"] == sent == 500 * 4 + 300 * 3 + 400 * 2
    assert report["filled"] >= 30 and report["file_filled"] >= report["filled"]
    # No bin is missing: the file reaches from its beginning to the last event, which was not sent before its time.
    end_s = report["begin_ms"] / 1000 + report["file_bins"] * BIN_S
    assert last["started_ms"] / 1000 + 2 - 2 * BIN_S <= end_s <= time.time()


def test_a_recorded_trace_can_be_sent_again(own_kafka, tmp_path):
    kafka, _ = own_kafka
    topic, again = kafka.topic("first", 2), kafka.topic("again", 2)
    with Recorder(kafka, topic, tmp_path, extra=["--for", "10"]) as recorder:
        sent = send(kafka, topic, tmp_path, "phases=800x2")["sent"]
        report = recorder.report()
    assert report["bins"] == 100 and report["file_events"] == sent
    with Traffic(kafka.broker, again, ["--trace", recorder.trace, "--bin", str(BIN_S)], tmp_path) as traffic:
        assert traffic.report()["sent"] == sent


def test_partitions_that_are_added_are_counted(own_kafka, tmp_path):
    kafka, _ = own_kafka
    topic = kafka.topic("grown", 1)
    with Recorder(kafka, topic, tmp_path) as recorder:
        sent = send(kafka, topic, tmp_path, "phases=500x1")["sent"]
        kafka.grow(topic, 4)
        sent += send(kafka, topic, tmp_path, "phases=500x2")["sent"]
        report = recorder.stop(sent)
    assert (report["file_events"], report["made_anew"]) == (sent, 0)


def test_a_broker_that_stands_still_is_filled(own_kafka, tmp_path):
    kafka, folder = own_kafka
    topic = kafka.topic("stopped", 2)
    pid = int((pathlib.Path(folder) / "pid").read_text(encoding="ascii"))
    with Recorder(kafka, topic, tmp_path) as recorder:
        sent = send(kafka, topic, tmp_path, "phases=500x2")["sent"]
        os.kill(pid, signal.SIGSTOP)
        with contextlib.ExitStack() as stack:
            stack.callback(os.kill, pid, signal.SIGCONT)
            assert wait_for(lambda: "trying again" in recorder.printed(), 20), recorder.tail()
        assert wait_for(lambda: "answers again" in recorder.printed(), 30), recorder.tail()
        sent += send(kafka, topic, tmp_path, "phases=500x2")["sent"]
        report = recorder.stop(sent)
    assert report["file_events"] == sent
    assert report["filled"] >= 10


def delete(kafka, topic):
    host, port = kafka.broker.rsplit(":", 1)
    body = struct.pack(">i", 1) + kafka_client.encode_string(topic) + struct.pack(">i", 10000)
    kafka_client.call((host, int(port)), DELETE_TOPICS, body)


def test_a_topic_made_anew_is_noticed(own_kafka, tmp_path):
    kafka, _ = own_kafka
    topic = kafka.topic("anew", 2)
    with Recorder(kafka, topic, tmp_path) as recorder:
        sent = send(kafka, topic, tmp_path, "phases=500x2")["sent"]
        assert wait_for(lambda: recorder.holds(sent), 30), recorder.tail()
        delete(kafka, topic)
        assert wait_for(lambda: "trying again" in recorder.printed(), 20), recorder.tail()
        kafka.topic("anew", 2)
        assert wait_for(lambda: "ran backwards" in recorder.printed(), 30), recorder.tail()
        sent += send(kafka, topic, tmp_path, "phases=500x2")["sent"]
        report = recorder.stop(sent)
    assert (report["file_events"], report["made_anew"]) == (sent, 1)
