"""What the agent does to the queries of a driver, and what it leaves alone."""

import dataclasses
import json
import pathlib
import signal
import subprocess
import time
from collections import Counter
from datetime import datetime

import pytest
from conftest import JOBS

from lab import journal
from lab.driver import Driver
from lab.environment import command
from lab.processes import group_alive, wait_for
from lab.traffic import Traffic, measure

PARKED = ("parked-1", "parked-2", "parked-3")
QUERIES = ("alpha", "beta", *PARKED, "asap", "now", "once", "rate", "mixed", "files", "files-limited", "last")
SHAPE = "phases=20x10,1200x8,5x10,800x6,5x9"
COUNTED_SHAPE = "phases=300x2,50x3"
TRIGGER_MS = {"alpha": 4000, "beta": 2000, "other": 4000, "rate": 1000}
SLOT_MS = 200  # T0/20 of alpha
EARLY_WITHIN_S = 150  # the shape is repeated so long until alpha has fired early: a loaded machine may be too slow at first
DECIDED_MS = 500  # what may pass between a decision and its trigger
STOPPED_MS = 500
# Of Spark's task slots: so many that no query waits for another's tasks, which mostly wait for Kafka.
CORES = 12


@dataclasses.dataclass
class Run:
    """What is left of the one driver that all tests here look at."""

    folder: pathlib.Path
    broker: str
    results: dict
    log: str
    printed: str
    sent: int
    counted: dict
    processes_left: bool

    def lines(self, query, event=None):
        return journal.read(self.folder / "journal.jsonl", query, event)

    def progress(self, query):
        """(trigger start ms, end of the batch ms, source's start and end offsets) of its batches with rows."""
        text = (self.folder / f"{query}.progress").read_text(encoding="utf-8")
        result = []
        for report in map(json.loads, text.splitlines()):
            if report["numInputRows"] > 0:
                start = datetime.fromisoformat(report["timestamp"].replace("Z", "+00:00"))
                start_ms = round(start.timestamp() * 1000)
                result.append((start_ms, start_ms + report["durationMs"]["triggerExecution"],
                               report["sources"][0]["startOffset"], report["sources"][0]["endOffset"]))
        return result

    def topic(self, name):
        """{(partition, offset): time stamp ms}, as Spark's batch source reads it."""
        rows = (line.split(",") for line in (self.folder / name).read_text(encoding="utf-8").splitlines())
        return {(int(partition), int(offset)): int(time_ms) for partition, offset, time_ms in rows}

    def waits(self, query):
        """{(partition, offset): (wait ms, index of the batch)}, event by event."""
        stamps = self.topic("live.csv")
        result = {}
        for index, (start_ms, _, start, end) in enumerate(self.progress(query)):
            for partition, end_offset in end["live"].items():
                for offset in range(start["live"][partition], end_offset):
                    key = (int(partition), offset)
                    assert key not in result, "an event was taken twice"
                    result[key] = (start_ms - stamps[key], index)
        return result


def send_shape(kafka, topic, folder):
    with Traffic(kafka.broker, topic, SHAPE, folder) as traffic:
        return traffic.report()["sent"]


