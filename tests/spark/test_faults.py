"""Whatever is wrong with the agent's options or files: the job runs as if it were not there, and one line says why."""

import contextlib
import json

import pytest
from conftest import JOBS, ROOT

from lab.driver import Submitted

# name: (agent options, what its line must hold)
FAULTS = {
    "wrong-key": ("gaol=strict", ["gaol", "goal", "runs without AdaptiveStream"]),
    "wrong-value": ("goal=balanced,budget=100", ["budget", "100", "runs without AdaptiveStream"]),
    "no-folder": ("journal=/nonexistent/folder/journal.jsonl", ["/nonexistent/folder/journal.jsonl", "the job goes on"]),
    "full-disk": ("journal=/dev/full", ["journal", "No space left", "the job goes on"]),
}
SIDE_BY_SIDE = 2  # drivers at a time: more would only take turns


@pytest.fixture(scope="module")
def ended(kafka, small_topic, tmp_path_factory):
    """{name: (driver, exit code)} of one small job for each fault."""
    result = {}
    names = list(FAULTS)
    while names:
        with contextlib.ExitStack() as stack:
            started = []
            for name in names[:SIDE_BY_SIDE]:
                folder = tmp_path_factory.mktemp(name)
                arguments = ["--broker", kafka.broker, "--topic", small_topic[0], "--directory", folder]
                started.append((name, stack.enter_context(
                    Submitted(JOBS / "small.py", arguments, folder, FAULTS[name][0]))))
            for name, driver in started:
                result[name] = (driver, driver.wait(150))
        del names[:SIDE_BY_SIDE]
    return result


@pytest.mark.parametrize("name", FAULTS)
def test_the_job_runs_untouched_and_one_line_says_why(ended, small_topic, name):
    driver, code = ended[name]
    assert code == 0, driver.tail()
    done = json.loads((driver.directory / "done").read_text(encoding="utf-8"))
    assert done["rows"] == small_topic[1]
    assert driver.printed() == "small: done\n"
    lines = [line for line in driver.log().splitlines() if line.startswith("[AdaptiveStream]")]
    about = [line for line in lines if FAULTS[name][1][0] in line]
    assert len(about) == 1, lines
    assert all(word in about[0] for word in FAULTS[name][1])
    if FAULTS[name][1][-1] == "runs without AdaptiveStream":
        assert lines == about, "an agent with wrong options has nothing else to say"


def test_the_fixed_baseline_says_what_is_missing(kafka, small_topic, tmp_path):
    job = ROOT / "baselines" / "fixed_baseline.py"
    arms = {"topic": ["1 second", "5", "--broker", kafka.broker, "--topic", "nowhere"],
            "good": ["1 second", "45", "--broker", kafka.broker, "--topic", small_topic[0], "--from", "earliest"]}
    with contextlib.ExitStack() as stack:
        drivers = {name: stack.enter_context(Submitted(job, arguments, tmp_path / name))
                   for name, arguments in arms.items()}
        codes = {name: driver.wait(150) for name, driver in drivers.items()}
    assert codes["topic"] == 1
    assert "fixed_baseline: topic nowhere does not exist" in drivers["topic"].printed()
    assert codes["good"] == 0, drivers["good"].tail()
    summary = drivers["good"].printed()
    assert summary.startswith("trigger 1 second, ") and f" {small_topic[1]} rows, " in summary
