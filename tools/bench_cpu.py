#!/usr/bin/env python3
"""What the agent costs: CPU seconds of the driver's JVM over the same traffic, with the agent and without, in separate
drivers that take turns. The traffic runs several times; the first passes let the JVM compile and the agent warm up, the
others count. The records and a Markdown table land in build/bench/cpu/.

    make bench-cpu [ARGS="--runs 3 --triggers 2,10,30 --settle 3 --passes 2 --quick"]

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
    parser.add_argument("--settle", type=int, default=3, help="passes of the traffic before CPU is counted (default 3)")
    parser.add_argument("--passes", type=int, default=2, help="passes that count (default 2)")
    parser.add_argument("--goal", default="balanced")
    parser.add_argument("--quick", action="store_true", help="one short pair at 2 s: proves the machinery only")
    parser.add_argument("--fresh", action="store_true", help="forget earlier runs")
    parser.add_argument("--output", type=pathlib.Path, help="default build/bench/cpu")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.triggers, options.phases, options.settle, options.passes = 1, "2", QUICK, 1, 1
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
    return Plan(phases=options.phases, times=options.settle + options.passes,
                settle_s=seconds_of(options.phases, options.settle), trigger=f"{trigger} seconds",
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
            screen.say(f"{folder.name}: {reports[step]['cpu_s']:.2f} CPU s ({reports[step]['compiler_s']:.2f} of them "
                       f"in the JVM's compilers) in {reports[step]['window_s']:.0f} s, "
                       f"{reports[step]['all']['query']['batches']} batches")
    shutil.rmtree(kafka_folder, ignore_errors=True)
    return reports


def table(options, reports):
    """What the JVM's compilers do depends on when they get round to it, and differs by a fifth of all CPU between two equal
    drivers; it ends some day, so the rest is shown beside it."""
    lines = [f"Traffic `phases={options.phases}` {options.settle + options.passes} times in a row; CPU seconds (user and "
             f"system) of the driver's JVM over the last {options.passes}, in all and without the JVM's compilers; separate "
             "drivers in turns, one query each; batches of all passes.", "",
             "| trigger | run | window, s | with agent | without | ratio | of a core more | no compilers: with | without "
             "| ratio | of a core more | batches, with / without |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for trigger in options.triggers:
        sums = []
        for run in range(1, options.runs + 1):
            agent, none = (reports[trigger, run, arm] for arm in ARMS)
            sums.append([compared(agent, none, lambda arm: arm["cpu_s"]),
                         compared(agent, none, lambda arm: arm["cpu_s"] - arm["compiler_s"])])
            cells = " | ".join(f"{with_s:.2f} | {without_s:.2f} | {ratio:.3f} | {share:+.2f} %"
                               for with_s, without_s, ratio, share in sums[-1])
            lines.append(f"| {trigger} s | {run} | {agent['window_s']:.0f} | {cells} "
                         f"| {agent['all']['query']['batches']} / {none['all']['query']['batches']} |")
        medians = [[statistics.median(run[part][index] for run in sums) for index in (2, 3)] for part in (0, 1)]
        cells = " | ".join(f" | | {ratio:.3f} | {share:+.2f} %" for ratio, share in medians)
        lines.append(f"| {trigger} s | **median** | |{cells} | |")
    return lines


def compared(agent, none, seconds):
    """Seconds with and without the agent, their ratio, and the difference in percent of a core."""
    with_s, without_s = seconds(agent), seconds(none)
    return with_s, without_s, with_s / without_s, (with_s / agent["window_s"] - without_s / none["window_s"]) * 100


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
