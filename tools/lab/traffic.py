"""Traffic from `adaptivestream generate`, and measuring with `adaptivestream measure`."""

import json
import subprocess

from lab.environment import LabError, command
from lab.processes import Child


class Traffic(Child):
    """The generator in the background; report() when it is done. `shape`: a shape's text, or the flags of a trace. That it
    did not hold its target in every second is no error here, for the events have their scheduled time stamps all the same:
    `seconds_missed` of the report says so."""

    def __init__(self, broker, topic, shape, folder, seed=1, extra=()):
        self.topic = topic
        shape = ["--shape", shape] if isinstance(shape, str) else shape
        log = folder / f"generate-{topic}.log"
        self.begin = log.stat().st_size if log.exists() else 0  # what another run has left there is not ours
        super().__init__([command(), "generate", "--broker", broker, "--topic", topic, *shape,
                          "--seed", seed, "--json", "--quiet", *extra], log)

    def printed(self):
        with open(self.output, "rb") as file:
            file.seek(self.begin)
            return file.read().decode("utf-8", errors="replace")

    def report(self, timeout_s=180):
        code = self.wait(timeout_s)
        if code == 0:
            return last_json(self.printed())
        if code == 1 and "\n{" in "\n" + self.printed():
            report = last_json(self.printed())
            if report["seconds_missed"] and report["delivered"] == report["sent"]:
                return report
        raise LabError(f"the generator {'did not end' if code is None else f'failed ({code})'}: {self.tail(5)}")


def last_json(text):
    """The last JSON object in a program's output, which may hold progress lines before it."""
    start = 0 if text.startswith("{") else -1
    start = max(start, text.rfind("\n{") + 1 if "\n{" in text else -1)
    if start < 0:
        raise LabError(f"no JSON report in: {text[-300:]!r}")
    return json.JSONDecoder().raw_decode(text[start:])[0]


def repeat(phases, times):
    return "phases=" + ",".join([phases] * times)


def seconds_of(phases, times=1):
    return times * sum(float(phase.split("x")[1]) for phase in phases.split(","))


MEASURE_S = 300


def measure(broker, topic, progress, against=None, phases=None, start_ms=None, times=1, journal=None, query=None,
            bound_s=None):
    """The report of `adaptivestream measure` as a dictionary."""
    arguments = [command(), "measure", "--json", "--broker", broker, "--topic", topic, "--progress", progress]
    if against:
        arguments += ["--against", against]
    if phases:
        arguments += ["--phases", phases, "--repeat", times]
        if start_ms is not None:
            arguments += ["--start", start_ms]
    if bound_s is not None:
        arguments += ["--bound", bound_s]
    if journal:
        arguments += ["--journal", journal, "--journal-query", query]
    try:
        done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, check=False,
                              timeout=MEASURE_S)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"measure did not end within {MEASURE_S} s; does the broker {broker} still run?") from error
    if done.returncode != 0:
        raise LabError(done.stderr.strip() or f"measure failed with {done.returncode}")
    return json.loads(done.stdout)
