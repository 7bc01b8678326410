#!/usr/bin/env python3
"""Whether the generator holds its target beside a Kafka on the same machine: 30 s at 100,000 events/s of 100 bytes, once with
random and once with equal gaps. A table compares, for each second, the events handed over during it with those planned for it
(the counts of --dry-run), and the verdict is `yes` when no second differs by more than 1 %.

    make bench-generator [ARGS="--rate 100000 --seconds 30 --partitions 4"]

The tables land in build/bench/generator/. Exit 1 when the target was not held.
"""

import argparse
import csv
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab.environment import LabError, build_folder, command, machine  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import cpu_seconds, unwind_on_signals  # noqa: E402
from lab.records import take_folder  # noqa: E402
from lab.report import write_report  # noqa: E402
from lab.traffic import Traffic  # noqa: E402

SPACINGS = ("poisson", "regular")
LIMIT = 0.01
# The keys and numbers around the payload take 79 bytes at this rate: the whole value is 100 bytes then.
PAYLOAD = 21
WARMUP = "phases=20000x5"  # Kafka's JVM compiles what it needs for writing, on a topic of its own


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=100000, help="events a second (default 100000)")
    parser.add_argument("--seconds", type=int, default=30, help="default 30")
    parser.add_argument("--partitions", type=int, default=4, help="default 4")
    parser.add_argument("--payload", type=int, default=PAYLOAD, help=f"bytes (default {PAYLOAD}: values of 100 bytes)")
    parser.add_argument("--keys", type=int, default=0, help="default 0: none")
    parser.add_argument("--output", type=pathlib.Path, default=build_folder() / "bench" / "generator")
    return parser.parse_args()


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]


def plan(shape, extra, path):
    with open(path, "w", encoding="utf-8") as file:
        subprocess.run([command(), "generate", "--dry-run", "--shape", shape, *extra], stdout=file, check=True)
    return [row["count"] for row in rows(path)]


def one_run(kafka, options, spacing, folder):
    shape = f"phases={options.rate:g}x{options.seconds}"
    extra = ["--spacing", spacing]
    planned = plan(shape, extra, folder / f"{spacing}-plan.csv")
    seconds = folder / f"{spacing}.csv"
    broker = int((folder / "kafka" / "pid").read_text(encoding="ascii"))
    broker_cpu_s = cpu_seconds(broker)
    more = ["--payload", str(options.payload), "--keys", str(options.keys), "--seconds", str(seconds)]
    with Traffic(kafka.broker, kafka.topic(spacing, options.partitions), shape, folder, extra=extra + more) as traffic:
        report = traffic.report(options.seconds + 60)
        own_cpu_s = cpu_seconds(traffic.pid)
    report.update(spacing=spacing, own_cores=own_cpu_s / report["elapsed_s"],
                  broker_cores=(cpu_seconds(broker) - broker_cpu_s) / report["elapsed_s"], rows=rows(seconds))
    if [row["planned"] for row in report["rows"]] != planned:
        raise LabError(f"the generator did not follow the plan of --dry-run: compare {seconds} and its plan")
    return report


def deviation(row):
    return row["sent"] / row["planned"] - 1 if row["planned"] else float(row["sent"] > 0)


def table(report):
    lines = [f"Spacing `{report['spacing']}`:", "", "| second | planned | sent | deviation | in time |", "|---|---|---|---|---|"]
    for row in report["rows"]:
        lines.append(f"| {row['second']} | {row['planned']} | {row['sent']} | {deviation(row):+.3%} | {row['in_time']} |")
    return lines


def verdict(report):
    """(held, a sentence)"""
    worst = max(report["rows"], key=lambda row: abs(deviation(row)))
    missed = sum(abs(deviation(row)) > LIMIT for row in report["rows"])
    lost = sum(row["planned"] for row in report["rows"]) - report["delivered"]
    held = missed == 0 and lost == 0 and report["seconds_missed"] == 0
    return held, (f"{report['spacing']}: each of {len(report['rows'])} seconds within 1 % of its target: "
                  f"{'yes' if held else f'NO, {missed} not'}; worst {deviation(worst):+.3%} in second {worst['second']}; "
                  f"lateness mean {report['lateness_mean_ms']:.2f} ms, max {report['lateness_max_ms']:.1f} ms; "
                  f"{lost} events lost; CPU {report['own_cores']:.2f} cores, Kafka's {report['broker_cores']:.2f}")


def collect(options):
    take_folder(options.output, fresh=True)
    with Kafka(options.output / "kafka") as kafka:
        with Traffic(kafka.broker, kafka.topic("warmup", options.partitions), WARMUP, options.output) as traffic:
            traffic.report()
        reports = [one_run(kafka, options, spacing, options.output) for spacing in SPACINGS]
    shutil.rmtree(options.output / "kafka", ignore_errors=True)
    return reports


def main():
    options = arguments()
    unwind_on_signals()
    try:
        reports = collect(options)
    except (LabError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"bench-generator: {error}")
    except KeyboardInterrupt:
        sys.exit("bench-generator: stopped")
    facts = machine()
    verdicts = [verdict(report) for report in reports]
    lines = [f"{options.rate:g} events/s for {options.seconds} s, payload {options.payload} bytes, {options.partitions} "
             f"partitions, {options.keys} keys; {facts['cores']} cores shared with Kafka, Linux {facts['kernel']}, load "
             f"average {facts['load']:.1f}.", ""]
    for report in reports:
        lines += table(report) + [""]
    text = "\n".join(lines + [sentence for _, sentence in verdicts]) + "\n"
    write_report(options.output / "results.md", text)
    print(text)
    sys.exit(0 if all(held for held, _ in verdicts) else 1)


if __name__ == "__main__":
    main()
