"""The generator against a real Kafka: does it say so when the target was not held?"""

import contextlib
import csv
import os
import pathlib
import signal
import time

import pytest

from lab.kafka import Kafka
from lab.processes import wait_for
from lab.traffic import Traffic, last_json

RATE = 2000
STOPPED_S = 4
SENTENCE = "the target was not held in"


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory):
    """A broker that may be stopped without disturbing other tests, and the folder of it."""
    folder = tmp_path_factory.mktemp("own-kafka")
    with Kafka(folder) as broker:
        with Traffic(broker.broker, broker.topic("warmup", 2), f"phases={RATE}x3", folder) as traffic:
            traffic.report()
        yield broker, folder


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def seconds_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]


def broker_pid(folder):
    return int((pathlib.Path(folder) / "pid").read_text(encoding="ascii"))


def test_a_broker_that_stands_still_is_reported(own_kafka, tmp_path):
    kafka, folder = own_kafka
    table = tmp_path / "seconds.csv"
    topic = kafka.topic("stopped", 2)
    with Traffic(kafka.broker, topic, f"phases={RATE}x14", tmp_path, extra=["--seconds", str(table)]) as traffic:
        time.sleep(4)
        with stopped(broker_pid(folder)):
            time.sleep(STOPPED_S)
        code = traffic.wait(90)
        printed = traffic.printed()
    assert code == 1, printed
    assert SENTENCE in printed
    report = last_json(printed)
    # Kafka came back before anything was given up: every event is there, but not when it should have been.
    assert report["failed"] == 0 and report["delivered"] == report["sent"]
    assert STOPPED_S - 2 <= report["seconds_missed"] < report["seconds"] == 14
    assert report["worst_shortfall"] == 1
    rows = seconds_of(table)
    missed = [row["second"] for row in rows if row["in_time"] < 0.99 * row["planned"]]
    assert len(missed) == report["seconds_missed"] and report["worst_second"] in missed
    assert sum(row["planned"] for row in rows) == report["sent"]


def test_a_broker_that_is_gone_is_reported(own_kafka, tmp_path):
    kafka, folder = own_kafka
    topic = kafka.topic("gone", 2)
    extra = ["-X", "message.timeout.ms=2000", "-X", "enable.idempotence=false"]
    with Traffic(kafka.broker, topic, f"phases={RATE}x6", tmp_path, extra=extra) as traffic:
        time.sleep(2)
        with stopped(broker_pid(folder)):
            assert wait_for(lambda: not traffic.running(), 60)
        code, printed = traffic.exit_code(), traffic.printed()
    assert code == 1, printed
    assert SENTENCE in printed and "were not delivered" in printed
    report = last_json(printed)
    assert report["failed"] > 0 and report["seconds_missed"] >= 2


def test_a_target_beyond_the_machine_is_reported(own_kafka, tmp_path):
    kafka, _ = own_kafka
    topic = kafka.topic("beyond", 2)
    extra = ["--baseline", "1e7", "--duration", "2", "--payload", "0", "--spacing", "regular"]
    with Traffic(kafka.broker, topic, "steady", tmp_path, extra=extra) as traffic:
        assert wait_for(lambda: (tmp_path / f"generate-{topic}.log").exists(), 5)
        time.sleep(4)
        os.kill(traffic.pid, signal.SIGINT)  # 20 million events would take too long
        code = traffic.wait(60)
        printed = traffic.printed()
    assert code == 130, printed
    assert SENTENCE in printed
    report = last_json(printed)
    assert report["interrupted"] and report["seconds"] == report["seconds_missed"] == 2
    assert report["worst_planned"] == 10000000


def test_an_interrupted_run_is_judged_by_what_has_passed(own_kafka, tmp_path):
    kafka, _ = own_kafka
    topic = kafka.topic("interrupted", 2)
    with Traffic(kafka.broker, topic, "phases=50x60", tmp_path) as traffic:
        time.sleep(5)
        os.kill(traffic.pid, signal.SIGINT)
        code = traffic.wait(30)
        printed = traffic.printed()
    assert code == 130, printed
    report = last_json(printed)
    assert report["interrupted"] and report["failed"] == 0
    assert 2 <= report["seconds"] <= 6, "only the seconds that have passed are judged"
