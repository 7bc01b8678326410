"""A query that goes on from its checkpoint, and a topic that gets more partitions meanwhile."""

import pytest
from conftest import JOBS

from lab import journal
from lab.driver import Driver
from lab.traffic import Traffic

RATE = 60
WHILE_STOPPED = 3000  # as a burst these would be a rate of thousands a second


def send(kafka, topic, folder, shape):
    with Traffic(kafka.broker, topic, f"phases={shape}", folder) as traffic:
        return traffic.report()["sent"]


@pytest.fixture(scope="module")
def run(kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("restarts")
    topic = kafka.topic("lives", 2)
    options = f"warmup=2s,log_level=debug,journal={folder / 'journal.jsonl'}"
    with Driver(JOBS / "restarts.py", ["--broker", kafka.broker, "--topic", topic], folder, options, cores=6) as driver:
        driver.wait_file("ready", 150)
        sent = send(kafka, topic, folder, f"{RATE}x12")
        kafka.grow(topic, 4)
        sent += send(kafka, topic, folder, f"{RATE}x12")
        (folder / "stop-it").touch()
        driver.wait_file("stopped", 120)
        sent += send(kafka, topic, folder, f"{WHILE_STOPPED}x1")
        (folder / "go-on").touch()
        driver.wait_file("going", 150)
        sent += send(kafka, topic, folder, f"{RATE}x12")
        (folder / "over").touch()
        results = driver.wait_file("results", 120)
        assert driver.wait(60) == 0, driver.tail()
        return folder, sent, results, driver.log()


def lives(folder):
    """The journal of each of the two runs of the query."""
    lines = journal.read(folder / "journal.jsonl", "lives")
    runs = list(dict.fromkeys(line["run"] for line in lines))
    return [[line for line in lines if line["run"] == run] for run in runs]


def test_every_event_is_taken_once(run):
    folder, sent, results, _ = run
    assert results == {"rows": sent, "error": None}
    assert len(lives(folder)) == 2
    for lines in lives(folder):
        assert lines[-1]["event"] == "summary" and lines[-1]["faults"] == 0
        assert not [line for line in lines if line["event"] == "restart"]


def test_the_second_run_begins_where_the_first_ended(run):
    folder, sent, _, log = run
    first, second = lives(folder)
    assert first[0]["id"] == second[0]["id"]
    assert second[0]["taken"] > first[0]["taken"]
    assert log.count("query lives (id ") == 2


def test_kafka_is_asked_directly(run):
    """Through the source it would cost twice as much."""
    assert run[3].count("query lives: Kafka is asked directly") == 2


def test_neither_new_partitions_nor_a_backlog_look_like_a_burst(run):
    """What came while nobody looked tells nothing of the rate."""
    folder = run[0]
    for lines in lives(folder):
        rates = [line["rate_per_s"] for line in lines if line["event"] == "decision"]
        assert rates and max(rates) < 10 * RATE, f"{max(rates)} events/s at most where {RATE}/s came"
