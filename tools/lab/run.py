"""One measured run: a warm driver with its queries, traffic in phases or from a trace, and what the records say
afterwards."""

import contextlib
import dataclasses
import pathlib
import time

from lab import journal
from lab.driver import JOBS, Driver
from lab.environment import ROOT
from lab.processes import CompilerTime, cpu_seconds
from lab.records import keep_run, made_with
from lab.traffic import Traffic, measure, repeat, seconds_of

PARTITIONS = 4
WARMUP_RATE = 100
TRACES = ROOT / "tests" / "data" / "traces"
TRACE_BINS = {"nasa_http": "1s", "twitter_stream": "1s", "llm_code": "100ms", "btc_feed": "100ms", "tweets_tvshow": "100ms"}


@dataclasses.dataclass
class Plan:
    """What is run: phases, or a trace of TRACE_BINS. agent_options: None for a driver without the agent; a journal is
    added to it."""

    phases: str = None
    times: int = 1
    trigger: str = "2 seconds"
    names: tuple = ("governed", "fixed")
    agent_options: str = None
    seed: int = 1
    warmup_batches: int = 30
    settle_s: float = 0  # of the traffic, before CPU is counted
    live: bool = False
    trace: str = None
    speed: float = None  # of the trace
    duration_s: float = None  # of the trace, sped up
    bound_triggers: float = None  # the promise to check, in intervals of the trigger: see journal.promised_s()
    beside: int = None  # how many other topics the driver reads at the same time

    def seconds(self):
        return self.duration_s if self.trace else seconds_of(self.phases, self.times)

    def shape(self):
        """For Traffic."""
        if not self.trace:
            return repeat(self.phases, self.times)
        return ["--trace", TRACES / f"{self.trace}.csv.gz", "--bin", TRACE_BINS[self.trace], "--speed", self.speed,
                "--duration", self.duration_s]


@contextlib.contextmanager
def warm_driver(kafka, plan, folder, tag, say=lambda text: None, topics=None):
    """Yields (driver, ready): a driver whose queries stand on the still empty topic `events-TAG`, or on each of `topics`."""
    folder = pathlib.Path(folder)
    # A promise about waits begins when Kafka has the event; a generator on a busy machine hands it over later than planned.
    settings = ["message.timestamp.type=LogAppendTime"] if plan.bound_triggers else []
    topics = [kafka.topic(topic, PARTITIONS, *settings) for topic in topics or [f"events-{tag}"]]
    warmup_topic = kafka.topic(f"warmup-{tag}", PARTITIONS)
    options = plan.agent_options
    if options is not None:
        whole = f"journal={folder / 'journal.jsonl'},journal_size=0"  # what reads it here reads one file
        options = f"{options},{whole}" if options else whole
    arguments = ["--broker", kafka.broker, "--topic", ",".join(topics), "--warmup-topic", warmup_topic,
                 "--trigger", plan.trigger, "--names", ",".join(plan.names), "--warmup-batches", plan.warmup_batches,
                 *(["--live"] if plan.live else [])]
    say("starting the Spark driver")
    with Driver(JOBS / "two_queries.py", arguments, folder, options) as driver:
        driver.wait_file("up", 120)
        say("warming it up: the first batches of a JVM take seconds")
        with Traffic(kafka.broker, warmup_topic, f"phases={WARMUP_RATE}x600", folder):
            ready = driver.wait_file("ready", 240)
        yield driver, ready


def measured_run(kafka, plan, folder, tag, say=lambda text: None, every_second=lambda elapsed_s: None):
    """Runs the plan and returns measure's report, with "cpu_s" of the JVM over the traffic, "compiler_s" of it in the JVM's
    compilers, "window_s", and what it was "made" with."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = made_with(plan)
    with warm_driver(kafka, plan, folder, tag, say) as (driver, ready):
        say("traffic begins")
        begin_s = time.monotonic()
        compilers = CompilerTime(ready["jvm_pid"])

        def now():
            return time.monotonic(), cpu_seconds(ready["jvm_pid"]), compilers.seconds()

        window, settled = now(), plan.settle_s <= 0
        with Traffic(kafka.broker, f"events-{tag}", plan.shape(), folder, plan.seed) as traffic:
            while traffic.wait(1) is None:
                every_second(time.monotonic() - begin_s)
                compilers.seconds()
                if not settled and time.monotonic() - begin_s >= plan.settle_s:
                    window, settled = now(), True
            sent = traffic.report()
        window_s, cpu_s, compiler_s = (end - begin for begin, end in zip(window, now()))
        say("traffic is over; the last events are taken")
        driver.stop(180)
    report = report_of(kafka, plan, folder, tag, sent)
    report.update(cpu_s=cpu_s, compiler_s=compiler_s, window_s=window_s, sent=sent, spark=ready["spark"], java=ready["java"])
    return keep_run(folder, report, made)


def report_of(kafka, plan, folder, tag, sent, suffix=""):
    """`suffix`: of the queries' names, where the driver read several topics."""
    query = f"governed{suffix}" if plan.agent_options is not None and "governed" in plan.names else None
    records = folder / "journal.jsonl"
    return measure(kafka.broker, f"events-{tag}", folder / f"{plan.names[0]}{suffix}.progress",
                   against=folder / f"{plan.names[1]}{suffix}.progress" if len(plan.names) > 1 else None,
                   phases=plan.phases, times=plan.times, start_ms=sent["started_ms"],
                   journal=records if query else None, query=query,
                   bound_s=journal.promised_s(records, query, plan.bound_triggers) if plan.bound_triggers else None)


def measured_together(kafka, plans, folder, tag, say=lambda text: None, every_second=lambda elapsed_s: None):
    """Runs plans that differ in their traffic only, in one driver at the same time: a topic for each, with both queries
    on it. Returns {index from 1: report}; the records of each lie in a folder of that number."""
    folder = pathlib.Path(folder)
    topics = {index: f"events-{tag}-{index}" for index in range(1, len(plans) + 1)}
    made = {}
    for index, plan in enumerate(plans, 1):
        (folder / str(index)).mkdir(parents=True, exist_ok=True)
        made[index] = made_with(plan)
    with warm_driver(kafka, plans[0], folder, tag, say, list(topics.values())) as (driver, ready), \
            contextlib.ExitStack() as stack:
        say("traffic begins")
        begin_s = time.monotonic()
        traffic = {index: stack.enter_context(Traffic(kafka.broker, topics[index], plan.shape(), folder, plan.seed))
                   for index, plan in enumerate(plans, 1)}
        while any(one.wait(0) is None for one in traffic.values()):
            time.sleep(1)
            every_second(time.monotonic() - begin_s)
        sent = {index: one.report() for index, one in traffic.items()}
        say("traffic is over; the last events are taken")
        driver.stop(180)
    reports = {}
    for index, plan in enumerate(plans, 1):
        report = report_of(kafka, plan, folder, f"{tag}-{index}", sent[index], f"-{index}")
        report.update(sent=sent[index], spark=ready["spark"], java=ready["java"])
        reports[index] = keep_run(folder / str(index), report, made[index])
    return reports
