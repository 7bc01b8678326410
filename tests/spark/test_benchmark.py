"""A tiny benchmark on real Spark and Kafka: two arms, the whole way to the report, and once more without running anything."""

import csv
import json
import subprocess

import pytest

from lab.environment import LabError, command
from lab.postgres import Postgres, programs
from lab.upsert import Upsert

PLAN = """
# ten seconds of traffic, two drivers side by side
arms=fixed_1s,mine
reference=fixed_1s
arm.fixed_1s=trigger=1s
arm.mine=trigger=1s agent=warmup=1s
workloads=small
workload.small=shape=phases=50x4,1000x2,50x4
jobs=files
repetitions=1
side_by_side=2
warmup_batches=3
busy_others=1
retries=0
"""
DEADLINE_S = 400


def benchmark(*arguments):
    return subprocess.run([command(), "benchmark", *map(str, arguments)], capture_output=True, text=True, check=False,
                          timeout=DEADLINE_S)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    plan = folder / "small.plan"
    plan.write_text(PLAN, encoding="utf-8")
    return plan, folder / "results", benchmark(plan, "--output", folder / "results")


def rows(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_event_of_both_arms_is_accounted_for(ran):
    _, folder, done = ran
    assert done.returncode == 0, done.stderr
    runs = {row["arm"]: row for row in rows(folder, "runs.csv")}
    assert set(runs) == {"fixed_1s", "mine"}
    assert runs["fixed_1s"]["events"] == runs["mine"]["events"]
    for row in runs.values():
        assert row["status"] in ("ok", "late"), row["reason"]  # a loaded machine is late, and says so
        assert int(row["missing"]) == 0 and int(row["repeated"]) == 0
        records = folder / row["folder"]
        waits = [line for line in rows(records, "waits.csv") if line["kind"] == "wait"]
        assert sum(int(line["events"]) for line in waits) == int(row["events"]) > 2000
        mean_s = sum(int(line["ms"]) * int(line["events"]) for line in waits) / 1000 / int(row["events"])
        assert abs(mean_s - float(row["wait_mean_s"])) < 1e-4
        assert len(rows(records, "batches.csv")) == int(row["batches"]) > 3
        assert float(row["cpu_s"]) > 0 and float(row["resident_mb"]) > 100
        # An exactly-once file sink leaves at least a file a batch.
        assert int(row["files"]) >= int(row["batches"])
    # The agent was in one of them only, with the options of the plan.
    assert not (folder / runs["fixed_1s"]["folder"] / "journal.jsonl").exists()
    journal = (folder / runs["mine"]["folder"] / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    started = [line for line in map(json.loads, journal) if line["event"] == "start"]
    assert [line["query"] for line in started] == ["measured"]


def test_the_report_is_there(ran):
    _, folder, done = ran
    for name in ("results.md", "summary.csv", "facts.json", "files-small-time.svg"):
        assert (folder / name).exists(), done.stderr
    assert "## small, job files" in done.stdout


def test_called_again_nothing_is_run(ran):
    plan, folder, _ = ran
    before = (folder / "runs.csv").read_text(encoding="utf-8")
    again = benchmark(plan, "--output", folder)
    assert again.returncode == 0, again.stderr
    assert "all runs are there already" in again.stderr
    assert (folder / "runs.csv").read_text(encoding="utf-8") == before


def test_a_wrong_plan_is_refused_before_anything_starts(tmp_path):
    done = benchmark("--arms", "fixed_2s,balancd", "--output", tmp_path / "results")
    assert done.returncode == 2
    assert "did you mean 'balanced'?" in done.stderr
    assert not (tmp_path / "results").exists()


def has_postgres():
    try:
        return programs() is not None
    except LabError:
        return False


@pytest.mark.skipif(not has_postgres(), reason="PostgreSQL is not installed")
def test_a_batch_is_added_to_the_table_once(tmp_path):
    with Postgres(tmp_path) as server:
        upsert = Upsert(server.folder, "counts")
        for number, counts in ((0, [(1, 10), (2, 5)]), (1, [(2, 7)]), (1, [(2, 7)]), (2, [])):
            upsert.add(counts, number)  # batch 1 comes again, as after a restart
        assert server.number("SELECT sum(events) FROM counts") == 22
        assert server.number("SELECT events FROM counts WHERE id = 2") == 12
        assert server.number("SELECT count(*) FROM counts_batches") == 2
        with pytest.raises(RuntimeError):
            upsert.run("SELECT no_such_thing;")
        folder = server.folder
    assert not folder.exists()
