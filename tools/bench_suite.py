#!/usr/bin/env python3
"""Runs a plan of the benchmark: what `adaptivestream benchmark` becomes. See docs/benchmark.md and the help of that command.

A finished run is a row of runs.csv: calling it again with the same plan goes on where it was left.
"""

import argparse
import datetime
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from lab.environment import ROOT, LabError, command, machine  # noqa: E402
from lab.kafka import Kafka  # noqa: E402
from lab.processes import unwind_on_signals  # noqa: E402
from lab.records import agent_digest, take_folder  # noqa: E402
from lab.screen import Screen, clock  # noqa: E402
from lab.suite import (COLUMNS, SETUP_S, Step, append_row, attempts_at, failed_row, git_commit, hardware,  # noqa: E402
                       kafka_process, kafka_version, rows_of, run_step)
from lab.suite_simulation import simulate_all  # noqa: E402

# One driver may fail, as one that is overloaded does; when all do, something is wrong with the machine or the plan.
FAILURES_IN_A_ROW = 3


def arguments():
    """Those of the command that this is called by; the rest says what to run and is for `benchmark plan` to read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--fresh", action="store_true")
    options, options.plan = parser.parse_known_args()
    if options.output is None:
        name = datetime.date.today().isoformat() + ("-quick" if "--quick" in options.plan else "")
        options.output = ROOT / "benchmark" / "results" / name
    options.output = options.output.resolve()
    return options


def plan_of(words):
    done = subprocess.run([command(), "benchmark", "plan", "--json", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(done.stderr.strip().removeprefix("adaptivestream benchmark: "))
    return json.loads(done.stdout)


def digests_of(plan):
    """What each run of the plan is made of: rows of runs.csv that are made of something else do not enter the report."""
    return [{"job": step.job, "workload": step.workload, "arm": arm, "repetition": step.repetition,
             "digest": step.digest_of(arm)}
            for step in (Step(plan=plan, **step) for step in plan["steps"]) for arm in step.arms]


class Runs:
    """What is there, and what is still to be run."""

    def __init__(self, plan, output):
        self.plan, self.path = plan, output / "runs.csv"
        self.steps = [Step(plan=plan, **step) for step in plan["steps"]]
        self.rows = rows_of(self.path)

    def is_done(self, step, arm):
        attempts = attempts_at(self.rows, step, arm)
        return any(row["status"] == "ok" for row in attempts) or len(attempts) > self.plan["retries"]

    def next_step(self):
        """The first step with an arm that is to be run, without those that are done; None at the end."""
        for step in self.steps:
            arms = [arm for arm in step.arms if not self.is_done(step, arm)]
            if arms:
                return Step(step.plan, step.job, step.workload, step.repetition, step.seed, arms)
        return None

    def attempt(self, step):
        """A number that no run of these arms has had, be it with another plan: its folder stays."""
        ids = {step.id_of(arm) for arm in step.arms}
        return 1 + max([int(row["attempt"]) for row in self.rows if row["id"] in ids], default=0)

    def add(self, row):
        append_row(self.path, COLUMNS, row)
        self.rows = rows_of(self.path)

    def left_s(self):
        return sum(step.seconds() + SETUP_S for step in self.steps
                   if any(not self.is_done(step, arm) for arm in step.arms))

    def counts(self):
        pairs = [(step, arm) for step in self.steps for arm in step.arms]
        return sum(self.is_done(step, arm) for step, arm in pairs), len(pairs)


def write_facts(options, plan, facts):
    path = options.output / "facts.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known.update(machine(), **hardware(), **facts, kafka=kafka_version(), date=datetime.date.today().isoformat(), commit=git_commit(),
                 agent_sha256=agent_digest(), reference=plan["reference"],
                 command="adaptivestream benchmark " + " ".join(options.plan))
    path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def run_all(options, plan, screen):
    runs = Runs(plan, options.output)
    step = runs.next_step()
    if step is None:
        screen.say("all runs are there already; --fresh runs them anew")
        return
    kafka_folder = options.output / "kafka"
    shutil.rmtree(kafka_folder, ignore_errors=True)
    kafka_folder.mkdir(parents=True)
    failures = 0
    with Kafka(kafka_folder) as kafka:
        pid = kafka_process(kafka_folder)
        while step is not None:
            attempt = runs.attempt(step)
            name = f"{step.job} {step.workload} {step.repetition}: {', '.join(step.arms)}"
            done, total = runs.counts()
            left_s = runs.left_s()
            screen.say(f"{name} (run {done + 1} of {total}, about {clock(left_s)} left)")

            def every_second(elapsed_s, name=name, done=done, total=total, left_s=left_s):
                screen.bar(done / total, f"{name}: {clock(elapsed_s)}, about {clock(max(left_s - SETUP_S - elapsed_s, 0))} left")

            try:
                rows, facts = run_step(kafka, pid, step, attempt, options.output, every_second=every_second)
                write_facts(options, plan, facts)
                failures = 0
            except (LabError, OSError, subprocess.TimeoutExpired) as error:
                failures += 1
                if failures == FAILURES_IN_A_ROW:
                    raise
                rows = [failed_row(step, arm, attempt, error) for arm in step.arms]
            for row in rows:
                runs.add(row)
                if row["status"] == "failed":
                    screen.say(f"  {row['arm']}: failed: {row['reason']}")
                    continue
                screen.say(f"  {row['arm']}: {row['batches']} batches, mean wait {row['wait_mean_s']:.3f} s, "
                           f"p95 {row['wait_p95_s']:.3f}, {row['cpu_s']:.1f} CPU s"
                           + ("" if row["status"] == "ok" else f"; {row['status']}: {row['reason']}"))
            step = runs.next_step()
    shutil.rmtree(kafka_folder, ignore_errors=True)


def main():
    options = arguments()
    unwind_on_signals()
    screen = Screen()
    try:
        plan = plan_of(options.plan)
        take_folder(options.output, options.fresh)
        (options.output / "plan.json").write_text(json.dumps({**plan, "runs": digests_of(plan)}, indent=1) + "\n",
                                                  encoding="utf-8")
        run_all(options, plan, screen)
        simulate_all(plan, options.output)
    except (LabError, OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"adaptivestream benchmark: {error}")
    except KeyboardInterrupt:
        sys.exit(f"adaptivestream benchmark: stopped; finished runs are kept in {options.output}")
    sys.exit(subprocess.run([command(), "benchmark", "report", str(options.output)], check=False).returncode)


if __name__ == "__main__":
    main()
