#!/usr/bin/env python3
"""Kills the predictor of a governed job a thousand times, one and a half seconds apart, on real Spark and Kafka: how soon
forecasts are back each time, whether the driver keeps its descriptors and threads, and whether the job's output is that of the
same job without the agent. Exit 1 when something is amiss.

    make bench-kills [ARGS="--kills 1000"]

The table lands in build/bench/kills/.
"""

import argparse
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab import kills  # noqa: E402
from lab.environment import LabError, build_folder, machine  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.records import take_folder  # noqa: E402
from lab.report import write_report  # noqa: E402
from lab.screen import Screen  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000, help="default 1000")
    parser.add_argument("--output", type=pathlib.Path, default=build_folder() / "bench" / "kills")
    return parser.parse_args()


def quantile(ordered, part):
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]


def text_of(report):
    facts, back = machine(), report["back_s"]
    late = sum(seconds > 0.3 for seconds in back)
    before, after = report["before"], report["after"]
    return f"""{report['kills']} times kill -9 of the predictor of a governed job; {facts['cores']} cores, Linux {facts['kernel']}, load average {facts['load']:.1f}.

| | |
|---|---|
| forecasts back after | median {1000 * quantile(back, 0.5):.0f} ms, p99 {1000 * quantile(back, 0.99):.0f} ms, longest {1000 * back[-1]:.0f} ms; above 300 ms: {late} |
| descriptors of the driver, before and after | {before['descriptors']}, {after['descriptors']} |
| threads of the driver, before and after | {before['threads']}, {after['threads']} |
| predictors, before and after | {before['predictors']}, {after['predictors']} |
| events sent; counted with the agent and without | {report['sent']}; {report['counted'][0]} and {report['counted'][1]} |
| windows in the output | {report['windows']}, {'the same' if report['same_output'] else 'NOT the same'} as without the agent |
"""


def is_good(report):
    return (report["running"] and report["same_output"] and report["counted"] == [report["sent"]] * 2
            and report["after"]["predictors"] == 1 and report["after"]["descriptors"] <= report["before"]["descriptors"] + 16)


def main():
    options = arguments()
    unwind_on_signals()
    screen = Screen()

    def note(done, seconds):
        screen.bar(done / options.kills, f"kill {done} of {options.kills}, back after {1000 * seconds[-1]:.0f} ms")

    try:
        take_folder(options.output, fresh=True)
        with Kafka(options.output / "kafka") as kafka:
            report = kills.run(kafka, options.output, options.kills, note)
        shutil.rmtree(options.output / "kafka", ignore_errors=True)
    except (LabError, OSError) as error:
        sys.exit(f"bench-kills: {error}")
    except KeyboardInterrupt:
        sys.exit("bench-kills: stopped")
    text = text_of(report)
    write_report(options.output / "results.md", text)
    print(text)
    sys.exit(0 if is_good(report) else 1)


if __name__ == "__main__":
    main()
