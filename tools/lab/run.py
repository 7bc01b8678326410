"""One measured run: a warm driver with its queries, traffic in phases, and what the records say afterwards."""

import contextlib
import dataclasses
import pathlib
import time

from lab.driver import JOBS, Driver
from lab.processes import cpu_seconds
from lab.records import keep_run, made_with
from lab.traffic import Traffic, measure, repeat, seconds_of

PARTITIONS = 4
WARMUP_RATE = 100


@dataclasses.dataclass
class Plan:
    """What is run. agent_options: None for a driver without the agent; a journal is added to it."""

    phases: str
    times: int = 1
    trigger: str = "2 seconds"
    names: tuple = ("governed", "fixed")
    agent_options: str = None
    seed: int = 1
    warmup_batches: int = 30
    settle_s: float = 0  # of the traffic, before CPU is counted
    live: bool = False

    def seconds(self):
        return seconds_of(self.phases, self.times)


@contextlib.contextmanager
def warm_driver(kafka, plan, folder, tag, say=lambda text: None):
    """Yields (driver, ready): a driver whose queries stand on the still empty topic `events-TAG`."""
    folder = pathlib.Path(folder)
    topic, warmup_topic = kafka.topic(f"events-{tag}", PARTITIONS), kafka.topic(f"warmup-{tag}", PARTITIONS)
    options = plan.agent_options
    if options is not None:
        options = f"{options},journal={folder / 'journal.jsonl'}" if options else f"journal={folder / 'journal.jsonl'}"
    arguments = ["--broker", kafka.broker, "--topic", topic, "--warmup-topic", warmup_topic, "--trigger", plan.trigger,
                 "--names", ",".join(plan.names), "--warmup-batches", plan.warmup_batches,
                 *(["--live"] if plan.live else [])]
    say("starting the Spark driver")
    with Driver(JOBS / "two_queries.py", arguments, folder, options) as driver:
        driver.wait_file("up", 120)
        say("warming it up: the first batches of a JVM take seconds")
        with Traffic(kafka.broker, warmup_topic, f"phases={WARMUP_RATE}x600", folder):
            ready = driver.wait_file("ready", 240)
        yield driver, ready


def measured_run(kafka, plan, folder, tag, say=lambda text: None, every_second=lambda elapsed_s: None):
    """Runs the plan and returns measure's report, with "cpu_s" of the JVM over the traffic, "window_s", and what it was
    "made" with."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = made_with(plan)
    with warm_driver(kafka, plan, folder, tag, say) as (driver, ready):
        say("traffic begins")
        begin_s = window_begin_s = time.monotonic()
        cpu_begin_s, settled = cpu_seconds(ready["jvm_pid"]), plan.settle_s <= 0
        with Traffic(kafka.broker, f"events-{tag}", repeat(plan.phases, plan.times), folder, plan.seed) as traffic:
            while traffic.wait(1) is None:
                every_second(time.monotonic() - begin_s)
                if not settled and time.monotonic() - begin_s >= plan.settle_s:
                    window_begin_s, cpu_begin_s, settled = time.monotonic(), cpu_seconds(ready["jvm_pid"]), True
            sent = traffic.report()
        window_s, cpu_s = time.monotonic() - window_begin_s, cpu_seconds(ready["jvm_pid"]) - cpu_begin_s
        say("traffic is over; the last events are taken")
        driver.stop(180)
    report = report_of(kafka, plan, folder, tag, sent)
    report.update(cpu_s=cpu_s, window_s=window_s, sent=sent, spark=ready["spark"], java=ready["java"])
    return keep_run(folder, report, made)


def report_of(kafka, plan, folder, tag, sent):
    governed = plan.agent_options is not None and "governed" in plan.names
    return measure(kafka.broker, f"events-{tag}", folder / f"{plan.names[0]}.progress",
                   against=folder / f"{plan.names[1]}.progress" if len(plan.names) > 1 else None,
                   phases=plan.phases, times=plan.times, start_ms=sent["started_ms"],
                   journal=folder / "journal.jsonl" if governed else None, query="governed" if governed else None)
