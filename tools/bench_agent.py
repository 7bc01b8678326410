#!/usr/bin/env python3
"""What the agent takes and how punctual it is, in three parts; records and a Markdown report land in build/bench/agent/.

    memory    its mappings and what it has allocated, with 1, 2 and 20 queries (stand-ins of Spark's, in a small JVM), and
              its mappings in a real driver
    first     time from the start of a driver to its first committed batch, with and without the agent, in alternating pairs
    trigger   from a decision to the start of the trigger, and how late a planned look comes, in a warm driver

    make bench-agent [ARGS="--pairs 10 --quick"]

A finished part or run is kept as long as its plan and the agent stay the same: calling it again goes on where it was left;
--fresh begins anew.
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import journal, memory, punctuality  # noqa: E402
from lab.driver import JOBS, Driver  # noqa: E402
from lab.environment import LabError, build_folder  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals, wait_for  # noqa: E402
from lab.records import keep_run, kept_run, made_with, take_folder  # noqa: E402
from lab.report import facts_line, write_report  # noqa: E402
from lab.run import Plan, measured_run  # noqa: E402
from lab.screen import Screen, clock  # noqa: E402
from lab.traffic import Traffic  # noqa: E402

PHASES, TIMES = "200x100,4000x20,200x30,5x70", 3
QUICK_PHASES, QUICK_TIMES = "200x15,3000x5,5x15", 1
QUERIES = (1, 2, 20)
ARMS = ("agent", "none")
MAPPINGS = "mappings.json"
FIRST_S, STAND_IN_S, OVERHEAD_S = 25, 15, 75  # roughly, only for the time left
# The targets.
ONE_QUERY_BYTES, MORE_BYTES, TRIGGER_MS = 3_000_000, 100_000, 5


@dataclasses.dataclass
class StandIns:
    """The plan of one count of allocations."""

    queries: int


@dataclasses.dataclass
class FirstBatch:
    """The plan of one driver that is timed to its first batch."""

    pair: int
    arm: str
    events: int = 1000
    trigger: str = "2 seconds"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10, help="pairs of drivers for the first batch (default 10)")
    parser.add_argument("--phases", default=PHASES, help=f"traffic of the part `trigger` (default {PHASES})")
    parser.add_argument("--times", type=int, default=TIMES, help=f"how often in a row (default {TIMES})")
    parser.add_argument("--goal", default="balanced")
    parser.add_argument("--quick", action="store_true", help="one pair and half a minute: proves the machinery only")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs")
    parser.add_argument("--output", type=pathlib.Path, help="default build/bench/agent")
    options = parser.parse_args()
    if options.quick:
        options.pairs, options.phases, options.times = 1, QUICK_PHASES, QUICK_TIMES
    options.output = options.output or build_folder() / "bench" / ("agent-quick" if options.quick else "agent")
    return options


def trigger_plan(options):
    warmup = ",warmup=5s" if options.quick else ""
    return Plan(phases=options.phases, times=options.times, names=("governed",),
                agent_options=f"queries=governed,goal={options.goal}{warmup}")


def count_allocations(plan, folder):
    made = made_with(plan)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return keep_run(folder, memory.allocations(plan.queries), made)


def time_first_batch(kafka, plan, folder, topic):
    """Seconds from the start of spark-submit to the commit of the first batch, by the time of its file."""
    made = made_with(plan)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    committed = folder / "checkpoint-governed" / "commits" / "0"
    arguments = ["--broker", kafka.broker, "--topic", topic, "--warmup-topic", topic, "--warmup-batches", 0,
                 "--names", "governed", "--trigger", plan.trigger]
    begin_s = time.time()
    with Driver(JOBS / "two_queries.py", arguments, folder, "queries=governed" if plan.arm == "agent" else None) as driver:
        wait_for(lambda: committed.exists() or not driver.running(), 180)
        ready = driver.wait_file("ready", 60)
        first_s = committed.stat().st_mtime - begin_s
        driver.stop()
    return keep_run(folder, {"first_batch_s": first_s, "java": ready["java"], "spark": ready["spark"]}, made)


def run_trigger_part(kafka, options, folder, screen):
    """A measured run whose mappings are written down while there is traffic: the last ones stay."""
    plan = trigger_plan(options)

    def every_second(elapsed_s):
        left_s = max(plan.seconds() - elapsed_s, 0)
        screen.bar(elapsed_s / plan.seconds(), f"trigger: traffic {clock(elapsed_s)}, about {clock(left_s)} left")
        ready = json.loads((folder / "ready").read_text(encoding="utf-8"))
        (folder / MAPPINGS).write_text(json.dumps(memory.mappings(ready["jvm_pid"])), encoding="utf-8")

    shutil.rmtree(folder, ignore_errors=True)
    return measured_run(kafka, plan, folder, "trigger", lambda text: screen.say(f"trigger: {text}"), every_second)


def steps_of(options):
    """{folder: plan} in the order they are run; the arm that goes first alternates, so that what drifts on the machine
    meets both alike."""
    steps = {f"stand-ins-{queries}": StandIns(queries) for queries in QUERIES}
    for pair in range(1, options.pairs + 1):
        for arm in ARMS if pair % 2 else reversed(ARMS):
            steps[f"first-{pair}-{arm}"] = FirstBatch(pair, arm)
    steps["trigger"] = trigger_plan(options)
    return steps


def roughly_s(plan):
    if isinstance(plan, Plan):
        return plan.seconds() + OVERHEAD_S
    return FIRST_S if isinstance(plan, FirstBatch) else STAND_IN_S


def prefilled(kafka, events, folder):
    topic = kafka.topic("first", 2)
    with Traffic(kafka.broker, topic, f"phases={events}x1", folder) as traffic:
        traffic.report()
    return topic


def collect(options, screen):
    take_folder(options.output, options.fresh)
    steps = steps_of(options)
    reports = {name: kept_run(options.output / name, plan, screen.say) for name, plan in steps.items()}
    if all(reports.values()):
        screen.say("all runs are there already; --fresh runs them anew")
        return reports
    kafka_folder = options.output / "kafka"
    shutil.rmtree(kafka_folder, ignore_errors=True)
    kafka_folder.mkdir(parents=True)
    with Kafka(kafka_folder) as kafka:
        topic = prefilled(kafka, FirstBatch(0, "").events, kafka_folder)
        names = [name for name in steps if not reports[name]]
        for index, name in enumerate(names):
            plan, folder = steps[name], options.output / name
            left_s = sum(roughly_s(steps[later]) for later in names[index:])
            screen.say(f"{name} ({index + 1} of {len(names)}), about {clock(left_s)} left")
            if isinstance(plan, StandIns):
                reports[name] = count_allocations(plan, folder)
            elif isinstance(plan, FirstBatch):
                reports[name] = time_first_batch(kafka, plan, folder, topic)
                screen.say(f"{name}: first batch after {reports[name]['first_batch_s']:.2f} s")
            else:
                reports[name] = run_trigger_part(kafka, options, folder, screen)
    shutil.rmtree(kafka_folder, ignore_errors=True)
    return reports


def verdict(held):
    return "yes" if held else "NO"


def kilobytes(number):
    return f"{number / 1000:,.0f}"


def memory_part(options, reports):
    counts = {queries: reports[f"stand-ins-{queries}"] for queries in QUERIES}
    real = json.loads((options.output / "trigger" / MAPPINGS).read_text(encoding="utf-8"))
    lines = ["## Memory", "", "kB of 1000 bytes. Allocated: blocks that the library's code has asked the C library for and "
             "not freed, as the allocator rounds them up, counted by `tests/jvm/count_allocations.c` in a JVM of stand-in "
             "queries; what the JVM itself keeps for the agent (references, its copy of two methods) is not in it.", "",
             "| queries | allocated | blocks | the largest | mappings there: size | resident | private and written |",
             "|---|---|---|---|---|---|---|"]
    for queries, count in counts.items():
        there = count["mappings"]
        largest = ", ".join(kilobytes(size) for size in count["sizes"][:3])
        lines.append(f"| {queries} | {kilobytes(count['bytes'])} | {count['blocks']} | {largest} | {kilobytes(there['Size'])} "
                     f"| {kilobytes(there['Rss'])} | {kilobytes(there['Private_Dirty'])} |")
    lines.append(f"| 1, real driver | | | | {kilobytes(real['Size'])} | {kilobytes(real['Rss'])} "
                 f"| {kilobytes(real['Private_Dirty'])} |")
    one = real["Rss"] + counts[1]["bytes"]
    more = (counts[QUERIES[-1]]["bytes"] - counts[1]["bytes"]) / (QUERIES[-1] - 1)
    return lines + ["", f"Asked for: resident mappings of the real driver and allocations with one query "
                    f"{kilobytes(one)} kB (at most {kilobytes(ONE_QUERY_BYTES)}): {verdict(one <= ONE_QUERY_BYTES)}; "
                    f"each further query {kilobytes(more)} kB (at most {kilobytes(MORE_BYTES)}): "
                    f"{verdict(more <= MORE_BYTES)}."]


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def first_part(options, reports):
    times = {arm: [reports[f"first-{pair}-{arm}"]["first_batch_s"] for pair in range(1, options.pairs + 1)] for arm in ARMS}
    lines = ["## First batch", "", f"Seconds from the start of `spark-submit` to the commit of the first batch; {options.pairs} "
             "pairs of drivers that take turns.", "", "| | median | least | largest |", "|---|---|---|---|"]
    for arm, title in zip(ARMS, ("with agent", "without")):
        lines.append(f"| {title} | {statistics.median(times[arm]):.2f} | {min(times[arm]):.2f} | {max(times[arm]):.2f} |")
    more = [agent_s - none_s for agent_s, none_s in zip(*(times[arm] for arm in ARMS))]
    low, high = quartiles(more)
    ratio = statistics.median(times["agent"]) / statistics.median(times["none"])
    return lines + ["", f"In a pair, with the agent more: median {statistics.median(more):+.2f} s, middle half {low:+.2f} to "
                    f"{high:+.2f} s; ratio of the medians {ratio:.3f}.", "",
                    f"Asked for: within noise (0 lies in the middle half): {verdict(low <= 0 <= high)}."]


def spread(title, values):
    cells = " | ".join(f"{punctuality.percentile(values, percent):.2f}" for percent in (50, 99, 100))
    return f"| {title} | {len(values)} | {cells} |"


def trigger_part(options):
    folder = options.output / "trigger"
    lines = [line for line in journal.read(folder / "journal.jsonl", "governed") if line["event"] in ("decision", "trigger")]
    starts_ms = punctuality.trigger_starts_ms(folder / "governed.progress")
    gaps = punctuality.to_trigger_ms([line for line in lines if line["event"] == "decision"], starts_ms)
    late = punctuality.waking_late_ms(lines)
    p99 = punctuality.percentile(gaps, 99)
    return ["## From decision to trigger", "", f"Milliseconds; one query, trigger 2 s, goal `{options.goal}`, traffic "
            f"`phases={options.phases}`, {options.times} times. Spark notes a trigger's start in whole milliseconds, so a "
            "single one is right to half a millisecond. A sleep is rounded up to a whole millisecond.", "",
            "| | number | p50 | p99 | largest |", "|---|---|---|---|---|",
            spread("decision to the trigger's start", gaps), spread("planned look to the look", late), "",
            f"Asked for: decision to trigger {p99:.2f} ms at p99 (at most {TRIGGER_MS}): {verdict(p99 <= TRIGGER_MS)}."]


def main():
    options = arguments()
    unwind_on_signals()
    try:
        reports = collect(options, Screen())
        drivers = [report for name, report in reports.items() if not name.startswith("stand-ins")]
        parts = [[facts_line(drivers)], memory_part(options, reports), first_part(options, reports), trigger_part(options)]
    except (LabError, OSError) as error:
        sys.exit(f"bench-agent: {error}")
    except KeyboardInterrupt:
        sys.exit(f"bench-agent: stopped; finished runs are kept in {options.output}")
    text = "\n\n".join("\n".join(part) for part in parts) + "\n"
    write_report(options.output / "results.md", text)
    print(text)
    print(f"Raw records: {options.output}")


if __name__ == "__main__":
    main()
