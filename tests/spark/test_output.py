"""Invariant: what a job writes is the same with the agent and without, also when its driver is killed in between."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import zipfile

import pytest
from conftest import JOBS, ROOT

from lab import journal
from lab.driver import Submitted
from lab.output import committed_rows, events_in
from lab.processes import wait_for
from lab.traffic import Traffic

# The first batches of a JVM take seconds, and nothing could be fired early meanwhile.
WARMUP_SHAPE, WARMUP_BATCHES = "phases=20x30", 5
SHAPE = "phases=20x10,900x8,10x8,700x8,5x4"
SECONDS, WINDOW_S, WATERMARK_S = 68, 5, 5
CORES = 6
EARLY_WITHIN_S = 150  # the shape is repeated so long until a trigger was early: a loaded machine may be too slow at first


def windows(kafka, topic, folder, agent_options):
    """A watermarked aggregation."""
    arguments = ["--broker", kafka.broker, "--topic", topic, "--output", folder / "output", "--checkpoint",
                 folder / "checkpoint", "--format", "json", "--trigger", "4 seconds", "--window", f"{WINDOW_S} seconds",
                 "--watermark", f"{WATERMARK_S} seconds"]
    return Submitted(ROOT / "baselines" / "example_job.py", arguments, folder, agent_options, cores=CORES)


def sessions(kafka, topic, folder, agent_options):
    """State of its own kind, with time-outs; in Java, as Python's needs pandas."""
    jar = folder.parent / "sessions.jar"
    if not jar.exists():
        compile_jar(JOBS / "Sessions.java", jar)
    arguments = [kafka.broker, topic, folder / "output", folder / "checkpoint"]
    return Submitted(jar, arguments, folder, agent_options, cores=CORES, main_class="Sessions")


def compile_jar(source, jar):
    classes = jar.with_suffix("")
    classes.mkdir()
    javac = pathlib.Path(os.environ["JAVA_HOME"], "bin", "javac")
    spark_jars = pathlib.Path(os.environ["ADAPTIVESTREAM_SPARK_HOME"], "jars", "*")
    subprocess.run([javac, "--release", "8", "-Xlint:-options", "-cp", spark_jars, "-d", classes, source], check=True,
                   timeout=120)
    with zipfile.ZipFile(jar, "w") as archive:
        for file in classes.iterdir():
            archive.write(file, file.name)


def batch_committed(job, number):
    return wait_for(lambda: (job.directory / "checkpoint" / "commits" / str(number)).exists() or not job.running(), 150)


def send(kafka, topic, shape, folder):
    with Traffic(kafka.broker, topic, shape, folder) as traffic:
        return traffic.report()["sent"]


def early_decisions(path):
    return [line for line in journal.read(path, "windows", "decision")
            if line["fire"] and line["now_ns"] < line["own_ns"]]


def close_windows(kafka, topic, last_ms, folder):
    """Later events move the watermark past the last window of the earlier ones, so that both jobs emit all of those."""
    time.sleep(max(last_ms / 1000 + WINDOW_S + WATERMARK_S + 1 - time.time(), 0))
    send(kafka, topic, "phases=100x0.1", folder)


def kill(job):
    """As the machine's fall would."""
    job.signal_group(signal.SIGKILL)
    assert job.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize("submit", [windows, pytest.param(sessions, marks=pytest.mark.slow)])
def test_output_is_the_same(kafka, tmp_path, submit):
    name = submit.__name__
    topic = kafka.topic(name, 4)
    options = f"warmup=3s,journal={tmp_path / 'journal.jsonl'}"
    with contextlib.ExitStack() as stack:
        def start(arm, agent_options):
            return stack.enter_context(submit(kafka, topic, tmp_path / arm, agent_options))

        governed, plain = start("with", options), start("without", None)
        sent = 0
        for shape, batch in ((WARMUP_SHAPE, 0), (SHAPE, WARMUP_BATCHES)):
            for job in (governed, plain):
                assert batch_committed(job, batch) and job.running(), job.tail()
            sent += send(kafka, topic, shape, tmp_path)
        end = time.monotonic() + EARLY_WITHIN_S
        while not early_decisions(tmp_path / "journal.jsonl") and time.monotonic() < end:
            sent += send(kafka, topic, SHAPE, tmp_path)
        kill(governed)
        governed = start("with", options)
        sent += send(kafka, topic, WARMUP_SHAPE, tmp_path)
        close_windows(kafka, topic, round(time.time() * 1000), tmp_path)
        complete = wait_for(lambda: events_in(committed_rows(tmp_path / "with" / "output")) >= sent
                            and events_in(committed_rows(tmp_path / "without" / "output")) >= sent, 150, every_s=0.5)
        with_agent, without = (committed_rows(tmp_path / arm / "output") for arm in ("with", "without"))
        assert complete, f"{events_in(with_agent)} and {events_in(without)} of {sent} events came out"
        assert governed.running() and plain.running()
    assert events_in(with_agent) == sent
    assert len(with_agent) >= SECONDS / WINDOW_S
    assert with_agent == without
    assert early_decisions(tmp_path / "journal.jsonl"), "the governed job never fired early, so this run shows nothing"
