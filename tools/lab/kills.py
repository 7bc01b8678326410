"""A governed job and an ungoverned one on the same events, while the predictor of the first is killed again and again."""

import contextlib
import os
import pathlib
import signal
import time

from lab.driver import Submitted
from lab.environment import ROOT, LabError
from lab.output import committed_rows, events_in
from lab.processes import wait_for
from lab.traffic import Traffic
from lab.usage import parents

WINDOW_S, WATERMARK_S = 5, 5
HISTORY_S = 30  # before the first forecast
CYCLES = 100  # at most, of quiet and busy time: the generator takes 256 phases
HEALTHY_S = 1.05  # so long a predictor has to have answered to be replaced at once when it is killed
BACK = "forecasts are back"  # as [Controller] says, after a while at level debug


class Log:
    """The lines of a driver's log as they come, with the time each was seen."""

    def __init__(self, path):
        self.file = open(path, encoding="utf-8", errors="replace")
        self.rest = ""

    def lines(self):
        self.rest += self.file.read()
        *whole, self.rest = self.rest.split("\n")
        return whole

    def wait(self, text, timeout_s):
        """Whether a line with the text has come."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if any(text in line for line in self.lines()):
                return True
            time.sleep(0.002)
        return False


def predictors(pid):
    """The living predictors of a driver."""
    found = []
    for child, parent in parents().items():
        if parent == pid:
            with contextlib.suppress(OSError):
                state = pathlib.Path(f"/proc/{child}/stat").read_text(encoding="ascii", errors="replace")
                if "(adaptivestream" in state and state.rpartition(")")[2].split()[0] not in "ZX":
                    found.append(child)
    return found


def windows(kafka, topic, folder, agent_options):
    """An exactly-once job: a watermarked aggregation into files."""
    arguments = ["--broker", kafka.broker, "--topic", topic, "--output", folder / "output", "--checkpoint",
                 folder / "checkpoint", "--format", "json", "--trigger", "2 seconds", "--window", f"{WINDOW_S} seconds",
                 "--watermark", f"{WATERMARK_S} seconds"]
    return Submitted(ROOT / "baselines" / "example_job.py", arguments, folder, agent_options, cores=4)


def strike(driver, log, count, note):
    """Kills the predictor `count` times; the seconds until forecasts were back after each."""
    seconds = []
    for number in range(count):
        if not wait_for(lambda: predictors(driver.pid), 60, every_s=0.005):
            raise LabError(f"no predictor after {number} kills:\n{driver.tail()}")
        victim = predictors(driver.pid)[0]
        log.lines()
        started = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        if not log.wait(BACK, 60):
            raise LabError(f"no forecasts after kill {number + 1}:\n{driver.tail()}")
        seconds.append(time.monotonic() - started)
        note(number + 1, seconds)
        time.sleep(HEALTHY_S)
    return seconds


def traffic_for(seconds):
    """Twice as much quiet time as busy, twelve seconds in a row or more, for at least so long; and how long that is."""
    cycles = min(CYCLES, int(seconds / 12) + 1)
    third_s = int(seconds / cycles / 3) + 1
    return "phases=" + ",".join([f"100x{2 * third_s},1500x{third_s}"] * cycles), 3 * third_s * cycles


def numbers_of(pid):
    """Of descriptors and threads the fewest of some looks: a batch has files open."""
    looks = []
    for _ in range(10):
        time.sleep(0.3)
        looks.append((len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))))
    descriptors, threads = map(min, zip(*looks))
    return {"descriptors": descriptors, "threads": threads, "predictors": len(predictors(pid))}


def run(kafka, folder, kills, note=lambda done, seconds: None):
    """The report as a dictionary. Both jobs' outputs are complete when it is there."""
    topic = kafka.topic("kills", 2)
    shape, seconds_of_traffic = traffic_for(HISTORY_S + 60 + kills * 1.6)
    with contextlib.ExitStack() as stack:
        governed = stack.enter_context(windows(kafka, topic, folder / "with", "warmup=10s,log_level=debug"))
        plain = stack.enter_context(windows(kafka, topic, folder / "without", None))
        for job in (governed, plain):
            if not wait_for(lambda job=job: (job.directory / "checkpoint" / "commits" / "0").exists(), 150):
                raise LabError(f"{job.directory.name}: no batch:\n{job.tail()}")
        log = Log(governed.output)
        traffic = stack.enter_context(Traffic(kafka.broker, topic, shape, folder))
        if not log.wait("forecasts begin", 120):
            raise LabError(f"no forecasts:\n{governed.tail()}")
        if traffic.wait(0) is not None:
            traffic.report()  # says why it has ended already
            raise LabError("the traffic has ended before it began to count")
        before = numbers_of(governed.pid)
        seconds = strike(governed, log, kills, note)
        after = numbers_of(governed.pid)
        sent = traffic.report(seconds_of_traffic + 120)["sent"]
        # A later event moves the watermark past the last window.
        time.sleep(WINDOW_S + WATERMARK_S + 1)
        with Traffic(kafka.broker, topic, "phases=100x0.1", folder) as last:
            last.report()
        outputs = [job.directory / "output" for job in (governed, plain)]
        wait_for(lambda: all(events_in(committed_rows(output)) >= sent for output in outputs), 150, every_s=0.5)
        rows = [committed_rows(output) for output in outputs]
        running = governed.running() and plain.running()
    return {"kills": kills, "back_s": sorted(seconds), "before": before, "after": after, "sent": sent,
            "counted": [events_in(each) for each in rows], "windows": len(rows[0]), "same_output": rows[0] == rows[1],
            "running": running, "warnings": [line for line in governed.log().splitlines() if "fault" in line.lower()]}