@pytest.fixture(scope="module")
def run(kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("governing")
    live, counted_topic = kafka.topic("live", 4), kafka.topic("counted", 3)
    with Traffic(kafka.broker, counted_topic, COUNTED_SHAPE, folder, seed=7) as traffic:
        counted = traffic.report()
    options = f"queries={'+'.join(QUERIES)},warmup=3s,journal={folder / 'journal.jsonl'}"
    arguments = ["--broker", kafka.broker, "--topic", live, "--counted-topic", counted_topic,
                 "--journal", folder / "journal.jsonl"]
    with Driver(JOBS / "scenarios.py", arguments, folder, options, cores=CORES) as driver:
        driver.wait_file("ready", 150)
        sent = send_shape(kafka, live, folder)
        end = time.monotonic() + EARLY_WITHIN_S
        while not fired_early(folder / "journal.jsonl") and time.monotonic() < end:
            sent += send_shape(kafka, live, folder)
        (folder / "traffic-over").touch()
        results = driver.wait_file("results", 480)
        driver.process.send_signal(signal.SIGKILL)
        driver.wait(10)
        processes_left = not wait_for(lambda: not group_alive(driver.pid), 20)
        return Run(folder, kafka.broker, results, driver.log(), driver.printed(), sent, counted, processes_left)


def fired_early(path):
    """Whether alpha's decisions have made a trigger that early_starts() will find, by the time it came at the latest."""
    trigger_ms = TRIGGER_MS["alpha"]
    fired_ms = [line["wall_ms"] for line in journal.read(path, "alpha", "decision")
                if line["fire"] and line["pending"] > 0]
    return any(earlier // trigger_ms == (later + DECIDED_MS) // trigger_ms
               for earlier, later in zip(fired_ms, fired_ms[1:]))


def early_starts(batches, trigger_ms):
    """Triggers with no point of the job's own grid since the trigger before: Spark alone never makes one, however late
    it runs."""
    starts = [batch[0] for batch in batches]
    return [later for earlier, later in zip(starts, starts[1:]) if earlier // trigger_ms == later // trigger_ms]


def keeps_the_grid(batches, trigger_ms):
    """Spark takes the time of a trigger before that of its report: where a point of the grid lies between, one seems early."""
    return len(early_starts(batches, trigger_ms)) <= 1


def test_every_query_took_every_event_once(run):
    for query in ("alpha", "beta", "other"):
        assert run.results[query]["error"] is None
        assert run.results[query]["rows"] == run.sent
        assert set(run.waits(query)) == set(run.topic("live.csv"))


def test_queries_are_governed_separately(run):
    for query in ("alpha", "beta"):
        begin, = run.lines(query, "start")
        assert begin["trigger_ns"] == TRIGGER_MS[query] * 1_000_000
        end, = run.lines(query, "summary")
        assert end["faults"] == 0
        assert end["own_batches"] == run.results[query]["batches"]
        assert end["own_events"] == run.sent
    assert len({line["id"] for line in run.lines("alpha")} | {line["id"] for line in run.lines("beta")}) == 2


def test_a_query_that_is_not_selected_is_left_alone(run):
    assert run.lines("other") == []
    assert "query other: not selected by queries=" in run.log
    assert keeps_the_grid(run.progress("other"), TRIGGER_MS["other"])


def test_a_governed_query_fires_early_in_a_burst(run):
    early = early_starts(run.progress("alpha"), TRIGGER_MS["alpha"])
    assert early, "no trigger of alpha came before its own schedule"
    fired = [line for line in run.lines("alpha", "decision") if line["fire"] and line["now_ns"] < line["own_ns"]]
    assert fired and {line["reason"] for line in fired} <= {"price", "bound", "max_wait", "backlog"}
    # Each early trigger has its decision, made at most a moment before; a machine that is busy may delay one.
    decided = [any(-5 <= start_ms - line["wall_ms"] <= DECIDED_MS for line in fired) for start_ms in early]
    assert any(decided) and decided.count(False) <= 1, decided


def test_no_event_waits_longer_than_promised(run):
    """2 T0 and a slot, and what was left of the batch that ran when the event came. The two seconds are for a machine
    that wakes a thread late."""
    batches, stamps = run.progress("alpha"), run.topic("live.csv")
    limit_ms = 2 * TRIGGER_MS["alpha"] + SLOT_MS + 2000
    for key, (wait_ms, index) in run.waits("alpha").items():
        running_ms = max(batches[index - 1][1] - stamps[key], 0) if index else wait_ms
        assert wait_ms <= limit_ms + running_ms, f"event {key} waited {wait_ms} ms"


def test_the_journal_replayed_gives_the_same_decisions(run):
    """The calls alone, on the same law without Spark: bit for bit. The last query was killed and has no summary."""
    done = subprocess.run([command(), "replay", "--json", str(run.folder / "journal.jsonl")], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["equal"] and report["decisions"] > 0 and report["differing"] == 0
    states = {line["query"]: line["state"] for line in report["runs"]}
    ended = ("alpha", "beta", *PARKED, "rate", "mixed", "files")
    assert states == {**dict.fromkeys(ended, "ended"), "last": "open"}
    assert report["decisions"] == len(run.lines(None, "decision"))


def test_stop_does_not_wait_for_the_trigger(run):
    for query in PARKED:
        assert run.lines(query, "start"), f"{query} was not governed"
        assert run.results[query]["error"] is None
    # The trigger would come within the hour. A busy machine may delay a stop, but hardly each.
    took_ms = [run.results[query]["stop_ms"] for query in PARKED]
    assert min(took_ms) < STOPPED_MS, took_ms


@pytest.mark.parametrize("query", ["asap", "now", "once"])
def test_other_triggers_are_left_alone(run, query):
    assert run.results[query]["error"] is None
    assert run.results[query]["rows"] == run.sent
    assert run.lines(query) == []
    assert f"query {query} (" not in run.log
    if query == "asap":
        assert run.results[query]["batches"] >= run.sent // 2000
    else:
        assert run.results[f"{query}_ended"] is True


@pytest.mark.parametrize("query, source", [("rate", "RateStreamMicroBatchStream"), ("files", "FileStreamSource"),
                                           ("mixed", "RateStreamMicroBatchStream")])
def test_a_source_that_cannot_be_asked_is_governed_by_its_progress(run, query, source):
    begin, = run.lines(query, "start")
    assert begin["rows_only"] is True
    assert (begin["max_wait_ns"] == begin["trigger_ns"]) == (query == "mixed")
    decisions = run.lines(query, "decision")
    assert "plan" in {line["reason"] for line in decisions}
    assert not any("total" in line for line in decisions), "it was asked all the same"
    end, = run.lines(query, "summary")
    assert (end["probes"], end["faults"]) == (0, 0)
    assert 0 < end["own_events"] <= run.results[query]["rows"]
    assert run.results[query]["error"] is None
    said = [line for line in run.log.splitlines() if line.startswith("[AdaptiveStream]") and f"query {query} (" in line]
    assert len(said) == 1 and "governed by its progress" in said[0] and f"{source} cannot be asked" in said[0]


def test_the_file_source_is_not_disturbed(run):
    """Asked for its end it would take files as seen: then a limit of one file a trigger would not hold."""
    for query in ("files", "files-limited"):
        assert run.results[query]["rows"] == run.results["written"]
    assert run.results["files-limited"]["batches"] == run.results["written"]


def test_a_limit_that_cannot_be_seen_through_is_left_alone(run):
    assert run.lines("files-limited") == []
    assert keeps_the_grid(run.progress("files-limited"), 1000)
    assert "query files-limited: source FileStreamSource has a limit per trigger" in run.log


def test_nothing_but_the_job_prints_on_stdout(run):
    assert run.printed == "scenarios: done\n"


def test_a_killed_driver_leaves_no_process(run):
    assert not run.processes_left


@pytest.mark.parametrize("query", ["alpha", "other"])
def test_measure_agrees_with_a_plain_recomputation(run, query):
    report = measure(run.broker, "live", run.folder / f"{query}.progress", journal=run.folder / "journal.jsonl",
                     query="alpha")
    waits_ms = sorted(wait_ms for wait_ms, _ in run.waits(query).values())
    figures = report["all"]["query"]
    assert report["complete"] and report["events"] == len(waits_ms) == figures["events"]
    assert figures["batches"] == run.results[query]["batches"]
    assert figures["mean_s"] == pytest.approx(sum(waits_ms) / len(waits_ms) / 1000, abs=1e-6)
    assert figures["max_s"] == pytest.approx(waits_ms[-1] / 1000, abs=1e-9)
    for percent in (50, 95, 99):
        rank = -(-len(waits_ms) * percent // 100)
        assert figures[f"p{percent}_s"] == pytest.approx(waits_ms[rank - 1] / 1000, abs=1e-9)


def test_the_generator_delivers_what_its_dry_run_says(run):
    dry = subprocess.run([command(), "generate", "--dry-run", "--shape", COUNTED_SHAPE, "--seed", "7"],
                         capture_output=True, text=True, check=True).stdout
    rows = [line.split(",") for line in dry.splitlines()]
    promised = {int(second): int(count) for second, count in rows if second.isdigit()}
    stamps = run.topic("counted.csv").values()
    delivered = Counter((time_ms - run.counted["started_ms"]) // 1000 for time_ms in stamps)
    assert sum(promised.values()) == run.counted["delivered"] == len(stamps)
    assert {second: count for second, count in promised.items() if count} == dict(delivered)
