#!/usr/bin/env python3
"""What the agent costs: CPU seconds of the driver's JVM over the same traffic, with the agent and without, in separate
drivers that take turns. The traffic runs twice; the first pass lets the JVM compile and the agent warm up, the second one
counts. The records and a Markdown table land in build/bench/cpu/.

    make bench-cpu [ARGS="--runs 3 --triggers 2,10,30 --quick"]

A finished run is kept as long as its plan and the agent stay the same: calling it again goes on where it was left; --fresh
begins anew.
"""

import argparse
import pathlib
import shutil
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab.environment import LabError, build_folder  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.records import kept_run, take_folder  # noqa: E402
from lab.report import facts_line, write_report  # noqa: E402
from lab.run import Plan, measured_run  # noqa: E402
from lab.screen import Screen, clock  # noqa: E402
from lab.traffic import seconds_of  # noqa: E402

PHASES = "200x50,4000x10,200x15,5x35"
QUICK = "200x10,3000x5,5x10"
OVERHEAD_S = 75
ARMS = ("agent", "none")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="pairs of drivers for each trigger (default 3)")
    parser.add_argument("--triggers", default="2,10,30", help="seconds, separated by commas (default 2,10,30)")
    parser.add_argument("--phases", default=PHASES, help=f"default {PHASES}")
    parser.add_argument("--goal", default="balanced")
    parser.add_argument("--quick", action="store_true", help="one short pair at 2 s: proves the machinery only")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs")
    parser.add_argument("--output", type=pathlib.Path, help="default build/bench/cpu")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.triggers, options.phases = 1, "2", QUICK
    options.triggers = [int(seconds) for seconds in options.triggers.split(",")]
    options.output = options.output or build_folder() / "bench" / ("cpu-quick" if options.quick else "cpu")
    return options


def schedule(options):
    """(trigger, run, arm) in the order they are run; the arm that goes first alternates, so that what drifts on the
    machine meets both alike."""
    for run in range(1, options.runs + 1):
        for trigger in options.triggers:
            for arm in ARMS if run % 2 else reversed(ARMS):
                yield trigger, run, arm


def plan_of(options, trigger, run, arm):
    # The same query in both arms, under the same name.
    return Plan(phases=options.phases, times=2, settle_s=seconds_of(options.phases, 1), trigger=f"{trigger} seconds",
                names=("governed",), seed=run,
                agent_options=f"queries=governed,goal={options.goal}" if arm == "agent" else None)


def folder_of(options, step):
    return options.output / "trigger-{}s-run-{}-{}".format(*step)


def collect(options, screen):
    take_folder(options.output, options.fresh)
    steps = list(schedule(options))
    reports = {step: kept_run(folder_of(options, step), plan_of(options, *step), screen.say) for step in steps}
    if all(reports.values()):
        screen.say("all runs are there already; --fresh runs them anew")
        return reports
    kafka_folder = options.output / "kafka"
    shutil.rmtree(kafka_folder, ignore_errors=True)
    kafka_folder.mkdir(parents=True)
    with Kafka(kafka_folder) as kafka:
        for index, step in enumerate(steps):
            if reports[step]:
                continue
            folder, plan = folder_of(options, step), plan_of(options, *step)

            def every_second(elapsed_s, index=index, name=folder.name, plan=plan):
                left_s = (max(plan.seconds() - elapsed_s, 0)
                          + (len(steps) - index - 1) * (plan.seconds() + OVERHEAD_S))
                screen.bar((index + elapsed_s / plan.seconds()) / len(steps),
                           f"{name} ({index + 1} of {len(steps)}), about {clock(left_s)} left")

            shutil.rmtree(folder, ignore_errors=True)
            reports[step] = measured_run(kafka, plan, folder, folder.name, every_second=every_second)
            screen.say(f"{folder.name}: {reports[step]['cpu_s']:.2f} CPU s in {reports[step]['window_s']:.0f} s, "
                       f"{reports[step]['all']['query']['batches']} batches")
    shutil.rmtree(kafka_folder, ignore_errors=True)
    return reports


def table(options, reports):
    lines = [f"Traffic `phases={options.phases}` twice in a row; CPU seconds (user and system) of the driver's JVM over the "
             "second pass; separate drivers in turns, one query each; batches of both passes.", "",
             "| trigger | run | window, s | with agent | without | ratio | of a core more | batches, with / without |",
             "|---|---|---|---|---|---|---|---|"]
    for trigger in options.triggers:
        ratios, shares = [], []
        for run in range(1, options.runs + 1):
            agent, none = (reports[trigger, run, arm] for arm in ARMS)
            ratios.append(agent["cpu_s"] / none["cpu_s"])
            shares.append((agent["cpu_s"] / agent["window_s"] - none["cpu_s"] / none["window_s"]) * 100)
            lines.append(f"| {trigger} s | {run} | {agent['window_s']:.0f} | {agent['cpu_s']:.2f} | {none['cpu_s']:.2f} "
                         f"| {ratios[-1]:.3f} | {shares[-1]:+.2f} % "
                         f"| {agent['all']['query']['batches']} / {none['all']['query']['batches']} |")
        lines.append(f"| {trigger} s | **median** | | | | {statistics.median(ratios):.3f} "
                     f"| {statistics.median(shares):+.2f} % | |")
    return lines


def main():
    options = arguments()
    unwind_on_signals()
    try:
        reports = collect(options, Screen())
    except (LabError, OSError) as error:
        sys.exit(f"bench-cpu: {error}")
    except KeyboardInterrupt:
        sys.exit(f"bench-cpu: stopped; finished runs are kept in {options.output}")
    text = "\n".join([facts_line(list(reports.values())), ""] + table(options, reports)) + "\n"
    write_report(options.output / "results.md", text)
    print(text)
    print(f"Raw records: {options.output}")


if __name__ == "__main__":
    main()
